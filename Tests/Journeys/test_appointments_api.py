# SPDX-License-Identifier: Apache-2.0
"""Booking, links and the waiting room, as programs see them. `test_appointments.py` has the pages."""

import base64
import concurrent.futures
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clinic import CHECK_IN, MINUTE, Page, Professional, now, refusal
from server import ANY_CERTIFICATE, Server

DAY = 24 * 60 * MINUTE


# Over plain HTTP: the two threads of a Python client get in each other's way in one TLS session.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("appointments"), "appointments")


@pytest.fixture
def fragile_server(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may kill and start again."""
    yield from serve(tmp_path, "appointments-killed")


def serve(data: Path, name: str) -> Iterator[Server]:
    server = Server(data, name, "--tls", "off")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def vale(server: Server) -> Professional:
    return Professional(server, "Robin Vale", "Europe/Lisbon")


@pytest.fixture
def pages() -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []

    def open_page(*arguments: object) -> Page:
        opened.append(Page(*arguments))
        return opened[-1]

    def keep(page: Page) -> Page:
        opened.append(page)
        return page

    open_page.keep = keep
    yield open_page
    for page in opened:
        page.leave()


def book(server: Server, slug: str, start: int, **fields: object) -> tuple[int, dict]:
    body = {"start": start, "name": "Ana Lima", "email": "ana@example.com", "zone": "Asia/Tokyo", **fields}
    return server.request("POST", f"/api/v1/booking/{slug}/appointments", body)


def slots(server: Server, slug: str) -> list[dict]:
    status, page = server.request("GET", f"/api/v1/booking/{slug}")
    assert status == 200, page
    return page["slots"]


def with_link(server: Server, method: str, path: str, token: str, body: object = None) -> tuple[int, dict]:
    return server.request(method, "/api/v1" + path, body, {"Authorization": f"Bearer {token}"})


def calendar(server: Server, token: str) -> str:
    address = f"{server.origin}/api/v1/appointment.ics?token={token}"
    with urllib.request.urlopen(address, context=ANY_CERTIFICATE, timeout=10) as response:
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        return response.read().decode().replace("\r\n ", "")


# Booking


def test_a_booking_page_offers_the_hours_of_its_zone(server: Server) -> None:
    monday_morning = [{"weekday": 1, "start": 9 * 60, "end": 10 * 60}]
    page = Professional(server, "Kim Park", "Asia/Seoul", slotMinutes=20, availability=monday_morning, horizonDays=20)
    found = slots(server, page.slug)
    assert len(found) in (6, 9)
    for slot in found:
        assert slot["end"] - slot["start"] == 20 * MINUTE
        # Nine in the morning in Seoul is midnight in UTC, on the same Monday.
        assert slot["start"] % DAY < 60 * MINUTE and (slot["start"] // DAY + 3) % 7 == 0


def test_booking_gives_a_link_and_takes_the_slot(server: Server, vale: Professional) -> None:
    free = slots(server, vale.slug)
    status, booked = book(server, vale.slug, free[20]["start"], note="First time")
    assert status == 201 and booked["start"] == free[20]["start"] and booked["end"] == free[20]["end"]
    assert booked["link"] == f"{server.origin}/appointment?token={booked['token']}"
    claims = json.loads(base64.urlsafe_b64decode(booked["token"].split(".")[1] + "=="))
    assert claims["uuid"] == booked["id"] and claims["clientName"] == "Ana Lima"
    assert claims["professionalsFullName"] == "Robin Vale" and claims["apptDate"] == booked["start"]
    assert claims["exp"] > claims["iat"] and claims["v"] == 1
    assert free[20] not in slots(server, vale.slug)
    status, facts = with_link(server, "GET", "/appointment", booked["token"])
    assert status == 200 and facts["state"] == "early" and facts["zone"] == "Europe/Lisbon"
    assert facts["opensAt"] == booked["start"] - 15 * MINUTE
    assert facts["closesAt"] == booked["end"] + 12 * 60 * MINUTE
    assert facts["professional"] == {"name": "Robin Vale", "title": "Counsellor"}
    status, listing = vale("GET", "/me/appointments")
    row = next(row for row in listing["appointments"] if row["id"] == booked["id"])
    assert row["client"] == {"name": "Ana Lima", "email": "ana@example.com", "zone": "Asia/Tokyo"}
    assert row["note"] == "First time" and row["notes"] == ""


def test_of_many_who_book_one_slot_at_once_one_gets_it(server: Server, vale: Professional) -> None:
    start = slots(server, vale.slug)[30]["start"]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: book(server, vale.slug, start, name=f"N{number}"), range(6)))
    assert sorted(status for status, _ in answers) == [201] + [409] * 5
    assert {answer["code"] for status, answer in answers if status == 409} == {"slot-taken"}


@pytest.mark.parametrize(("change", "code"), [
    ({"start": 1}, "invalid-request"), ({"start": "soon"}, "invalid-request"), ({"name": "  "}, "invalid-name"),
    ({"email": "nobody"}, "invalid-email"), ({"zone": "Mars/Base"}, "invalid-zone"),
    ({"note": "x" * 2001}, "invalid-request"),
])
def test_a_wrong_booking_is_refused(server: Server, vale: Professional, change: dict, code: str) -> None:
    body = {"start": slots(server, vale.slug)[40]["start"], **change}
    status, answer = book(server, vale.slug, **body)
    assert (status // 100, answer["code"]) == (4, code)


def test_times_between_slots_and_a_closed_page_cannot_be_booked(server: Server) -> None:
    page = Professional(server, "Lou Fay")
    start = slots(server, page.slug)[5]["start"]
    assert book(server, page.slug, start + MINUTE)[1]["code"] == "slot-taken"
    page("PUT", "/me/booking", {**page.settings, "open": False})
    assert slots(server, page.slug) == []
    assert book(server, page.slug, start)[1]["code"] == "slot-taken"
    assert server.request("GET", "/api/v1/booking/nobody-here")[1]["code"] == "no-such-booking-page"


# Changing


def test_a_moved_and_a_cancelled_appointment_replace_their_calendar_entries(server: Server, vale: Professional) -> None:
    free = slots(server, vale.slug)
    token = book(server, vale.slug, free[50]["start"])[1]["token"]
    first = calendar(server, token)
    assert "SEQUENCE:0\r\n" in first and "STATUS:CONFIRMED\r\n" in first and "SUMMARY:Robin Vale\\, Counsellor" in first
    status, moved = with_link(server, "POST", "/appointment/move", token, {"start": free[51]["start"]})
    assert status == 200 and moved["start"] == free[51]["start"]
    assert free[50] in slots(server, vale.slug) and free[51] not in slots(server, vale.slug)
    second = calendar(server, token)
    uid = next(line for line in first.split("\r\n") if line.startswith("UID:"))
    assert uid in second and "SEQUENCE:1\r\n" in second
    assert with_link(server, "POST", "/appointment/cancel", token)[0] == 204
    assert with_link(server, "POST", "/appointment/cancel", token)[0] == 204
    last = calendar(server, token)
    assert uid in last and "SEQUENCE:2\r\n" in last and "STATUS:CANCELLED\r\n" in last and "METHOD:CANCEL" in last
    assert free[51] in slots(server, vale.slug)
    assert with_link(server, "POST", "/appointment/move", token, {"start": free[52]["start"]})[1]["code"] == "cancelled"


def test_a_link_can_be_revoked_and_replaced(server: Server, vale: Professional, pages) -> None:
    booked = vale.invite("Ivo")
    page = pages(server, booked["token"])
    page.appointment("open")
    status, fresh = vale("POST", f"/me/appointments/{booked['id']}/revoke")
    assert status == 200 and fresh["token"] != booked["token"]
    assert page.appointment("revoked")["state"] == "revoked"
    assert page.ask("check-in", CHECK_IN)["error"] == "revoked"
    assert with_link(server, "GET", "/appointment", booked["token"]) [1]["code"] == "revoked"
    assert pages(server, booked["token"]).appointment("revoked", "open")["state"] == "revoked"
    assert pages(server, fresh["token"]).appointment("open")["id"] == booked["id"]


def test_tokens_that_are_not_ours_open_nothing(server: Server, vale: Professional) -> None:
    token = vale.invite("Ugo")["token"]
    head, claims, mac = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for bad in ["", "x", f"{head}.{claims}.", f"{none}.{claims}.", f"{head}.{claims}.{mac[::-1]}", f"{head}..{mac}"]:
        assert with_link(server, "GET", "/appointment", bad)[1]["code"] == "invalid-link"
        if bad:
            assert refusal(server, bad) == "invalid-link"


# The waiting room


def test_from_check_in_to_the_end_of_the_call(server: Server, vale: Professional, pages) -> None:
    first, second = vale.invite("Ana"), vale.invite("Bo")
    desk = pages.keep(vale.desk())
    ana, bo = pages(server, first["token"]), pages(server, second["token"])
    assert ana.appointment("open")["professional"]["name"] == "Robin Vale"
    assert ana.ask("check-in", {**CHECK_IN, "camera": "denied"}) == {"ok": True}
    row = desk.row(first["id"], "waiting", connected=True)
    assert row["checkIn"] == {**CHECK_IN, "camera": "denied"} and row["client"]["name"] == "Ana"
    assert bo.ask("check-in", CHECK_IN) == {"ok": True}
    assert ana.appointment("waiting")["position"] == 1
    view = bo.appointment("waiting")
    assert view["position"] == 2 and "Ana" not in json.dumps(view)
    # A reload keeps the place.
    ana.leave()
    desk.row(first["id"], "waiting", connected=False)
    ana = pages(server, first["token"])
    assert ana.appointment("waiting", "open")["position"] == 1
    answer = desk.ask("admit", {"id": first["id"]})
    assert answer["ok"] is True
    view = ana.appointment("admitted")
    assert view["meeting"] == answer["meeting"] and view["professional"]["status"] == "busy"
    assert server.request("GET", f"/api/v1/meetings/{answer['meeting']}")[0] == 200
    view = bo.shows("appointment", lambda view: view["professional"]["status"] == "busy")
    assert view["position"] == 1 and "meeting" not in view
    assert desk.ask("admit", {"id": first["id"]}) == answer, "pressed again, it is the same call"
    # Back to the waiting room, to the old place, and out of the call.
    assert desk.ask("send-back", {"id": first["id"]}) == {"ok": True}
    assert ana.appointment("waiting")["position"] == 1
    assert server.request("GET", f"/api/v1/meetings/{answer['meeting']}")[0] == 404
    again = desk.ask("admit", {"id": first["id"]})["meeting"]
    assert again != answer["meeting"]
    assert desk.ask("notes", {"id": first["id"], "text": "Went well"}) == {"ok": True}
    assert desk.ask("finish", {"id": first["id"]}) == {"ok": True}
    assert ana.appointment("finished")["state"] == "finished"
    assert desk.row(first["id"], "finished")["notes"] == "Went well"
    assert ana.ask("check-in", CHECK_IN)["error"] == "finished"
    # Whoever gives up is no longer waited for.
    assert bo.ask("leave", {}) == {"ok": True}
    assert "position" not in bo.appointment("open")
    bo.ask("check-in", CHECK_IN)
    status, clients = vale("GET", "/me/clients")
    assert {"Ana", "Bo"} <= {client["name"] for client in clients["clients"]}
    assert vale("GET", "/me/numbers")[1]["upcoming"] >= 1


def test_too_early_too_late_and_cancelled_have_states_of_their_own(server: Server, vale: Professional, pages) -> None:
    early = vale.invite("Eve", now() + 2 * 60 * MINUTE)
    late = vale.invite("Len", now() - 13 * 60 * MINUTE)
    page = pages(server, early["token"])
    assert page.appointment("early")["opensAt"] == early["start"] - 15 * MINUTE
    assert page.ask("check-in", CHECK_IN)["error"] == "too-early"
    old = pages(server, late["token"])
    assert old.appointment("late")["state"] == "late"
    assert old.ask("check-in", CHECK_IN)["error"] == "too-late"
    # Moved to now, it opens without a reload; cancelled, it closes without one.
    status, _ = vale("PATCH", f"/me/appointments/{early['id']}", {"start": now() + 11 * MINUTE})
    assert status == 200 and page.appointment("open")
    assert vale("POST", f"/me/appointments/{early['id']}/cancel")[0] == 204
    assert page.appointment("cancelled")
    assert page.ask("check-in", CHECK_IN)["error"] == "cancelled"


def test_consent_is_asked_for_where_the_page_wants_it(server: Server, pages) -> None:
    careful = Professional(server, "Sam Roe", consent="I agree to be seen.")
    page = pages(server, careful.invite("Mia")["token"])
    assert page.appointment("open")["consent"] == "I agree to be seen."
    assert page.ask("check-in", {**CHECK_IN, "consent": False})["error"] == "consent-required"
    assert page.ask("check-in", CHECK_IN) == {"ok": True}


def test_a_killed_server_costs_nobody_their_place_or_link(fragile_server: Server, pages) -> None:
    server = fragile_server
    vale = Professional(server, "Robin Vale")
    booked = [vale.invite(name) for name in ("Ana", "Bo", "Cy")]
    desk = pages.keep(vale.desk())
    for appointment in booked:
        assert pages(server, appointment["token"]).ask("check-in", CHECK_IN) == {"ok": True}
    admitted = desk.ask("admit", {"id": booked[2]["id"]})["meeting"]
    since = desk.row(booked[0]["id"], "waiting")["waitingSince"]
    server.kill()
    server.start()
    # In another order than before: the place is that of the first check-in.
    bo, ana = pages(server, booked[1]["token"]), pages(server, booked[0]["token"])
    assert bo.appointment("waiting", "open")["position"] == 2
    assert ana.appointment("waiting", "open")["position"] == 1
    assert pages(server, booked[2]["token"]).appointment("admitted")["meeting"] == admitted
    desk = pages.keep(vale.desk())
    assert desk.row(booked[0]["id"], "waiting")["waitingSince"] == since
    assert desk.ask("admit", {"id": booked[0]["id"]})["ok"] is True
    assert ana.appointment("admitted")["meeting"]


def test_whatever_was_acknowledged_outlives_a_killed_server(fragile_server: Server) -> None:
    server = fragile_server
    vale = Professional(server, "Robin Vale")

    def after_a_power_cut(acknowledged: tuple[int, object]) -> object:
        assert acknowledged[0] // 100 == 2, acknowledged
        server.kill()
        server.start()
        return acknowledged[1]

    free = slots(server, vale.slug)
    booked = after_a_power_cut(book(server, vale.slug, free[9]["start"]))
    token, path = booked["token"], f"/me/appointments/{booked['id']}"
    assert with_link(server, "GET", "/appointment", token)[1]["start"] == free[9]["start"]
    after_a_power_cut(with_link(server, "POST", "/appointment/move", token, {"start": free[11]["start"]}))
    assert with_link(server, "GET", "/appointment", token)[1]["start"] == free[11]["start"]
    after_a_power_cut(vale("PATCH", path, {"notes": "Call back"}))
    assert vale("GET", path)[1]["notes"] == "Call back"
    fresh = after_a_power_cut(vale("POST", path + "/revoke"))
    assert with_link(server, "GET", "/appointment", token)[1]["code"] == "revoked"
    after_a_power_cut(with_link(server, "POST", "/appointment/cancel", fresh["token"]))
    assert with_link(server, "GET", "/appointment", fresh["token"])[1]["state"] == "cancelled"
    after_a_power_cut(vale("PUT", "/me/booking", {**vale.settings, "intro": "Moved"}))
    assert server.request("GET", f"/api/v1/booking/{vale.slug}")[1]["intro"] == "Moved"


# Those who may not


def test_whoever_signs_out_has_no_dashboard_any_more(server: Server, pages) -> None:
    lee = Professional(server, "Lee Moss")
    desk, other = pages.keep(lee.desk()), lee.cookie
    desk.hears("dashboard")
    lee.cookie = lee.sign_in()
    assert server.request("DELETE", "/api/v1/session", None, {"Cookie": other, "X-Parley-CSRF": "1"})[0] == 204
    assert desk.hears("disconnect") == ()
    assert refusal(server, None, {"Cookie": other}) == "not-signed-in"
    assert pages.keep(lee.desk()).hears("dashboard"), "the other session goes on"


def test_clients_cannot_act_as_the_professional_nor_see_others(server: Server, vale: Professional, pages) -> None:
    booked = vale.invite("Mal")
    page = pages(server, booked["token"])
    for event in ["admit", "send-back", "finish", "notes", "status", "dashboard"]:
        assert page.ask(event, {"id": booked["id"], "text": "x", "status": "away"})["error"] == "invalid-event"
    for payload in [None, 5, [], {}, {**CHECK_IN, "camera": "bribed"}, {**CHECK_IN, "consent": "yes"}]:
        assert page.ask("check-in", payload)["error"] == "invalid-event"
    assert refusal(server, None) == "not-signed-in"
    assert refusal(server, None, {"Cookie": "parley_session=guess"}) == "not-signed-in"


def test_professionals_reach_only_their_own_clients(server: Server, vale: Professional, pages) -> None:
    other = Professional(server, "Noa Quill")
    booked = vale.invite("Pia")
    desk = pages.keep(other.desk())
    (board,) = desk.hears("dashboard")
    assert board["appointments"] == []
    for event in ["admit", "send-back", "finish"]:
        assert desk.ask(event, {"id": booked["id"]})["error"] == "no-such-appointment"
    assert desk.ask("notes", {"id": booked["id"], "text": "x"})["error"] == "no-such-appointment"
    path = f"/me/appointments/{booked['id']}"
    for method, target, body in [("GET", path, None), ("PATCH", path, {"notes": "x"}),
                                 ("POST", path + "/cancel", None), ("POST", path + "/revoke", None)]:
        assert other(method, target, body)[1]["code"] == "no-such-appointment"
    assert other("PUT", "/me/booking", {**other.settings, "slug": vale.slug.upper()})[1]["code"] == "slug-taken"


def test_pages_of_other_sites_cannot_use_a_professionals_cookie(server: Server, vale: Professional) -> None:
    headers = {"Cookie": vale.cookie, "Origin": "https://elsewhere.example"}
    assert refusal(server, None, headers) == "Forbidden", "before anybody looks at the cookie"
    status, answer = server.request(
        "POST", "/api/v1/me/appointments", {"start": now(), "name": "x"}, {"Cookie": vale.cookie})
    assert (status, answer["code"]) == (403, "csrf")
