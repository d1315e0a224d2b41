# SPDX-License-Identifier: Apache-2.0
"""Appointments in the browser, from booking to a finished call. `test_appointments_api.py` has what programs see."""

import datetime
import re
import time

from playwright.sync_api import expect

from clinic import MINUTE, Professional, now
from conftest import Arrive
from person import Person, answer
from practice import (
    DAY, TOKYO, admit, banner, book, book_from_tokyo, check_in, dashboard_of, place, tab_to, vale, visit)
from server import Server

# Fixtures are found by their names.
__all__ = ["vale"]


# The whole way


def test_from_booking_to_a_finished_call(arrive: Arrive, server: Server, vale: Professional):
    robin = arrive("Robin Vale", timezone_id="Europe/Lisbon")
    desk = dashboard_of(robin, vale)
    ana = arrive("Ana", **TOKYO)
    page = ana.page
    book_from_tokyo(page, f"{server.origin}/book/{vale.slug}")
    expect(visit(desk, "Ana").get_by_text("My knee")).to_be_visible()

    page.get_by_role("link", name="Open your appointment").click()
    expect(page.get_by_text("Your camera works")).to_be_visible()
    page.get_by_role("button", name="Enter the waiting room").click()
    expect(page.get_by_text("Please agree before you go on.")).to_be_visible()
    check_in(page)
    expect(place(page)).to_have_text("You are next")
    expect(page.get_by_text("Robin Vale is here")).to_be_visible()
    expect(page.get_by_role("timer")).to_contain_text("Begins in")

    expect(desk).to_have_title(re.compile(r"^\(1\)"))
    waiting = visit(desk, "Ana")
    expect(waiting.get_by_text("Camera works")).to_be_visible()
    expect(waiting.get_by_text("Agreed")).to_be_visible()
    desk.get_by_label("Your status").select_option("away")
    expect(page.get_by_text("Robin Vale is not here yet")).to_be_visible()

    call = admit(robin, "Ana")
    ana.is_inside()
    assert page.url == call.page.url, "nobody was asked again, and both are at the same address"
    call.sees("Ana")
    ana.sees("Robin Vale")
    call.hears_sound()

    visit(desk, "Ana").get_by_text("Your notes").click()
    desk.get_by_label("Your notes about Ana").fill("Better already")
    expect(visit(desk, "Ana").get_by_text("Saved", exact=True)).to_be_visible()
    desk.get_by_role("button", name="Finish the appointment with Ana").click()
    answer(desk, "Finish the appointment with Ana?", "Finish")
    expect(page.get_by_role("heading", name="Your appointment is finished")).to_be_visible()
    expect(call.page.get_by_role("heading", name="The meeting is over")).to_be_visible()
    desk.reload()
    desk.get_by_text("Over").click()
    expect(visit(desk, "Ana").get_by_text("finished")).to_be_visible()
    visit(desk, "Ana").get_by_text("Your notes").click()
    expect(desk.get_by_label("Your notes about Ana")).to_have_value("Better already")
    desk.get_by_role("link", name="Clients").click()
    expect(desk.get_by_role("row", name=re.compile("^Ana"))).to_be_visible()


def test_a_keyboard_is_enough_to_book(arrive: Arrive, server: Server, vale: Professional):
    page = arrive("Ana", **TOKYO).page
    page.goto(f"{server.origin}/book/{vale.slug}")
    days = page.get_by_role("table").get_by_role("button")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('data-day')"):
            break
    first = page.evaluate("document.activeElement.dataset.day")
    expect(days.and_(page.locator("[tabindex='0']"))).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    chosen = page.evaluate("document.activeElement.dataset.day")
    assert (datetime.date.fromisoformat(chosen) - datetime.date.fromisoformat(first)).days == 8
    # The next stop after the days is the first time of the chosen one.
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your details")).to_be_focused()
    expect(page.locator("time")).to_have_attribute("datetime", re.compile(r"Z$"))
    tab_to(page, "Choose another time")
    page.keyboard.press("Tab")
    page.keyboard.type("Ana")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_focused()
    tab_to(page, "Copy link")
    page.keyboard.press("Enter")
    expect(page.locator("#announce-polite")).to_contain_text(re.compile("Link copied|could not be copied"))


# The waiting room


def test_two_who_wait_keep_their_places_and_never_learn_of_each_other(arrive: Arrive, vale: Professional):
    people = {}
    heard: dict[str, list[str]] = {"Ana": [], "Bert": []}
    for name in heard:
        link = vale.invite(name)["link"]
        person = people[name] = arrive(name)
        person.page.on("websocket", lambda socket, name=name: socket.on(
            "framereceived", lambda payload: heard[name].append(str(payload))))
        person.page.on("response", lambda response, name=name: "/api/" in response.url
                       and heard[name].append(response.text()))
        person.page.goto(link)
        check_in(person.page)
    ana, bert = people["Ana"].page, people["Bert"].page
    expect(place(ana)).to_have_text("You are next")
    expect(place(bert)).to_have_text("1 person is before you")

    ana.reload()
    expect(ana.get_by_role("heading", name="You are in the waiting room")).to_be_visible()
    expect(place(ana)).to_have_text("You are next")
    people["Ana"].context.set_offline(True)
    expect(banner(ana, "Your place is kept")).to_be_visible(timeout=60_000)
    expect(place(bert)).to_have_text("1 person is before you")
    people["Ana"].context.set_offline(False)
    expect(banner(ana, "Your place is kept")).to_have_count(0)
    expect(place(ana)).to_have_text("You are next")

    ana.get_by_role("button", name="Leave the waiting room").click()
    expect(ana.get_by_role("heading", name="Check your camera")).to_be_visible()
    expect(place(bert)).to_have_text("You are next")
    for name, other in [("Ana", "Bert"), ("Bert", "Ana")]:
        assert heard[name], "the test listened"
        assert not [text for text in heard[name] if other in text]
        assert other not in people[name].page.content()


def test_a_killed_server_costs_nobody_their_place_or_call(arrive: Arrive, fragile_server: Server):
    vale = Professional(fragile_server, "Robin Vale", "Europe/Lisbon")
    link = vale.invite("Ana")["link"]
    robin = arrive("Robin Vale", server=fragile_server)
    desk = dashboard_of(robin, vale)
    ana = arrive("Ana", server=fragile_server)
    ana.page.goto(link)
    check_in(ana.page, consent=False)
    expect(visit(desk, "Ana").get_by_text("Camera works")).to_be_visible()

    fragile_server.kill()
    expect(banner(ana.page, "Your place is kept")).to_be_visible()
    expect(banner(desk, "What you see may be old")).to_be_visible()
    fragile_server.start()
    expect(banner(ana.page, "Your place is kept")).to_have_count(0)
    expect(place(ana.page)).to_have_text("You are next")
    expect(banner(desk, "What you see may be old")).to_have_count(0)

    call = admit(robin, "Ana")
    call.sees("Ana")
    fragile_server.kill()
    expect(banner(ana.page, "Connection lost")).to_be_visible()
    fragile_server.start()
    expect(banner(ana.page, "Connection lost")).to_have_count(0)
    ana.sees("Robin Vale")
    call.sees("Ana")
    ana.page.reload()
    ana.is_inside()
    ana.sees("Robin Vale")

    desk.get_by_role("button", name="Send Ana back").click()
    expect(ana.page.get_by_role("heading", name="You are in the waiting room")).to_be_visible()
    assert "/appointment?token=" in ana.page.url


def test_somebody_who_hangs_up_may_come_back(arrive: Arrive, vale: Professional):
    robin = arrive("Robin Vale")
    dashboard_of(robin, vale)
    ana = arrive("Ana")
    ana.page.goto(vale.invite("Ana")["link"])
    check_in(ana.page)
    call = admit(robin, "Ana")
    ana.is_inside()
    ana.press("Leave")
    expect(ana.page.get_by_role("heading", name="You left the call")).to_be_focused()
    ana.page.get_by_role("button", name="Back to the call").click()
    ana.is_inside()
    call.sees("Ana")


def test_clients_use_other_browsers(arrive: Arrive, vale: Professional):
    robin = arrive("Robin Vale")
    dashboard_of(robin, vale)
    ana = arrive("Ana", "firefox")
    ana.page.goto(vale.invite("Ana")["link"])
    # Firefox measures nothing on a machine without a sound card.
    check_in(ana.page, speaks=False)
    call = admit(robin, "Ana")
    ana.is_inside()
    ana.sees("Robin Vale")
    call.sees("Ana")


# The dashboard by keyboard


def test_a_keyboard_is_enough_for_the_dashboard(arrive: Arrive, vale: Professional):
    robin = arrive("Robin Vale")
    desk = dashboard_of(robin, vale)
    ana = arrive("Ana")
    ana.page.goto(vale.invite("Ana")["link"])
    check_in(ana.page)
    # Said to screen readers, without anybody looking.
    expect(desk.locator("#announce-polite")).to_contain_text("Ana is in the waiting room")

    desk.locator("body").press("Tab")
    expect(desk.get_by_role("link", name="Skip to the waiting room")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Waiting room")).to_be_focused()
    tab_to(desk, "Admit Ana and join the call")
    with desk.expect_popup() as popup:
        desk.keyboard.press("Enter")
    call = Person(robin.context, robin.origin, "Robin Vale", popup.value)
    call.is_inside()
    call.page.close()
    desk.bring_to_front()
    expect(visit(desk, "Ana").get_by_role("heading", name="Ana")).to_be_focused()

    tab_to(desk, "Send Ana back to the waiting room")
    desk.keyboard.press("Space")
    expect(ana.page.get_by_role("heading", name="You are in the waiting room")).to_be_visible()
    expect(visit(desk, "Ana").get_by_role("heading", name="Ana")).to_be_focused()
    tab_to(desk, "Your notes")
    desk.keyboard.press("Enter")
    tab_to(desk, "Your notes about Ana")
    desk.keyboard.type("Typed only")
    expect(visit(desk, "Ana").get_by_text("Saved", exact=True)).to_be_visible()

    tab_to(desk, "Admit Ana and join the call", backwards=True)
    with desk.expect_popup():
        desk.keyboard.press("Enter")
    ana.is_inside()
    desk.bring_to_front()
    tab_to(desk, "Finish the appointment with Ana")
    desk.keyboard.press("Enter")
    # Enter alone would do nothing: the focus is on the harmless answer.
    expect(desk.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(ana.page.get_by_role("heading", name="Your appointment is finished")).to_be_visible()


# Each state its own page


def test_too_early_counts_down_and_lets_move_and_cancel(arrive: Arrive, server: Server, vale: Professional):
    ana = arrive("Ana", **TOKYO)
    page = ana.page
    later = now() // DAY * DAY + 3 * DAY
    page.goto(vale.invite("Ana", later)["link"])
    expect(page.get_by_role("heading", name="You are early")).to_be_visible()
    expect(page.get_by_role("timer")).to_contain_text("day")
    before = page.locator(".link-when").inner_text()
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("heading", name="Choose another time")).to_be_visible()
    times = page.get_by_role("list", name=re.compile("^Free times")).get_by_role("button")
    times.nth(5).click()
    expect(page.get_by_role("heading", name="You are early").or_(page.get_by_role("heading", name="Check your"))).to_be_visible()
    expect(page.locator(".link-when")).not_to_have_text(before)
    page.get_by_role("button", name="Cancel appointment").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Cancel appointment").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_role("heading", name="This appointment was cancelled")).to_be_visible()
    page.get_by_role("link", name="Book another time").click()
    expect(page.get_by_role("heading", name="Choose a time")).to_be_visible()


def test_the_waiting_room_opens_by_itself(arrive: Arrive, vale: Professional):
    ana = arrive("Ana")
    ana.page.goto(vale.invite("Ana", now() + 15 * MINUTE + 10_000)["link"])
    expect(ana.page.get_by_role("heading", name="You are early")).to_be_visible()
    expect(ana.page.get_by_role("heading", name="Check your camera")).to_be_visible()


def test_too_late_revoked_and_invalid_say_so(arrive: Arrive, vale: Professional):
    ana = arrive("Ana")
    page = ana.page
    page.goto(vale.invite("Ana", now() - 13 * 60 * MINUTE)["link"])
    expect(page.get_by_role("heading", name="This appointment is over")).to_be_visible()

    booked = vale.invite("Ana")
    page.goto(booked["link"])
    expect(page.get_by_text("Your camera works")).to_be_visible()
    status, fresh = vale("POST", f"/me/appointments/{booked['id']}/revoke", {})
    assert status == 200
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    page.goto(fresh["link"])
    expect(page.get_by_role("heading", name="Check your camera")).to_be_visible()

    for address in ["/appointment", "/appointment?token=x.y.z", f"/appointment?token={fresh['token'][:-4]}"]:
        page.goto(ana.origin + address)
        expect(page.get_by_role("heading", name="This is not a link to an appointment")).to_be_visible()


def test_a_professional_cancels_and_makes_a_new_link(arrive: Arrive, vale: Professional):
    robin = arrive("Robin Vale")
    desk = dashboard_of(robin, vale)
    ana = arrive("Ana")
    ana.page.goto(vale.invite("Ana", now() + 14 * MINUTE)["link"])
    expect(ana.page.get_by_role("heading", name="Check your camera")).to_be_visible()
    row = visit(desk, "Ana")
    row.get_by_text("More").click()
    row.get_by_role("button", name="Make a new link").click()
    answer(desk, "Make a new link for Ana?", "Make a new link")
    expect(ana.page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    ana.page.goto(row.get_by_label("The new link").input_value())
    expect(ana.page.get_by_role("heading", name="Check your camera")).to_be_visible()
    cancel = row.get_by_role("button", name="Cancel appointment")
    cancel.click()
    answer(desk, "Cancel the appointment with Ana?", "Keep the appointment")
    cancel.click()
    answer(desk, "Cancel the appointment with Ana?", "Cancel appointment")
    expect(ana.page.get_by_role("heading", name="This appointment was cancelled")).to_be_visible()


def test_a_professional_makes_and_moves_an_appointment(arrive: Arrive, vale: Professional):
    robin = arrive("Robin Vale", timezone_id="Asia/Tokyo")
    desk = dashboard_of(robin, vale)
    desk.get_by_role("button", name="New appointment").click()
    dialog = desk.get_by_role("dialog", name="New appointment")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Please enter a name.")).to_be_visible()
    dialog.get_by_label("Client's name").fill("Ana")
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400))
    dialog.get_by_label("Day").fill(tomorrow)
    dialog.get_by_label("Time").fill("09:30")
    dialog.get_by_role("button", name="Save").click()
    link = dialog.get_by_label(re.compile("Send this link")).input_value()
    dialog.get_by_role("button", name="Close").click()
    expect(desk.get_by_role("button", name="New appointment")).to_be_focused()

    # The page lives in Tokyo, the account in Lisbon: its clocks count.
    ana = arrive("Ana", timezone_id="Europe/Lisbon", locale="en-GB")
    ana.page.goto(link)
    expect(ana.page.locator(".link-when")).to_contain_text("09:30")
    row = visit(desk, "Ana")
    row.get_by_text("More").click()
    row.get_by_role("button", name="Move").click()
    desk.get_by_role("dialog").get_by_label("Time").fill("16:45")
    desk.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(ana.page.locator(".link-when")).to_contain_text("16:45")


def test_a_professional_sets_up_a_booking_page(arrive: Arrive, server: Server):
    vale = Professional(server, "Robin Vale", "Asia/Tokyo", open=False)
    robin = arrive("Robin Vale")
    desk = dashboard_of(robin, vale)
    ana = arrive("Ana")
    ana.page.goto(f"{server.origin}/book/{vale.slug}")
    expect(ana.page.get_by_role("heading", name="No bookings at the moment")).to_be_visible()

    desk.get_by_role("link", name="Booking page").click()
    desk.get_by_label("Take bookings").check()
    slug = f"{vale.slug}-new"
    desk.get_by_label("Address").fill("No good!")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("The address needs at least")).to_be_visible()
    desk.get_by_label("Address").fill(slug)
    desk.get_by_label("Introduction").fill("Bring your shoes.")
    desk.get_by_role("button", name="Add hours on Monday").click()
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("These hours overlap")).to_be_visible()
    desk.get_by_role("button", name=re.compile("^Remove Monday")).last.click()
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Saved", exact=True)).to_be_visible()
    desk.reload()
    expect(desk.get_by_label("Introduction")).to_have_value("Bring your shoes.")
    link = book(ana.page, f"{server.origin}/book/{slug}", "Ana")
    assert "/appointment?token=" in link
    expect(ana.page.get_by_text("Bring your shoes.")).to_be_visible()
