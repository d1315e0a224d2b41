# SPDX-License-Identifier: Apache-2.0
"""The REST API as programs and browsers use and abuse it; every answer is checked against `openapi.json`."""

import json
import urllib.request
from collections.abc import Callable

import openapi_spec_validator
import pytest
import socketio

from api_client import PREFIX, Client, Description
from api_fixtures import PASSWORD, description, member, now, root, server, token_of, visitor  # noqa: F401
from server import Server

HOUR = 3_600_000


# The description


def test_the_description_is_valid_openapi(description: Description):
    openapi_spec_validator.validate(description.document)
    assert description.document["openapi"].startswith("3.1")


# Signing in


def test_a_session_lasts_over_a_restart_and_ends_with_signing_out(
        server: Server, member: Callable[..., Client]):
    ana = member("Ana")
    before = ana.cookie_text
    server.kill()
    server.start()
    assert ana.get("/users/me")["name"] == "Ana"
    assert token_of(ana)
    assert ana.delete("/session").status == 204
    assert ana.get("/users/me").code == "not-signed-in"
    stolen = ana.get("/users/me", Cookie=before)
    assert stolen.code == "not-signed-in", "signing out ends the session for whoever has the cookie"


def test_the_cookie_is_kept_from_scripts_and_other_sites(member: Callable[..., Client]):
    ana = member("Ana")
    cookie = ana.sign_in(ana.user["email"], PASSWORD).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert PASSWORD not in cookie and ana.user["id"] not in cookie


def test_wrong_passwords_tell_nothing_and_are_limited(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana")
    wrong = visitor().sign_in(ana.user["email"], "wrong")
    unknown = visitor().sign_in("nobody@example.org", "wrong")
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body)
    codes = [visitor().sign_in(ana.user["email"], "wrong").code for _ in range(12)]
    assert codes[-1] == "too-many-requests"
    assert visitor().sign_in(ana.user["email"], PASSWORD).code == "too-many-requests"
    assert ana.get("/users/me").status == 200, "whoever is signed in already stays so"


@pytest.mark.parametrize("headers", [
    {"X_Parley_CSRF": ""},
    {"X_Parley_CSRF": "yes"},
    {"Origin": ""},
    {"Origin": "", "Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
], ids=str)
def test_other_sites_change_nothing_by_cookie(headers: dict, member: Callable[..., Client]):
    ana = member("Ana")
    meeting = ana.post("/meetings")["meeting"]
    attempts = [
        ("POST", "/session", {"email": ana.user["email"], "password": PASSWORD}),
        ("DELETE", "/session", None),
        ("PATCH", "/users/me", {"name": "Eve"}),
        ("POST", "/meetings", {}),
        ("PATCH", f"/meetings/{meeting}", {"name": "Eve's"}),
        ("POST", f"/meetings/{meeting}/rotate", None),
        ("POST", f"/meetings/{meeting}/end", None),
        ("POST", f"/meetings/{meeting}/invites", {"role": "host"}),
        ("PUT", f"/meetings/{meeting}/recording", {"by": "Eve"}),
        ("DELETE", f"/meetings/{meeting}/recording", None),
        ("DELETE", f"/meetings/{meeting}", None),
    ]
    for method, path, body in attempts:
        answer = ana.ask(method, path, body, **headers)
        assert answer.code in ("csrf", "foreign-origin"), (method, path, answer)
    assert ana.get("/users/me")["name"] == "Ana"
    assert ana.get(f"/meetings/{meeting}")["name"] is None


def test_answers_are_not_for_other_sites(member: Callable[..., Client]):
    answer = member("Ana").get("/users/me", Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


# Accounts


def test_nobody_rises_or_reads_others(root: Client, member: Callable[..., Client], visitor: Callable[[], Client]):
    ana, ben = member("Ana"), member("Ben", role="professional")
    root_id = root.get("/users/me")["id"]
    for client in (ana, ben):
        own = client.user["id"]
        for method, path, body in [
            ("GET", "/users", None), ("GET", f"/users/{root_id}", None), ("GET", f"/users/{own}", None),
            ("PATCH", f"/users/{own}", {"role": "admin"}), ("PATCH", "/users/me", {"role": "admin"}),
            ("PATCH", "/users/me", {"disabled": None}), ("PATCH", f"/users/{root_id}", {"password": PASSWORD}),
            ("DELETE", f"/users/{root_id}", None), ("DELETE", f"/users/{own}", None),
            ("POST", "/users", {"email": "eve@example.org", "name": "Eve", "password": PASSWORD, "role": "admin"}),
        ]:
            assert client.ask(method, path, body).code == "not-allowed", (method, path)
            assert visitor().ask(method, path, body).code == "not-signed-in", (method, path)
        assert client.get("/users/me")["role"] == client.user["role"]
    assert all(user["email"] != "eve@example.org" for user in root.get("/users")["users"])
    assert "password" not in json.dumps(root.get("/users").body)


def test_people_change_what_is_theirs(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana")
    changed = ana.patch("/users/me", {"name": " Ana Vale ", "title": "Dr.", "zone": "Asia/Kolkata", "avatar": "a1"})
    assert [changed[name] for name in ("name", "title", "zone", "avatar")] == ["Ana Vale", "Dr.", "Asia/Kolkata", "a1"]
    assert ana.patch("/users/me", {"title": None})["title"] is None
    for body, code in [
        ({"name": ""}, "invalid-name"), ({"name": 7}, "invalid-request"), ({"zone": "../etc"}, "invalid-zone"),
        ({"name": "x" * 2000}, "invalid-request"), ({"password": "another quiet lake"}, "invalid-request"),
        ({"password": "another quiet lake", "currentPassword": "wrong"}, "wrong-password"),
        ({"email": "new@example.org", "currentPassword": "wrong"}, "wrong-password"),
    ]:
        assert ana.patch("/users/me", body).code == code, body
    elsewhere = visitor()
    elsewhere.sign_in(ana.user["email"], PASSWORD)
    new = {"password": "another quiet lake", "currentPassword": PASSWORD}
    assert ana.patch("/users/me", new).status == 200
    assert ana.get("/users/me").status == 200
    assert elsewhere.get("/users/me").code == "not-signed-in"


def test_an_administrator_manages_accounts(root: Client, member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana")
    path = f"/users/{ana.user['id']}"
    assert root.get(path).body == ana.user
    assert root.patch(path, {"role": "professional"})["role"] == "professional"
    assert root.patch(path, {"email": "root@example.org"}).code == "email-taken"
    assert root.patch(path, {"role": "emperor"}).code == "invalid-request"
    meeting = ana.post("/meetings")["meeting"]
    assert root.delete(path).status == 204
    assert ana.get("/users/me").code == "not-signed-in"
    assert visitor().get(f"/meetings/{meeting}").code == "no-such-meeting", "meetings go with their owner"
    for unknown in (path, "/users/xyz", "/users/" + "0" * 24, "/users/%00"):
        assert root.get(unknown).code in ("no-such-user", "invalid-request"), unknown
        assert root.delete(unknown).code == "no-such-user", unknown
    own = f"/users/{root.get('/users/me')['id']}"
    assert [root.delete(own).code, root.patch(own, {"disabled": True}).code] == ["own-account"] * 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'"x"', b"\xff\xfe", b"{}", b"[" * 5000])
def test_bodies_that_make_no_sense_change_nothing(body: bytes, root: Client):
    count = len(root.get("/users")["users"])
    assert root.post("/users", body).code == "invalid-request"
    assert len(root.get("/users")["users"]) == count


# Meetings


def test_a_meeting_is_made_changed_moved_and_deleted(root: Client, member: Callable[..., Client],
                                                     visitor: Callable[[], Client]):
    ana, ben = member("Ana"), member("Ben")
    made = ana.post("/meetings", {"name": "Choir", "color": "#2d9cdb", "retention": "month"})
    code = made["meeting"]
    assert made.headers["location"] == f"{PREFIX}/meetings/{code}"
    assert made["link"] == f"{ana.server.origin}/{code}"
    seen = visitor().get(f"/meetings/{code}")
    assert seen.body == {"meeting": code, "name": "Choir", "participants": 0, "capacity": 100, "recording": None}
    assert ana.get(f"/meetings/{code}")["retention"] == "month"
    assert ana.patch(f"/meetings/{code}", {"name": "Band", "color": None})["color"] is None
    for body in ({"color": "red"}, {"color": "#12345"}, {"retention": "ever"}, {"name": "x" * 61}, {"name": "a\nb"}):
        assert ana.patch(f"/meetings/{code}", body).code == "invalid-request", body
    for method, path, body in [
        ("PATCH", f"/meetings/{code}", {"name": "Ben's"}), ("DELETE", f"/meetings/{code}", None),
        ("POST", f"/meetings/{code}/rotate", None), ("POST", f"/meetings/{code}/end", None),
        ("PUT", f"/meetings/{code}/recording", {"by": "Ben"}), ("DELETE", f"/meetings/{code}/recording", None),
        ("GET", f"/meetings/{code}/invites", None), ("POST", f"/meetings/{code}/invites", {"role": "host"}),
    ]:
        assert ben.ask(method, path, body).code == "not-allowed", (method, path)
        assert visitor().ask(method, path, body).code == "not-signed-in", (method, path)
    assert [row["meeting"] for row in ana.get("/meetings")["meetings"]] == [code]
    assert ben.get("/meetings")["meetings"] == []
    assert code in [row["meeting"] for row in root.get("/meetings")["meetings"]]
    assert root.get("/meetings?owner=me")["meetings"] == []
    assert visitor().get("/meetings").code == "not-signed-in"

    for by in (None, "", " ", "\u202e", 7, "x" * 61):
        assert ana.ask("PUT", f"/meetings/{code}/recording", {"by": by}).code == "invalid-request", by
    assert ana.ask("PUT", f"/meetings/{code}/recording", {"by": "Studio"}).status == 204
    assert ana.delete(f"/meetings/{code}/recording").status == 204
    fresh = ana.post(f"/meetings/{code}/rotate")["meeting"]
    assert visitor().get(f"/meetings/{code}").code == "no-such-meeting"
    assert visitor().get(f"/meetings/{fresh}")["name"] == "Band"
    assert b"<svg" in visitor().get(f"/meetings/{fresh}/qr.svg").body
    assert ana.post(f"/meetings/{fresh}/end").status == 204
    assert visitor().get(f"/meetings/{fresh}").code == "meeting-ended"
    assert ana.delete(f"/meetings/{fresh}").status == 204
    assert visitor().get(f"/meetings/{fresh}").code == "no-such-meeting"
    assert ana.delete(f"/meetings/{fresh}").code == "no-such-meeting"


def test_a_look_at_the_head_alone_is_enough_for_monitors(server: Server):
    request = urllib.request.Request(f"{server.origin}{PREFIX}/server", method="HEAD")
    answer = urllib.request.urlopen(request, timeout=10)
    assert answer.status == 200 and answer.read() == b"" and int(answer.headers["Content-Length"]) > 0


def test_the_server_tells_its_state_to_administrators(root: Client, member: Callable[..., Client],
                                                      visitor: Callable[[], Client]):
    state = root.get("/server/state")
    assert state["accounts"] >= 1 and state["participants"] == 0
    assert member("Ana").get("/server/state").code == "not-allowed"
    assert visitor().get("/server/state").code == "not-signed-in"
    assert visitor().get("/server")["host"] is False
    assert root.get("/server")["host"] is True


# Invites


def join(client: Client, meeting: str) -> dict:
    """Takes a seat as a page of this browser does, and gives what the server answered."""
    socket = socketio.SimpleClient()
    headers = {"Cookie": client.cookie_text} if client.cookie_text else {}
    socket.connect(client.server.origin, headers=headers, namespace="/meet", auth={"protocol": 3},
                   transports=["websocket"])
    try:
        media = {"microphone": False, "camera": False, "screen": False, "screenStream": None}
        return socket.call("join", {"meeting": meeting, "name": "Somebody", "page": "p1", "media": media}, timeout=10)
    finally:
        socket.disconnect()


def invite(owner: Client, meeting: str, **terms: object) -> tuple[dict, str]:
    answer = owner.post(f"/meetings/{meeting}/invites", terms)
    assert answer.status == 201, answer
    return answer.body, answer["link"].rpartition("/i/")[2]


def test_an_invite_leads_in_as_what_it_says(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana, eve, guest = member("Ana"), visitor(), visitor()
    meeting = ana.post("/meetings")["meeting"]
    described, token = invite(ana, meeting, role="host", singleUse=True)
    assert described["state"] == "open"
    assert b"<svg" in ana.get(f"/invites/{described['id']}/qr.svg").body
    assert guest.post("/invites/use", {"token": token}).body == {"meeting": meeting, "role": "host"}
    assert eve.post("/invites/use", {"token": token}).code == "invite-used"
    assert guest.post("/invites/use", {"token": token}).status == 200, "the first browser may come back"
    assert [join(client, meeting)["role"] for client in (guest, ana, eve)] == ["host", "host", "participant"]
    assert eve.post(f"/meetings/{meeting}/end").code == "not-signed-in"
    listed = ana.get(f"/meetings/{meeting}/invites")["invites"]
    assert [(one["id"], one["state"]) for one in listed] == [(described["id"], "used")]
    assert guest.post(f"/meetings/{meeting}/end").status == 204


def test_an_invite_has_its_time_and_can_be_taken_back(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana, ben, guest = member("Ana"), member("Ben"), visitor()
    meeting = ana.post("/meetings")["meeting"]
    start = now() + HOUR
    _, early = invite(ana, meeting, notBefore=start)
    refused = guest.post("/invites/use", {"token": early})
    assert (refused.status, refused.code, refused["notBefore"]) == (403, "invite-early", start)
    described, token = invite(ana, meeting, role="host", expiresAt=now() + HOUR)
    assert guest.post("/invites/use", {"token": token}).status == 200
    path = f"/invites/{described['id']}"
    for client, code in ((ben, "no-such-invite"), (visitor(), "not-signed-in")):
        assert client.delete(path).code == code
        assert client.get(path + "/qr.svg").code == code
    assert ana.delete(path).status == 204
    assert guest.post("/invites/use", {"token": token}).code == "invite-revoked"
    assert join(guest, meeting)["role"] == "participant", "what was taken back counts no more"
    assert guest.post(f"/meetings/{meeting}/end").code == "not-signed-in"
    for terms in ({"role": "admin"}, {"expiresAt": now() - HOUR}, {"notBefore": now() + HOUR, "expiresAt": now() + 1},
                  {"singleUse": "yes"}, {"notBefore": "soon"}):
        assert ana.post(f"/meetings/{meeting}/invites", terms).code == "invalid-request", terms


def test_links_cannot_be_made_up(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana")
    meeting = ana.post("/meetings")["meeting"]
    described, token = invite(ana, meeting)
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for forged in (described["id"], described["id"] + ".", changed, token + "A", "x", ".", "a.b", "é", "A" * 99):
        assert visitor().post("/invites/use", {"token": forged}).code == "no-such-invite", forged
    for body in ({}, {"token": None}, {"token": 7}, {"token": "A" * 101}):
        assert visitor().post("/invites/use", body).code == "invalid-request", body
    entered = visitor()
    entered.post("/invites/use", {"token": token})
    value = next(cookie.value for cookie in entered.cookies if cookie.name.startswith("parley_invite_"))
    assert visitor().post("/invites/use", {"token": value}).code == "no-such-invite", "a cookie is no link"


# The relay


def test_the_relay_is_for_all_and_its_list_for_administrators(
        root: Client, member: Callable[..., Client], visitor: Callable[[], Client]):
    given = visitor().post("/ice-servers", {})
    assert given["iceServers"][1]["username"] and given["expiresAt"] > now()
    assert root.get("/relays")["relays"] == []
    assert member("Ana").get("/relays").code == "not-allowed"
    assert visitor().get("/relays").code == "not-signed-in"
    assert root.delete("/relays/nobody").status == 204


# Files of the chat


def test_files_are_for_seats_to_send_and_for_whoever_was_told_to_fetch(
        member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana")
    meeting = ana.post("/meetings")["meeting"]
    path = f"/meetings/{meeting}/files"
    seated = {"Authorization": f"Bearer {join(visitor(), meeting)['seat']}"}
    note = {"name": "note.txt", "size": 6}
    for stranger in ({}, {"Authorization": "Bearer made.up"}):
        assert ana.post(path, note, **stranger).code == "no-seat"
    for body, code in [
        ({"name": "note.txt", "size": 0}, "file-empty"), ({"name": "note.txt", "size": 10**15}, "file-too-large"),
        ({"name": "run.EXE", "size": 6}, "file-refused"), ({"name": "note.txt"}, "invalid-request"),
        ({"name": 7, "size": 6}, "invalid-request"),
    ]:
        assert ana.post(path, body, **seated).code == code, body
    file = ana.post(path, note, **seated)
    assert file.status == 201
    part = f"{path}/{file['id']}"
    bytes_of = {**seated, "Content_Type": "application/octet-stream"}
    assert ana.get(f"/files/{file['id']}").code == "no-such-file", "nothing is there yet"
    assert ana.ask("PUT", f"{part}?from=3", b"abc", **bytes_of).code == "wrong-part"
    assert ana.ask("PUT", f"{part}?from=x", b"abc", **bytes_of).code == "invalid-request"
    assert ana.ask("PUT", f"{path}/nothing?from=0", b"abc", **bytes_of).code == "no-such-file"
    assert ana.ask("PUT", f"{part}?from=0", b"abc", **bytes_of).body == {"received": 3}
    assert ana.ask("PUT", f"{part}?from=3", b"def", **bytes_of)["file"]["id"] == file["id"]
    fetched = visitor().get(f"/files/{file['id']}")
    assert fetched.body == b"abcdef" and "attachment" in fetched.headers["content-disposition"]
    assert ana.delete(part).code == "no-seat"
    assert ana.delete(part, **seated).status == 204
    assert ana.delete(part, **seated).code == "no-such-file"
    assert ana.get(f"/files/{file['id']}").code == "no-such-file"


# The server itself


def test_the_server_tells_how_it_is_to_administrators_only(
        root: Client, member: Callable[..., Client], visitor: Callable[[], Client]):
    meeting = root.post("/meetings")["meeting"]
    for name in ("load", "rooms", "trouble", "findings", "storage", "webhooks"):
        assert root.get(f"/server/{name}").status == 200, name
        assert member("Ana").get(f"/server/{name}").code == "not-allowed", name
        assert visitor().get(f"/server/{name}").code == "not-signed-in", name
    kept = root.get("/server/storage")["meetings"]
    assert member("Ben").post("/server/sweep").code == "not-allowed"
    assert root.post("/server/sweep").body == {"messages": 0, "meetings": 0}
    assert root.get("/server/storage")["meetings"] == kept
    assert root.get(f"/meetings/{meeting}").status == 200, "what is not due stays"


# Everything


def test_every_operation_of_these_areas_was_tried(description: Description):
    """Runs last: what no test above asks for would be described and never checked."""
    elsewhere = ("/booking", "/appointment", "/me/", "/whip/", "/whep/")
    operations = {
        f"{method.upper()} {path}" for path, item in description.document["paths"].items() for method in item
        if not path.startswith(elsewhere)
    }
    assert operations - description.tried == {"GET /openapi.json"}
