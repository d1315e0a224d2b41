# SPDX-License-Identifier: Apache-2.0
"""A client of the REST API that believes the server's own description of it, and checks every answer against it."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field

import jsonschema

from server import ANY_CERTIFICATE, Server

PREFIX = "/api/v1"


@dataclass
class Answer:
    status: int
    headers: dict
    body: object

    @property
    def code(self) -> str:
        """The stable name of an error."""
        return self.body["code"] if isinstance(self.body, dict) and "code" in self.body else ""

    def __getitem__(self, name: str) -> object:
        return self.body[name]


class Description:
    """`openapi.json`, and which of its operations have been tried."""

    def __init__(self, server: Server):
        status, self.document = server.request("GET", f"{PREFIX}/openapi.json")
        assert status == 200
        self.tried: set[str] = set()

    def operation(self, method: str, path: str) -> tuple[str, dict] | None:
        """The operation that a request is for; a path that is spelled out goes before one with names."""
        matches = []
        for template, item in self.document["paths"].items():
            pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/"))
            if re.fullmatch(pattern, path.partition("?")[0]):
                matches.append((template.count("{"), template, item))
        if not matches:
            return None
        _, template, item = min(matches, key=lambda match: match[0])
        operation = item.get(method.lower())
        return operation and (f"{method} {template}", operation)

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Whether the operation is described, and may be answered like this."""
        found = self.operation(method, path)
        if found is None:
            assert answer.code in ("no-such-route", "method-not-allowed"), f"{method} {path} is not described"
            return
        name, operation = found
        self.tried.add(name)
        described = operation["responses"].get(str(answer.status)) or operation["responses"]["default"]
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rpartition("/")[2]]
            assert answer.status >= 400, f"{name} is not said to answer {answer.status}"
        content = described.get("content")
        if content is None:
            assert answer.body is None, f"{name} is said to answer nothing"
            return
        kind = answer.headers["content-type"]
        assert kind in content, f"{name} answered {answer.status} with {kind}"
        if kind.endswith("json"):
            schema = {**content[kind]["schema"], "components": self.document["components"]}
            jsonschema.Draft202012Validator(schema).validate(answer.body)


@dataclass
class Client:
    """A browser (cookies, pages of this server) or a program (a bearer token)."""

    server: Server
    description: Description
    token: str | None = None
    cookies: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Sends what a page of the server sends, and `headers` (`Sec_Fetch_Site="none"`); empty leaves one out."""
        sent = {"Content-Type": "application/json"}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        else:
            sent |= {"Origin": self.server.origin, "X-Parley-CSRF": "1"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.server.origin + PREFIX + path, method=method,
            data=None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={name: value for name, value in sent.items() if value})
        answer = self.send(request)
        self.description.check(method, path, answer)
        return answer

    def send(self, request: urllib.request.Request) -> Answer:
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=ANY_CERTIFICATE),
            urllib.request.HTTPCookieProcessor(self.cookies), KeepRedirects())
        try:
            response = opener.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            content = response.read()
        headers = {name.lower(): value for name, value in response.headers.items()}
        is_json = headers.get("content-type", "").endswith("json")
        body = (json.loads(content) if is_json else content) if content else None
        return Answer(response.status, headers, body)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: object, **headers: str) -> Answer:
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.ask("DELETE", path, **headers)

    def open_host_link(self) -> None:
        answer = self.send(urllib.request.Request(self.server.host_link()))
        assert answer.status == 303, answer

    def sign_in(self, email: str, password: str) -> Answer:
        return self.post("/session", {"email": email, "password": password})

    @property
    def cookie_text(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)


class KeepRedirects(urllib.request.HTTPRedirectHandler):
    """Where an answer leads is for the test to see."""

    def redirect_request(self, *_: object) -> None:
        return None
