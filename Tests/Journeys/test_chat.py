# SPDX-License-Identifier: Apache-2.0
"""What people write to each other: answers, reactions, taking back, messages to one alone, and long histories."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from conftest import Arrive
from person import Person, answer, until
from server import ROOT

pytestmark = pytest.mark.without_cameras
ENGINES = pytest.mark.parametrize("kind", ["chromium", "firefox"])


def field(person: Person, whom: str = "to everybody") -> Locator:
    return person.page.get_by_label(f"Message {whom}", exact=True)


def message(person: Person, text: str) -> Locator:
    return person.log.get_by_role("article").filter(has_text=text)


def menu_of(person: Person, text: str) -> Locator:
    """The menu of a message, opened with the mouse."""
    message(person, text).hover()
    message(person, text).get_by_role("button", name=re.compile("^React and more")).click()
    return person.page.get_by_role("dialog", name=re.compile("^React and more"))


@ENGINES
def test_a_message_is_answered_reacted_to_and_taken_back(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting)
    ben.say("Who brings cake?")
    ana.reads("Who brings cake?")
    menu_of(ana, "cake").get_by_role("button", name="Reply").click()
    expect(ana.page.get_by_text("Reply to Ben:")).to_be_visible()
    expect(field(ana)).to_be_focused()
    ana.page.keyboard.type("I do")
    ana.page.keyboard.press("Enter")
    # The answer shows what it answers, and leads there.
    expect(ana.page.get_by_text("Reply to Ben:")).to_have_count(0)
    message(ben, "I do").get_by_role("button", name=re.compile("^Show the message this answers, of You: Who brings cake")).click()
    expect(message(ben, "Who brings cake?").first.get_by_role("button", name=re.compile("^React and more"))).to_be_focused()
    # A reaction is there for everybody, adds up, and goes again.
    menu_of(ana, "I do").get_by_role("button", name="Heart").click()
    chip = message(ben, "I do").get_by_role("button", name="Heart: Ana")
    expect(chip).to_have_text(re.compile("1"))
    chip.click()
    expect(message(ana, "I do").get_by_role("button", name=re.compile("^Heart: "), pressed=True)).to_have_text(re.compile("2"))
    message(ana, "I do").get_by_role("button", name=re.compile("^Heart: ")).click()
    expect(message(ben, "I do").get_by_role("button", name="Heart: you")).to_have_text(re.compile("1"))
    # What is taken back is gone for everybody; nobody takes back what is another's.
    menu_of(ana, "I do").get_by_role("button", name="Delete").click()
    answer(ana.page, "Delete this message for everybody?", "Delete")
    for person in (ana, ben):
        expect(person.log.get_by_role("article").nth(1).locator(".said")).to_have_text("This message was deleted.")
    menu = menu_of(ana, "cake")
    expect(menu.get_by_role("button", name="Copy the text")).to_be_visible()
    expect(menu.get_by_role("button", name="Delete")).to_have_count(0)


@ENGINES
def test_the_chat_is_used_with_the_keyboard_alone(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting)
    for text in ("First", "Second", "Third"):
        ben.say(text)
    expect(ana.page.locator(".toast", has_text="Third")).to_be_visible()
    ana.page.keyboard.press("c")
    expect(field(ana)).to_be_focused()
    ana.reads("First", "Second", "Third")
    # Back over files and the choice of whom it goes to, to the one tab stop of all messages.
    ana.page.keyboard.press("Shift+Tab")
    expect(ana.page.get_by_role("button", name="Attach files")).to_be_focused()
    ana.page.keyboard.press("Shift+Tab")
    expect(ana.page.get_by_role("combobox", name="To", exact=True)).to_be_focused()
    ana.page.keyboard.press("Shift+Tab")
    more = [each.get_by_role("button", name=re.compile("^React and more")) for each in ana.log.get_by_role("article").all()]
    expect(more[2]).to_be_focused()
    for key, at in [("ArrowUp", 1), ("Home", 0), ("End", 2), ("ArrowUp", 1)]:
        ana.page.keyboard.press(key)
        expect(more[at]).to_be_focused()
    ana.page.keyboard.press("Enter")
    menu = ana.page.get_by_role("dialog", name="React and more: message of Ben")
    expect(menu.get_by_role("button", name="Thumbs up")).to_be_focused()
    # Escape closes the menu only, and the focus is where it was.
    ana.page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(more[1]).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(menu.get_by_role("button", name="Thumbs up")).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(message(ben, "Second").get_by_role("button", name="Thumbs up: Ana")).to_be_visible()
    expect(message(ana, "Second").get_by_role("button", name="Thumbs up: you")).to_be_visible()
    # Escape gives up an answer, then closes the chat.
    expect(more[1]).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(menu.get_by_role("button", name="Thumbs up")).to_be_focused()
    menu.get_by_role("button", name="Reply").press("Enter")
    expect(ana.page.get_by_text("Reply to Ben:")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(ana.page.get_by_text("Reply to Ben:")).to_have_count(0)
    expect(field(ana)).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(ana.log).to_have_count(0)


@ENGINES
def test_a_message_to_one_alone_is_seen_by_two(arrive: Arrive, meeting: str, kind: str):
    ana, ben, cem = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting), arrive("Cem").join(meeting)
    cem.open_chat()
    ana.open_chat()
    whom = ana.page.get_by_role("combobox", name="To", exact=True)
    whom.select_option(label="Ben")
    field(ana, "to Ben alone").fill("Between us")
    ana.page.keyboard.press("Enter")
    expect(ben.page.locator(".toast", has_text="Ana says to you alone: Between us")).to_be_visible()
    ben.open_chat()
    expect(message(ben, "Between us")).to_contain_text("to you alone")
    expect(message(ana, "Between us")).to_contain_text("to Ben alone")
    # An answer goes back to the same two, without anybody choosing it.
    message(ben, "Between us").hover()
    message(ben, "Between us").get_by_role("button", name="Reply to Ana").click()
    expect(field(ben, "to Ana alone")).to_be_focused()
    ben.page.keyboard.type("Understood")
    ben.page.keyboard.press("Enter")
    expect(message(ana, "Understood")).to_contain_text("to you alone")
    # Whom it was meant for has gone: it goes to nobody else instead.
    field(ana, "to Ben alone").fill("Are you there?")
    ben.leave()
    expect(ana.page.get_by_text("Ben is not here any more. Choose whom to write to.")).to_be_visible()
    field(ana, "to Ben alone").press("Enter")
    whom.select_option(label="Everybody")
    field(ana).fill("Hello, both")
    ana.page.keyboard.press("Enter")
    cem.reads("Hello, both")


def test_new_messages_are_counted_and_marked(arrive: Arrive, meeting: str):
    ana, ben = arrive("Ana").join(meeting), arrive("Ben").join(meeting)
    ben.say("Known")
    ana.reads("Known")
    ana.page.get_by_role("button", name="Close chat").click()
    ben.say("New one")
    ben.say("New two")
    expect(ana.controls.get_by_role("button", name="Chat, 2 unread")).to_be_visible()
    expect(ana.page).to_have_title(re.compile(r"^\(2\) "))
    ana.open_chat()
    expect(message(ana, "New one").get_by_text("New messages")).to_be_visible()
    expect(message(ana, "New two").get_by_text("New messages")).to_have_count(0)
    expect(ana.controls.get_by_role("button", name="Chat", exact=True)).to_be_visible()
    # Once seen they are not new any more.
    ana.page.keyboard.press("Escape")
    ana.open_chat()
    expect(ana.log.get_by_text("New messages")).to_have_count(0)


# Says many things as fast as the server lets: through the page's own field, as somebody's script would.
FLOOD = """async ({count, from}) => {
  const field = document.querySelector("parley-composer textarea");
  for (let number = from; number < from + count; number += 1) {
    field.value = `Line ${number}`;
    field.dispatchEvent(new Event("input"));
    field.form.requestSubmit();
  }
}"""


@ENGINES
def test_a_long_history_is_drawn_in_part_and_read_in_full(arrive: Arrive, meeting: str, kind: str):
    ana = arrive("Ana", kind).join(meeting)
    ana.open_chat()
    # What is not sent yet is history enough.
    ana.page.evaluate(FLOOD, {"count": 400, "from": 0})
    articles = ana.log.get_by_role("article")
    expect(articles.last).to_contain_text("Line 399")
    assert articles.count() <= 120
    # Upwards until the first one: nothing is missing on the way.
    seen: set[int] = set()

    def look() -> None:
        seen.update(int(text.split()[-1]) for text in ana.log.locator(".said").all_inner_texts())

    def first() -> bool:
        look()
        ana.log.evaluate("log => (log.scrollTop -= log.clientHeight)")
        return 0 in seen

    until(first, "the first line is reached", 40)
    look()
    assert seen == set(range(400))
    assert articles.count() <= 120
    ana.page.get_by_role("button", name="Go to the newest message").click()
    expect(articles.last).to_contain_text("Line 399")
    expect(articles.last).to_be_in_viewport()


PASTE = """(field, length) => {
  const clipboardData = new DataTransfer();
  const data = "x".repeat(length);
  clipboardData.setData("text/plain", data);
  // Firefox wants the text by itself.
  const event = new ClipboardEvent("paste", { clipboardData, dataType: "text/plain", data, bubbles: true, cancelable: true });
  return !field.dispatchEvent(event);
}"""


@ENGINES
def test_what_does_no_good_does_no_harm(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting)
    ana.open_chat()
    # Ten megabytes are not even pasted into the field, and it is said why.
    assert field(ana).evaluate(PASTE, 10_000_000)
    expect(ana.page.locator("#chat-problem")).to_have_text("That text is too long for a message, so it goes as a file.")
    expect(field(ana)).to_have_value("")
    ana.page.get_by_role("button", name="Do not send pasted.txt").click()
    # A little too much is counted, and not sent.
    # At once, as a paste does; Playwright types letter by letter in Firefox.
    field(ana).evaluate("field => { field.value = 'x'.repeat(4003); field.dispatchEvent(new Event('input')); }")
    expect(ana.page.get_by_text("3 characters too many")).to_be_visible()
    field(ana).press("Enter")
    expect(ana.log.get_by_role("article")).to_have_count(0)
    # Markup and letters that turn the direction of writing are text, and stay in their message.
    hostile = "<img src=x onerror=\"document.title='gone'\"> \u202eesrever <script>alert(1)</script>"
    ana.say(hostile)
    ana.say("Next")
    ben.open_chat()
    expect(ben.log.locator(".said").first).to_have_text(hostile)
    expect(ben.log.locator("img, script")).to_have_count(0)
    expect(ben.log.locator(".said").first).to_have_css("unicode-bidi", re.compile("isolate|plaintext"))
    assert "gone" not in ben.page.title()


PICTURE = (ROOT / "docs/images/meeting.png").read_bytes()

# What a person does who lets go of files over the panel, or pastes them.
LET_GO = """({ name, text, event }) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name));
  const panel = document.querySelector(".panel");
  const say = (type) => panel.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  say("dragover");
  say("drop");
}"""


def choose(person: Person, *files: tuple[str, bytes]) -> None:
    with person.page.expect_file_chooser() as chooser:
        person.page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files([{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files])


@ENGINES
def test_files_are_sent_seen_and_fetched(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting)
    ana.open_chat()
    plan = b"%PDF" + bytes(1_500_000)
    choose(ana, ("stage.png", PICTURE), ("The plan.pdf", plan), ("setup.exe", b"MZ"))
    list_of_files = ana.page.get_by_role("list", name="Files for this message")
    # What is refused says why, and holds up the rest until it is taken away.
    expect(list_of_files.get_by_role("listitem").filter(has_text="setup.exe")).to_contain_text(
        "Files of this kind are not taken here, because opening them can run them.")
    field(ana).fill("Have a look")
    expect(ana.page.get_by_role("progressbar")).to_have_count(0)
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator(".said-state", has_text="The files are not on the server yet.")).to_be_visible()
    ana.page.get_by_role("button", name="Do not send setup.exe").click()
    expect(field(ana)).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(list_of_files).to_have_count(0)
    ben.open_chat()
    # A picture is shown as long as it is one; everything else is a download under its name.
    picture = message(ben, "Have a look").get_by_role("img", name="Picture stage.png")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100
    with ben.page.expect_download() as download:
        ben.log.get_by_role("link", name=re.compile(r"^Download The plan\.pdf, 1.5 MB")).click()
    assert download.value.suggested_filename == "The plan.pdf"
    assert Path(download.value.path()).read_bytes() == plan
    # It goes with its message, for who has its address, too.
    address = picture.get_attribute("src")
    assert ben.page.request.get(ana.origin + address).status == 200
    menu_of(ana, "Have a look").get_by_role("button", name="Delete").click()
    answer(ana.page, "Delete this message for everybody?", "Delete")
    expect(picture).to_have_count(0)
    until(lambda: ben.page.request.get(ana.origin + address).status == 404, "the file is deleted")


@ENGINES
def test_files_are_dropped_and_pasted(arrive: Arrive, meeting: str, kind: str):
    ana, ben = arrive("Ana", kind).join(meeting), arrive("Ben").join(meeting)
    ana.open_chat()
    ana.page.evaluate(LET_GO, {"name": "<img src=x>.txt", "text": "hello"})
    expect(ana.page.get_by_role("list", name="Files for this message").get_by_role("listitem")).to_contain_text("5 byte")
    field(ana).press("Enter")
    # What is too long for a message goes as a file, and stays readable.
    assert field(ana).evaluate(PASTE, 5_000_000)
    expect(ana.page.locator("#chat-problem")).to_have_text("That text is too long for a message, so it goes as a file.")
    expect(ana.page.get_by_role("progressbar")).to_have_count(0)
    field(ana).press("Enter")
    ben.open_chat()
    expect(ben.log.get_by_role("link", name=re.compile(r"^Download _img src=x_\.txt"))).to_be_visible()
    expect(ben.log.get_by_role("link", name=re.compile(r"^Download pasted\.txt, 5 MB"))).to_be_visible()
    expect(ben.log.locator("img")).to_have_count(0)


def test_a_large_file_can_be_given_up_and_goes_on_after_a_lost_connection(arrive: Arrive, meeting: str):
    ana = arrive("Ana").join(meeting)
    ana.open_chat()
    # The network is gone after the first parts, and comes back.
    parts = []

    def hold(route):
        parts.append(route.request.url)
        if len(parts) == 3:
            route.abort("connectionfailed")
        else:
            route.continue_()

    ana.page.route(re.compile(r"/files/[^/]+\?from="), hold)
    choose(ana, ("large.bin", bytes(2_000_000)))
    item = ana.page.get_by_role("listitem").filter(has_text="large.bin")
    expect(item).to_contain_text("2 MB")
    expect(ana.page.get_by_role("progressbar")).to_have_count(0)
    assert len(parts) == 5, parts
    field(ana).press("Enter")
    expect(ana.log.get_by_role("link", name=re.compile(r"^Download large\.bin, 2 MB"))).to_be_visible()
    # One that is given up is not said.
    choose(ana, ("other.bin", bytes(3_000_000)), ("too-large.bin", bytes(25_000_001)))
    expect(ana.page.get_by_text("Too large: a file has at most 25 MB here.")).to_be_visible()
    for name in ("other.bin", "too-large.bin"):
        ana.page.get_by_role("button", name=f"Do not send {name}").click()
    ana.say("Never mind")
    expect(ana.log.get_by_role("article")).to_have_count(2)
