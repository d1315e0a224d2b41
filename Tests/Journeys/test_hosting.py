# SPDX-License-Identifier: Apache-2.0
"""Hands, reactions, and what hosts can do: by mouse and by keyboard, in both engines, and what a guest cannot."""

import asyncio
import inspect
import json
import re
import threading
from collections.abc import Callable, Iterator

import pytest
import socketio
from playwright.sync_api import Locator, expect

from api_client import Client, Description
from conftest import Arrive, serve
from person import Person, answer, until
from server import Server

SILENT = {"microphone": False, "camera": False, "screen": False, "screenStream": None}
# Pages that come first, of no server, may store nothing.
REMEMBERED = "if (location.protocol === 'https:') localStorage.setItem('parley.settings', %s)"
BOTH_WAYS = pytest.mark.parametrize(("host_kind", "guest_kind"), [("chromium", "firefox"), ("firefox", "chromium")])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("hosting"), "hosting")


@pytest.fixture(scope="module")
def owner(server: Server) -> Client:
    """Whoever opened the host link."""
    owner = Client(server, Description(server))
    owner.open_host_link()
    return owner


@pytest.fixture
def meeting(owner: Client) -> str:
    return owner.post("/meetings")["meeting"]


Come = Callable[..., Person]


@pytest.fixture
def come(arrive: Arrive, owner: Client, meeting: str) -> Come:
    """Brings somebody in, or as far as the lobby or the preview: `come("Ben")`, `come("Hanna", host=True, microphone=True)`."""

    def bring(name: str, kind: str = "chromium", *, host: bool = False, microphone: bool = False, waits: bool = False,
              before: bool = False) -> Person:
        settings = json.dumps({"name": name, "microphone": microphone, "camera": False})
        person = arrive(name, kind, scripts=[REMEMBERED % json.dumps(settings)])
        if host:
            person.page.goto(owner.post(f"/meetings/{meeting}/invites", {"role": "host"})["link"])
            person.page.wait_for_url(f"**/{meeting}")
        else:
            person.open(meeting)
        if microphone:
            expect(person.page.get_by_role("button", name="Turn off microphone")).to_be_visible()
        if before:
            return person
        person.page.get_by_role("button", name="Join now").click()
        if not waits:
            person.is_inside()
        return person

    return bring


class Stranger:
    """A page of somebody else's making.

    python-socketio's client with threads would do, were it not that two of them use one TLS session at once: now and
    then it loses the connection and what it was about to say. The one of asyncio has no such threads.
    """

    _loop = asyncio.new_event_loop()
    _thread = threading.Thread(target=_loop.run_forever, name="strangers", daemon=True)

    def __init__(self, server: Server):
        if not self._thread.is_alive():
            self._thread.start()
        self.socket = self._run(socketio.AsyncSimpleClient, ssl_verify=False)
        self._run(self.socket.connect, server.origin, namespace="/meet", auth={"protocol": 3}, transports=["websocket"])

    def _run(self, work: Callable, *values: object, **options: object) -> object:
        """Has it done beside the browsers, whose driver has the loop of this thread."""

        async def done() -> object:
            result = work(*values, **options)
            return await result if inspect.isawaitable(result) else result

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(timeout=30)

    def ask(self, request: str, **body: object) -> dict:
        return self._run(self.socket.call, request, body, timeout=20)

    def leave(self) -> None:
        self._run(self.socket.disconnect)

    def join(self, meeting: str, name: str, **more: object) -> dict:
        return self.ask("join", meeting=meeting, name=name, page="p-stranger", media=SILENT, **more)


@pytest.fixture
def stranger(server: Server) -> Iterator[Stranger]:
    stranger = Stranger(server)
    yield stranger
    stranger.leave()


def panel(person: Person, name: str) -> Locator:
    """A panel beside the stage, opened if need be."""
    opened = person.page.get_by_role("complementary", name=name)
    if opened.count() == 0:
        person.controls.get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(opened).to_be_visible()
    return opened


def is_told(person: Person, words: str | re.Pattern) -> None:
    expect(person.page.locator(".toast").filter(has_text=words)).to_have_count(1)



@BOTH_WAYS
def test_hands_make_a_queue(come: Come, host_kind: str, guest_kind: str):
    hanna, ben = come("Hanna", host_kind, host=True), come("Ben", guest_kind)
    ben.page.keyboard.press("h")
    expect(hanna.page.get_by_role("group", name=re.compile("^Ben, .*hand raised, number 1"))).to_be_visible()
    is_told(hanna, "Ben raised a hand")
    hanna.press("Raise hand")
    expect(hanna.controls.get_by_role("button", name="Lower your hand, number 2")).to_be_visible()
    people = panel(hanna, "People")
    expect(people.get_by_role("heading", name="2 raised hands")).to_be_visible()
    expect(people.locator(".hands li")).to_have_text([re.compile("Ben"), re.compile("Hanna")])
    people.get_by_role("button", name="Lower the hand of Ben").click()
    is_told(ben, "A host lowered your hand.")
    expect(ben.controls.get_by_role("button", name="Raise hand")).to_be_visible()
    # What was pressed is gone; the focus is not.
    expect(people.locator(":focus")).to_have_count(1)
    expect(hanna.controls.get_by_role("button", name="Lower your hand, number 1")).to_be_visible()
    hanna.page.keyboard.press("h")
    expect(people.get_by_role("heading", name=re.compile("raised hand"))).to_have_count(0)


def test_a_hand_goes_down_when_its_owner_speaks(come: Come):
    hanna, ben = come("Hanna", host=True), come("Ben", microphone=True)
    ben.press("Raise hand")
    is_told(ben, "Your hand is down: you are speaking.")
    expect(hanna.page.get_by_role("group", name=re.compile("^Ben.*hand raised"))).to_have_count(0)


@BOTH_WAYS
def test_reactions_by_mouse_and_key(come: Come, host_kind: str, guest_kind: str):
    hanna, ben = come("Hanna", host_kind, host=True), come("Ben", guest_kind)
    hanna.page.evaluate("""() => {
      window.risen = [];
      new MutationObserver(() => {
        for (const each of document.querySelectorAll(".risen")) if (!risen.includes(each)) risen.push(each);
      }).observe(document.querySelector("parley-shower"), { childList: true, subtree: true });
    }""")

    def seen(count: int) -> None:
        hanna.page.wait_for_function(f"risen.length === {count}")

    ben.page.keyboard.press("e")
    row = ben.page.get_by_role("group", name="Choose a reaction")
    expect(row.get_by_role("button", name="Thumbs up")).to_be_focused()
    ben.page.keyboard.press("3")
    expect(row).to_have_count(0)
    expect(ben.controls.get_by_role("button", name="React", exact=True)).to_be_focused()
    seen(1)
    expect(hanna.tile("Ben, microphone off").locator(".tile-reaction")).to_be_visible()
    ben.press("React")
    row.get_by_role("button", name="Applause").click()
    row.get_by_role("button", name="Applause").click()
    seen(3)
    ben.page.keyboard.press("ArrowRight")
    expect(row.get_by_role("button", name="Heart")).to_be_focused()
    ben.page.keyboard.press("Enter")
    seen(4)
    ben.page.keyboard.press("Escape")
    expect(row).to_have_count(0)
    assert hanna.page.evaluate("risen.at(-1).textContent").split() == ["Ben"]
    # They do not stay.
    expect(hanna.page.locator(".risen")).to_have_count(0)


@BOTH_WAYS
def test_who_knocks_is_let_in_or_not(come: Come, meeting: str, host_kind: str, guest_kind: str):
    hanna = come("Hanna", host_kind, host=True)
    rules = panel(hanna, "Host controls")
    lobby = rules.get_by_role("switch", name=re.compile("^Waiting room"))
    lobby.focus()
    hanna.page.keyboard.press("Space")
    expect(lobby).to_be_checked()
    hanna.page.keyboard.press("Escape")
    ben = come("Ben", guest_kind, waits=True)
    expect(ben.page.get_by_role("heading", name="Waiting to be let in")).to_be_visible()
    card = hanna.page.get_by_role("group", name="Waiting to be let in")
    expect(card).to_contain_text("Ben wants to come in")
    expect(hanna.page).to_have_title(re.compile(r"^\(1\) "))
    card.get_by_role("button", name="Admit").click()
    ben.is_inside()
    expect(card).to_have_count(0)
    expect(hanna.tile("Ben, microphone off")).to_be_visible()
    # The second one by keyboard, from the list.
    eve = come("Eve", waits=True)
    expect(card).to_contain_text("Eve wants to come in")
    expect(ben.page.get_by_role("group", name="Waiting to be let in")).to_have_count(0)
    hanna.page.keyboard.press("p")
    people = hanna.page.get_by_role("complementary", name="People")
    expect(people.get_by_role("heading", name="1 waiting")).to_be_visible()
    # It is in one place at a time.
    expect(card).to_have_count(0)
    people.get_by_role("button", name="Deny Eve").focus()
    hanna.page.keyboard.press("Enter")
    expect(eve.page.get_by_text("The hosts did not let you in.")).to_be_visible()
    expect(people.locator(":focus")).to_have_count(1)


def test_who_waits_and_the_hosts_write_to_each_other(come: Come):
    hanna = come("Hanna", host=True)
    panel(hanna, "Host controls").get_by_role("switch", name=re.compile("^Waiting room")).click()
    eve, zoe = come("Eve", "firefox", waits=True), come("Zoe", waits=True)
    eve.page.get_by_role("textbox", name="Write to the hosts").fill("Is this <b>the right</b> room?")
    eve.page.keyboard.press("Enter")
    people = panel(hanna, "People")
    talk = people.get_by_role("list", name="Messages with the hosts").get_by_role("listitem")
    expect(talk).to_have_text(re.compile(r"Eve\s*Is this <b>the right</b> room\?"))
    # To one of them, and to all.
    people.get_by_role("combobox", name="To whom").select_option(label="Eve")
    people.get_by_role("textbox", name="Write to Eve").fill("Yes. One moment.")
    hanna.page.keyboard.press("Enter")
    people.get_by_role("combobox", name="To whom").select_option(label="All")
    people.get_by_role("textbox", name="Write to all who wait").fill("We begin soon.")
    hanna.page.keyboard.press("Enter")
    lines = {each: each.page.get_by_role("list", name="Messages with the hosts").get_by_role("listitem") for each in (eve, zoe)}
    expect(lines[eve]).to_have_count(3)
    expect(lines[eve].filter(has_text="Hanna")).to_have_text([re.compile("One moment"), re.compile("We begin soon")])
    expect(lines[zoe]).to_have_text(re.compile("We begin soon"))
    expect(eve.page.locator("#announce-polite")).to_have_text(re.compile("Hanna: We begin soon"))


def test_rules_outlive_the_server(arrive: Arrive, fragile_server: Server):
    owner = Client(fragile_server, Description(fragile_server))
    owner.open_host_link()
    meeting = owner.post("/meetings")["meeting"]
    hanna, ben = arrive("Hanna", server=fragile_server), arrive("Ben", server=fragile_server)
    hanna.page.goto(owner.post(f"/meetings/{meeting}/invites", {"role": "host"})["link"])
    hanna.page.wait_for_url(f"**/{meeting}")
    hanna.join(meeting)
    ben.join(meeting)
    lock, speak = (re.compile("^Lock the meeting"), re.compile("^Turn on the microphone"))
    panel(hanna, "Host controls").get_by_role("switch", name=lock).click()
    panel(hanna, "Host controls").get_by_role("switch", name=speak).click()
    forbidden = ben.controls.get_by_role("button", name=re.compile("^Microphones are turned off by the hosts"))
    expect(forbidden).to_be_visible()
    fragile_server.kill()
    fragile_server.start()
    for person in (hanna, ben):
        expect(person.page.locator(".banner").filter(has_text="Connection lost")).to_have_count(0)
    expect(forbidden).to_be_visible()
    expect(panel(hanna, "Host controls").get_by_role("switch", name=lock)).to_be_checked()
    expect(panel(hanna, "Host controls").get_by_role("switch", name=speak)).not_to_be_checked()
    late = arrive("Eve", server=fragile_server).open(meeting)
    late.page.get_by_label("Your name").fill("Eve")
    late.page.get_by_role("button", name="Join now").click()
    expect(late.page.get_by_text("The hosts have locked this meeting.")).to_be_visible()


@BOTH_WAYS
def test_what_the_rules_forbid_is_said(come: Come, host_kind: str, guest_kind: str):
    hanna, ben = come("Hanna", host_kind, host=True), come("Ben", guest_kind, microphone=True)
    # One is muted and may speak again.
    panel(hanna, "People").get_by_role("button", name="Turn off Ben's microphone").click()
    is_told(ben, "Hanna turned off your microphone")
    ben.press("Turn on microphone")
    expect(ben.controls.get_by_role("button", name="Turn off microphone")).to_be_visible()
    # Nobody may.
    rules = panel(hanna, "Host controls")
    microphone = rules.get_by_role("switch", name=re.compile("^Turn on the microphone"))
    microphone.click()
    expect(microphone).not_to_be_checked()
    is_told(ben, "The hosts have turned microphones off.")
    expect(hanna.tile("Ben, microphone off")).to_be_visible()
    forbidden = ben.controls.get_by_role("button", name=re.compile("^Microphones are turned off by the hosts"))
    expect(forbidden).to_have_attribute("aria-disabled", "true")
    ben.page.keyboard.press("m")
    is_told(ben, "Microphones are turned off by the hosts.")
    expect(forbidden).to_be_visible()
    # Hosts may.
    expect(hanna.controls.get_by_role("button", name="Turn on microphone")).to_be_enabled()
    microphone.click()
    expect(microphone).to_be_checked()
    is_told(ben, "You can turn on your microphone again.")
    ben.page.keyboard.press("m")
    expect(ben.controls.get_by_role("button", name="Turn off microphone")).to_be_visible()
    # Everybody at once, after a question.
    rules.get_by_role("button", name="Mute all").click()
    answer(hanna.page, "Turn off the microphones of all who are not hosts?", "Mute all")
    expect(ben.controls.get_by_role("button", name="Turn on microphone")).to_be_visible()


@BOTH_WAYS
def test_roles_and_the_spotlight(come: Come, host_kind: str, guest_kind: str):
    hanna, ben = come("Hanna", host_kind, host=True), come("Ben", guest_kind)
    come("Cleo")
    name = "Ben, microphone off"
    expect(hanna.tile(name)).to_be_visible()
    hanna.tile(name).focus()
    hanna.page.keyboard.press("Enter")
    menu = hanna.page.get_by_role("dialog", name="Ben")
    menu.get_by_role("button", name="Make a viewer").click()
    is_told(ben, "You are a viewer now")
    expect(ben.controls.get_by_role("button", name="You are watching")).to_be_visible()
    expect(ben.controls.get_by_role("button", name=re.compile("microphone|camera", re.I))).to_have_count(0)
    ben.page.keyboard.press("m")
    is_told(ben, "You are a viewer: you watch, listen and write.")
    # By mouse, from the list.
    people = panel(hanna, "People")
    expect(people.get_by_role("listitem").filter(has_text="Ben")).to_contain_text("Viewer")
    people.get_by_role("button", name="More for Ben").click()
    menu.get_by_role("button", name="Make a co-host").click()
    expect(ben.controls.get_by_role("button", name="Host controls")).to_be_visible()
    expect(ben.controls.get_by_role("button", name="Turn on microphone")).to_be_visible()
    # A co-host does not take the meeting from a host.
    panel(ben, "People").get_by_role("button", name="More for Hanna").click()
    theirs = ben.page.get_by_role("dialog", name="Hanna")
    expect(theirs.get_by_role("button", name="Show large to everybody")).to_be_visible()
    expect(theirs.get_by_role("button", name=re.compile("Remove|Make"))).to_have_count(0)
    theirs.get_by_role("button", name="Show large to everybody").click()
    shown = ben.page.get_by_role("group", name=re.compile("^Hanna, Shown to everybody"))
    expect(shown).to_have_attribute("data-role", "large")
    is_told(hanna, "The hosts show you large to everybody.")
    # One's own pin counts more than theirs.
    ben.page.keyboard.press("Escape")
    ben.page.keyboard.press("2")
    expect(ben.tile("Cleo, microphone off")).to_have_attribute("data-role", "large")
    ben.page.keyboard.press("0")
    expect(shown).to_have_attribute("data-role", "large")
    shown.focus()
    ben.page.keyboard.press("Enter")
    theirs.get_by_role("button", name="Stop showing large to everybody").click()
    expect(ben.tile("Hanna, microphone off")).to_have_attribute("data-role", "normal")


@BOTH_WAYS
def test_everybody_is_told_that_it_is_recorded(come: Come, owner: Client, meeting: str, host_kind: str, guest_kind: str):
    hanna, ben = come("Hanna", host_kind, host=True), come("Ben", guest_kind)
    switch = panel(hanna, "Host controls").get_by_role("switch", name=re.compile("^I am recording this meeting"))

    def asked(person: Person, name: str = "Hanna") -> Locator:
        return person.page.get_by_role("group", name="Recording").filter(has_text=f"{name} is recording this meeting.")

    def mark(person: Person) -> Locator:
        return person.page.locator(".recording-mark")

    switch.click()
    expect(switch).to_be_checked()
    # Whoever says it knows.
    expect(mark(hanna)).to_contain_text("Recording Hanna")
    expect(asked(hanna)).to_have_count(0)
    expect(asked(ben)).to_be_visible()
    expect(ben.page.locator("#announce-assertive")).to_contain_text("Hanna is recording this meeting.")
    asked(ben).get_by_role("button", name="Stay").click()
    expect(asked(ben)).to_have_count(0)
    expect(mark(ben)).to_be_visible()
    # Once is enough, even after a reload; the mark stays.
    ben.page.reload()
    ben.is_inside()
    expect(mark(ben)).to_be_visible()
    expect(asked(ben)).to_have_count(0)
    # Who comes later is told before they are in, and may turn round.
    cleo = come("Cleo", before=True)
    expect(cleo.page.get_by_text("Hanna is recording this meeting.")).to_be_visible()
    cleo.page.get_by_role("button", name="Join now").click()
    cleo.is_inside()
    asked(cleo).get_by_role("button", name="Leave").click()
    expect(cleo.page.get_by_role("heading", name="You left the meeting")).to_be_visible()
    switch.click()
    expect(mark(ben)).to_have_count(0)
    is_told(ben, "This meeting is no longer being recorded.")
    # What records by the API says so, too.
    assert owner.ask("PUT", f"/meetings/{meeting}/recording", {"by": "The studio"}).status == 204
    for person in (hanna, ben):
        expect(asked(person, "The studio")).to_be_visible()
    assert owner.get(f"/meetings/{meeting}")["recording"]["by"] == "The studio"
    assert owner.delete(f"/meetings/{meeting}/recording").status == 204
    expect(mark(hanna)).to_have_count(0)


@BOTH_WAYS
def test_somebody_is_removed_and_the_meeting_ends(come: Come, host_kind: str, guest_kind: str):
    hanna, ben = come("Hanna", host_kind, host=True), come("Ben", guest_kind)
    eve = come("Eve")
    eve_tile = hanna.tile("Eve, microphone off")
    eve_tile.focus()
    hanna.page.keyboard.press("Enter")
    remove = hanna.page.get_by_role("dialog", name="Eve").get_by_role("button", name="Remove from the meeting")
    remove.click()
    answer(hanna.page, "Remove Eve from the meeting?", "Cancel")
    expect(eve_tile).to_be_focused()
    hanna.page.keyboard.press("Enter")
    remove.click()
    answer(hanna.page, "Remove Eve from the meeting?", "Remove from the meeting")
    expect(eve.page.get_by_role("heading", name="You were removed from the meeting")).to_be_focused()
    is_told(ben, "Eve was removed")
    panel(hanna, "Host controls").get_by_role("button", name="End the meeting for everybody").click()
    answer(hanna.page, "End this meeting?", "End the meeting for everybody")
    for person in (hanna, ben):
        expect(person.page.get_by_role("heading", name="The meeting is over")).to_be_visible()


def test_a_locked_meeting_says_so(come: Come):
    hanna = come("Hanna", host=True)
    panel(hanna, "Host controls").get_by_role("switch", name=re.compile("^Lock the meeting")).click()
    expect(hanna.page.get_by_role("switch", name=re.compile("^Lock the meeting"))).to_be_checked()
    ben = come("Ben", waits=True)
    expect(ben.page.get_by_text("The hosts have locked this meeting.")).to_be_visible()


def test_a_guest_of_bad_will_gets_nowhere(come: Come, meeting: str, stranger: Stranger):
    hanna = come("Hanna", host=True)
    # A role that one gives oneself is none, and of a name only what can be read is left.
    reply = stranger.join(meeting, "<img src=x onerror=alert(1)>\u202eevE\u0007", role="host")
    assert reply["role"] == "participant"
    expect(hanna.tile("<img src=x onerror=alert(1)>evE, microphone off")).to_be_visible()
    expect(hanna.page.locator("parley-stage img")).to_have_count(0)
    people = panel(hanna, "People")
    expect(people.get_by_role("listitem").filter(has_text="<img src=x onerror=alert(1)>evE")).to_be_visible()
    own = reply["self"]["id"]
    host = next(each["id"] for each in reply["participants"])
    rules = {**reply["rules"], "microphone": False}
    for request, body in [
        ("role", {"participant": own, "role": "host"}), ("role", {"participant": host, "role": "viewer"}),
        ("remove", {"participant": host}), ("mute", {"participant": host, "source": "microphone"}),
        ("mute-all", {"source": "microphone"}), ("rules", {"rules": rules}), ("admit", {"participants": None}),
        ("deny", {"participants": None}), ("spotlight", {"participant": own}), ("lower-hands", {"participant": None}),
    ]:
        assert stranger.ask(request, **body)["refused"] == "not-host", request
    for request, body in [
        ("react", {"reaction": "<script>"}), ("react", {"reaction": "x" * 100_000}), ("hand", {"raised": "yes"}),
        ("role", {"participant": "x" * 100_000, "role": "host"}), ("spotlight", {"participant": {"id": own}}),
    ]:
        assert stranger.ask(request, **body)["refused"] == "invalid-event", request
    # A storm of reactions is slowed down, and nobody's screen is full of it.
    answers = [stranger.ask("react", reaction="party") for _ in range(40)]
    assert any(each.get("refused") == "too-fast" for each in answers)
    until(lambda: hanna.page.locator(".risen").count() <= 60, "the stage is to be seen")
    # Nobody else was disturbed.
    hanna.press("Raise hand")
    expect(hanna.controls.get_by_role("button", name="Lower your hand, number 1")).to_be_visible()
    people.get_by_role("button", name=re.compile("^More for <img")).click()
    hanna.page.get_by_role("button", name="Remove from the meeting").click()
    # The question names them as they are written.
    answer(hanna.page, re.compile(r"^Remove .*<img"), "Remove from the meeting")
    expect(people.get_by_role("listitem").filter(has_text="evE")).to_have_count(0)


def test_a_list_of_many_draws_few_and_finds_all(come: Come, server: Server, meeting: str):
    hanna = come("Hanna", host=True)
    crowd = []
    try:
        for number in range(44):
            crowd.append(Stranger(server))
            until(lambda: "self" in crowd[-1].join(meeting, f"Guest {number:02}"), "there is room at the door")
        people = panel(hanna, "People")
        find = people.get_by_role("searchbox", name="Find somebody")
        find.fill("guest 17")
        expect(people.locator("ul.people").get_by_role("listitem")).to_have_count(1)
        find.fill("nobody")
        expect(people.get_by_text("Nobody here has such a name.")).to_be_visible()
        find.fill("")
        expect(people.get_by_role("heading", name=re.compile("^45 of"))).to_be_visible()
        lines = people.locator("ul.people").get_by_role("listitem")
        expect(lines.first).to_contain_text("Hanna (you)")
        assert lines.count() < 30
        expect(lines.first).to_have_attribute("aria-setsize", "45")
        # The line with the focus stays, however far the list is scrolled.
        lines.nth(1).get_by_role("button", name="More for Guest 00").focus()
        people.locator(".people-lists").evaluate("(each) => each.scrollTo(0, each.scrollHeight)")
        expect(lines.filter(has_text="Guest 43")).to_be_in_viewport()
        assert lines.count() < 30
        expect(people.get_by_role("button", name="More for Guest 00")).to_be_focused()
    finally:
        for each in crowd:
            each.leave()
