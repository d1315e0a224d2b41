# SPDX-License-Identifier: Apache-2.0
"""The routes of the dialect devameet: statuses, bodies and texts as the pages of the course know them."""

import base64
import json
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from devameet import PALETTE, PASSWORD, Person
from dialects import DialectServer, speaking
from server import PROGRAM

PASSWORD_RULE = (
    "Senha informada não é válida, ela precisa ter de 4 a 12 caracteres e conter pelo menos um caracter maiúsculo, "
    "um minúsculo, um número e um caractér especial.")


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("devameet-rest"), "devameet-rest", "devameet")


@pytest.fixture(scope="module")
def url(speaker: DialectServer) -> str:
    return speaker.url("devameet")


@pytest.fixture
def ana(url: str) -> Person:
    return Person(url, "Ana")


@pytest.fixture
def stranger(url: str) -> Person:
    return Person(url, register=False)


def bad(message: object) -> tuple[int, dict]:
    """How a refusal looks: business errors are a sentence, fields that are wrong a list of them."""
    return 400, {"statusCode": 400, "message": message, "error": "Bad Request"}


# Accounts


def test_registering_answers_with_an_id_and_without_the_password(stranger: Person) -> None:
    body = {"name": "Ana", "email": stranger.email, "password": PASSWORD, "avatar": "assets/images/x_front.png",
            "more": 1}
    status, answer = stranger.post("/auth/register", body)
    assert status == 200
    assert answer == {"_id": answer["_id"], "name": "Ana", "email": stranger.email,
                      "avatar": "assets/images/x_front.png", "__v": 0}
    assert len(answer["_id"]) == 24
    assert stranger.post("/auth/register", body) == bad("Já existe uma conta com o email informado")
    assert stranger.post("/auth/register", {**body, "email": stranger.email.upper()}) == bad(
        "Já existe uma conta com o email informado")


@pytest.mark.parametrize(("change", "messages"), [
    ({"name": "A"}, ["Nome informado não é válido"]),
    ({"name": None}, ["Nome informado não é válido"]),
    ({"email": "ana"}, ["Email informado não é válido"]),
    ({"email": 7}, ["Email informado não é válido"]),
    ({"avatar": 7}, ["Avatar informado não é válido"]),
    *[({"password": password}, [PASSWORD_RULE]) for password in
      ["", "Ab1", "Abc1234567890", "abc123$", "ABC123$", "Abcdefg", None, 1234]],
    ({"name": "", "email": "", "password": ""},
     ["Nome informado não é válido", "Email informado não é válido", PASSWORD_RULE]),
])
def test_registering_tells_all_that_is_wrong_at_once(stranger: Person, change: dict, messages: list[str]) -> None:
    body = {"name": "Ana", "email": stranger.email, "password": PASSWORD, "avatar": "avatar_01", **change}
    assert stranger.post("/auth/register", body) == bad(messages)


@pytest.mark.parametrize("password", ["Abc1", "Abc$", "Abcdefghijk1", "aB c"])
def test_a_digit_or_a_special_character_will_do(stranger: Person, password: str) -> None:
    status, _ = stranger.post(
        "/auth/register", {"name": "Al", "email": stranger.email, "password": password, "avatar": ""})
    assert status == 200
    assert stranger.post("/auth/login", {"login": stranger.email, "password": password})[0] == 200


def test_logging_in_gives_a_token_that_ends(ana: Person) -> None:
    status, answer = ana.post("/auth/login", {"login": ana.email, "password": PASSWORD})
    assert status == 200
    assert answer == {"email": ana.email, "name": "Ana", "token": answer["token"]}
    header, claims, _ = answer["token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "HS256"
    claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert claims["email"] == ana.email and claims["sub"] == ana.id and claims["exp"] > claims["iat"]


def test_logging_in_refuses_in_the_words_of_the_course(ana: Person) -> None:
    wrong = bad("E-mail e/ou senha não encontrados.")
    assert ana.post("/auth/login", {"login": ana.email, "password": "Wrong1$"}) == wrong
    assert ana.post("/auth/login", {"login": "nobody@example.org", "password": PASSWORD}) == wrong
    assert ana.post("/auth/login", {}) == bad(["Login informado não é válido", "Senha informada não é válida"])
    assert ana.post("/auth/login", {"login": ana.email, "password": 7}) == bad(["Senha informada não é válida"])
    assert ana.post("/auth/login", b"{")[0] == 400


def test_guessing_a_password_is_slowed_down(url: str) -> None:
    victim = Person(url, "Victim")
    statuses = [victim.post("/auth/login", {"login": victim.email, "password": "Wrong1$"})[0] for _ in range(12)]
    assert statuses == [400] * 10 + [429] * 2


def test_without_a_good_token_nothing_is_told(ana: Person, stranger: Person) -> None:
    unauthorized = 401, {"statusCode": 401, "message": "Unauthorized"}
    header, claims, signature = ana.token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for token in ["", "x", f"{none}.{claims}.", f"{header}.{claims}.AAAA", f"{header}.{claims}.{signature}x"]:
        stranger.token = token
        for method, path in [("GET", "/user"), ("PUT", "/user"), ("GET", "/meet"), ("POST", "/meet"),
                             ("GET", "/meet/x"), ("PUT", "/meet/x"), ("DELETE", "/meet/x"),
                             ("GET", "/meet/objects/x"), ("GET", "/room/abc-defg-hij")]:
            assert stranger.request(method, path, {} if method in ("PUT", "POST") else None) == unauthorized


def test_the_profile_can_be_read_and_changed(ana: Person) -> None:
    assert ana.get("/user") == (200, {"name": "Ana", "email": ana.email, "avatar": "avatar_07", "id": ana.id})
    assert ana.put("/user/", {"name": "Ana Maria", "avatar": "avatar_02_front"}) == (200, None)
    assert ana.get("/user") == (
        200, {"name": "Ana Maria", "email": ana.email, "avatar": "avatar_02_front", "id": ana.id})
    assert ana.put("/user", {"name": "A", "avatar": 7}) == bad(
        ["Nome informado não é válido", "Avatar informado não é válido"])


def test_the_token_of_a_deleted_account_is_nobodys(speaker: DialectServer, ana: Person) -> None:
    subprocess.run([PROGRAM, "user", "remove", ana.email, "--data", speaker.data], check=True, capture_output=True)
    assert ana.get("/user") == bad("Usuário não encontrado")
    assert ana.post("/auth/login", {"login": ana.email, "password": PASSWORD}) == bad(
        "E-mail e/ou senha não encontrados.")


def test_a_picture_need_not_be_chosen(stranger: Person) -> None:
    body = {"name": "Ana", "email": stranger.email, "password": PASSWORD}
    assert stranger.post("/auth/register", body)[1]["avatar"] == ""
    stranger.token = stranger.post("/auth/login", {"login": stranger.email, "password": PASSWORD})[1]["token"]
    assert stranger.put("/user", {"name": "Ana", "avatar": "avatar_03"}) == (200, None)
    assert stranger.put("/user", {"name": "Anna"}) == (200, None)
    assert stranger.get("/user")[1]["avatar"] == "avatar_03"


# Meetings


def test_meetings_are_made_listed_read_and_deleted(ana: Person) -> None:
    assert ana.get("/meet") == (200, [])
    meeting = ana.new_meeting("Daily")
    assert meeting == {"id": meeting["id"], "name": "Daily", "color": PALETTE, "link": meeting["link"]}
    assert [len(part) for part in meeting["link"].split("-")] == [3, 4, 3]
    assert ana.get(f"/meet/{meeting['id']}") == (200, {
        "_id": meeting["id"], "user": ana.id, "name": "Daily", "color": PALETTE, "link": meeting["link"], "__v": 0})
    assert ana.request("DELETE", f"/meet/{meeting['id']}") == (200, None)
    assert ana.request("DELETE", f"/meet/{meeting['id']}") == (200, None)
    assert ana.get(f"/meet/{meeting['id']}") == (200, None)
    assert ana.get("/meet") == (200, [])
    assert ana.get(f"/room/{meeting['link']}") == bad("Link informado não é válido")


@pytest.mark.parametrize(("body", "messages"), [
    ({"name": "D", "color": PALETTE}, ["Nome da reunião inválido"]),
    ({"name": "Daily", "color": "red"}, ["Cor da reunião inválido, precisa ser um hexadecimal"]),
    ({"name": "Daily", "color": "#8250C4;background:url(//evil.example)"},
     ["Cor da reunião inválido, precisa ser um hexadecimal"]),
    ({}, ["Nome da reunião inválido", "Cor da reunião inválido, precisa ser um hexadecimal"]),
    ({"name": "x" * 129, "color": "#abc"}, ["Nome da reunião inválido"]),
])
def test_a_meeting_needs_a_name_and_a_color(ana: Person, body: dict, messages: list[str]) -> None:
    assert ana.post("/meet", body) == bad(messages)
    meeting = ana.new_meeting()
    assert ana.put(f"/meet/{meeting['id']}", body) == bad(messages)


@pytest.mark.parametrize("spelling", ["zindex", "zIndex"])
def test_the_editor_replaces_all_objects(ana: Person, spelling: str) -> None:
    meeting = ana.new_meeting()
    path = f"/meet/{meeting['id']}"

    def item(name: str, x: int) -> dict:
        # As the editors send it, with all that they keep besides.
        return {"_id": 3, "type": "chair", "name": name, "x": x, "y": 8, spelling: 2, "orientation": "",
                "selectMultiple": False, "flexStart": True, "canRotate": True, "meet": "x", "__v": 9,
                "walkable": True}

    for names in (["wall_01", "chair_02", "couch_03"], ["rug_01"], []):
        objects = [item(name, x) for x, name in enumerate(names)]
        assert ana.put(path, {"name": "Room", "color": "#abc", "objects": objects}) == (200, None)
        status, told = ana.get(f"/meet/objects/{meeting['id']}")
        assert status == 200
        assert told == [
            {"_id": entry["_id"], "meet": meeting["id"], "name": name, "x": x, "y": 8, "zIndex": 2, "zindex": 2,
             "orientation": "", "__v": 0}
            for (x, name), entry in zip(enumerate(names), told, strict=True)]
        assert len({entry["_id"] for entry in told}) == len(names)
        assert ana.get(f"/room/{meeting['link']}") == (
            200, {"link": meeting["link"], "name": "Room", "color": "#abc", "objects": told})
    assert ana.put(path, {"name": "Renamed", "color": "#abcdef", "objects": []}) == (200, None)
    assert ana.get("/meet")[1][0]["name"] == "Renamed"


@pytest.mark.parametrize(("change", "message"), [
    ({"name": ""}, "Nome do objeto inválido"), ({"name": 7}, "Nome do objeto inválido"),
    ({"x": 9}, "Eixo x e y do objeto deve ser entre 0 e 8"), ({"y": -1}, "Eixo x e y do objeto deve ser entre 0 e 8"),
    ({"x": "1"}, "Eixo x e y do objeto deve ser entre 0 e 8"),
    ({"zIndex": None}, "Zindex inválido"), ({"zIndex": "2"}, "Zindex inválido"),
    ({"orientation": None}, "Orientação inválida"), ({"orientation": 4}, "Orientação inválida"),
])
def test_objects_that_are_none_are_refused_and_none_is_kept(ana: Person, change: dict, message: str) -> None:
    meeting = ana.new_meeting()
    good = {"name": "chair_01", "x": 1, "y": 1, "zIndex": 1, "orientation": "front"}
    body = {"name": "Changed", "color": "#abc", "objects": [good, {**good, **change}, {**good, **change}]}
    assert ana.put(f"/meet/{meeting['id']}", body) == bad([message])
    assert ana.get(f"/meet/objects/{meeting['id']}") == (200, [])
    assert ana.get("/meet")[1][0]["name"] == "Daily"


def test_meetings_are_their_owners(ana: Person, url: str) -> None:
    eve = Person(url, "Eve")
    meeting = ana.new_meeting()
    path = f"/meet/{meeting['id']}"
    ana.put(path, {"name": "Mine", "color": "#abc", "objects": [
        {"name": "chair_01", "x": 1, "y": 1, "zIndex": 1, "orientation": "front"}]})
    assert eve.get("/meet") == (200, [])
    assert eve.get(path) == (200, None)
    assert eve.get(f"/meet/objects/{meeting['id']}") == (200, [])
    assert eve.put(path, {"name": "Theirs", "color": "#000", "objects": []}) == bad("Reunião não encontrada")
    assert eve.request("DELETE", path) == (200, None)
    assert ana.get(path)[1]["name"] == "Mine"
    # But whoever has its link may see the room.
    status, room = eve.get(f"/room/{meeting['link']}")
    assert status == 200 and len(room["objects"]) == 1


@pytest.mark.parametrize("name", ["zzz-zzzz-zzz", "x", "ABC-DEFG-HIJ", "%2e%2e", "0" * 24])
def test_links_and_ids_that_are_none(ana: Person, name: str) -> None:
    assert ana.get(f"/room/{name}") == bad("Link informado não é válido")
    assert ana.get(f"/meet/{name}") == (200, None)
    assert ana.put(f"/meet/{name}", {"name": "Daily", "color": "#abc", "objects": []}) == bad("Reunião não encontrada")
    assert ana.request("DELETE", f"/meet/{name}") == (200, None)


def test_a_meeting_is_one_of_parley_too(speaker: DialectServer, ana: Person) -> None:
    link = ana.new_meeting()["link"]
    status, meeting = speaker.request("GET", f"/api/v1/meetings/{link}")
    assert status == 200 and meeting["meeting"] == link
    code = speaker.new_meeting()
    assert ana.get(f"/room/{code}") == (200, {"link": code, "name": code, "color": "#8250C4", "objects": []})


def test_pages_of_any_origin_may_ask(url: str) -> None:
    request = urllib.request.Request(
        f"{url}/api/user", method="OPTIONS",
        headers={"Origin": "http://localhost:4200", "Access-Control-Request-Method": "PUT",
                 "Access-Control-Request-Headers": "authorization,content-type"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_who_may_not_make_meetings_may_not_register(tmp_path) -> None:
    for server in speaking(tmp_path, "devameet-closed", "devameet", arguments=("--set", "rooms.creation=host")):
        person = Person(server.url("devameet"), register=False)
        status, answer = person.post(
            "/auth/register", {"name": "Ana", "email": person.email, "password": PASSWORD, "avatar": "avatar_01"})
        assert status == 403 and answer["error"] == "Forbidden"
