# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens: what they let programs do, and what no forger gets."""

import base64
import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from api_client import Client, Description
from api_fixtures import PASSWORD, description, member, root, server, token_of, visitor  # noqa: F401
from server import Server


def encoded(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decoded(part: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def openssl(*arguments: object) -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def test_a_token_does_what_its_account_may_without_a_page(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana")
    program = visitor()
    program.token = token_of(ana)
    assert program.get("/users/me")["id"] == ana.user["id"]
    meeting = program.post("/meetings", {"name": "Nightly"})
    assert meeting["owner"] == ana.user["id"]
    assert program.get("/users").code == "not-allowed"
    claims = decoded(program.token.split(".")[1])
    assert claims["exp"] - claims["iat"] == 60


def test_forged_tokens_are_nobodys(member: Callable[..., Client], visitor: Callable[[], Client]):
    ana = member("Ana", role="admin")
    header, payload, signature = token_of(ana).split(".")
    claims = decoded(payload)
    later = encoded({**claims, "exp": claims["exp"] + 86_400})
    secret = b"secret" * 8
    signed = hmac.digest(secret, f"{header}.{payload}".encode(), hashlib.sha256)
    forged = {
        "alg none": f"{encoded({'alg': 'none'})}.{payload}.",
        "alg None": f"{encoded({'alg': 'None'})}.{payload}.",
        "alg none, signature kept": f"{encoded({'alg': 'none'})}.{payload}.{signature}",
        "another alg": f"{encoded({'alg': 'EdDSA'})}.{payload}.{signature}",
        "no alg": f"{encoded({'typ': 'JWT'})}.{payload}.{signature}",
        "a key of its own": f"{encoded({'alg': 'HS256', 'jwk': {'kty': 'oct', 'k': encoded(secret)}})}.{payload}."
                            + encoded(signed),
        "a later end": f"{header}.{later}.{signature}",
        "another account": f"{header}.{encoded({**claims, 'sub': '0' * 24})}.{signature}",
        "no signature": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "padding": f"{header}.{payload}.{signature}=",
        "crit": f"{encoded({'alg': 'HS256', 'crit': ['exp']})}.{payload}.{signature}",
        "nothing": "",
        "much": "A" * 9000,
    }
    for name, token in forged.items():
        program = visitor()
        program.token = token
        answer = program.get("/users")
        assert (answer.status, answer.code) == (401, "invalid-token"), name


def test_a_token_lasts_a_minute_at_least_and_a_month_at_most(member: Callable[..., Client]):
    ana = member("Ana")
    for lifetime in (0, 59, -1, 30 * 86_400 + 1, "long"):
        answer = ana.post("/tokens", {"email": ana.user["email"], "password": PASSWORD, "lifetime": lifetime})
        assert answer.code == "invalid-request", lifetime


def test_a_token_dies_with_its_password_and_its_account(root: Client, member: Callable[..., Client],
                                                        visitor: Callable[[], Client]):
    for kill in ({"password": "another quiet lake"}, {"disabled": True}):
        ana = member("Ana")
        program = visitor()
        program.token = token_of(ana)
        assert program.get("/users/me").status == 200
        assert root.patch(f"/users/{ana.user['id']}", kill).status == 200
        assert program.get("/users/me").code == "invalid-token"
        assert ana.get("/users/me").code == "not-signed-in"


def test_tokens_of_an_issuer_named_by_the_operator_are_good(tmp_path: Path, description: Description):
    key, message = tmp_path / "key.pem", tmp_path / "message"
    openssl("genpkey", "-algorithm", "ed25519", "-out", key)
    public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:]
    file = tmp_path / "issuer.json"
    file.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": encoded(public)}]}))
    server = Server(tmp_path / "data", "api-issuer", "--tls", "off", "--set", f"api.keys={file}")
    server.start()
    try:
        host = Client(server, description)
        host.open_host_link()
        host.post("/users", {"email": "ana@example.org", "name": "Ana", "password": PASSWORD})
        soon = int(time.time()) + 600

        def ask(claims: dict, header: dict = {"alg": "EdDSA", "kid": "1"}) -> int:
            text = f"{encoded(header)}.{encoded(claims)}"
            message.write_text(text)
            signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message)
            token = f"{text}.{encoded(signature)}"
            return Client(server, description, token=token).get("/users/me").status

        good = {"sub": "ana@example.org", "aud": "parley", "exp": soon}
        assert ask(good) == 200
        for claims in ({"aud": "elsewhere"}, {"exp": soon - 3600}, {"nbf": soon}, {"sub": "eve@example.org"}):
            assert ask({**good, **claims}) == 401
        assert ask({name: good[name] for name in ("sub", "aud")}) == 401, "without an end"
        assert ask(good, {"alg": "ES256", "kid": "1"}) == 401
        assert ask(good, {"alg": "EdDSA", "kid": "2"}) == 401
    finally:
        server.stop()
