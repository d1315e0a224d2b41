# SPDX-License-Identifier: Apache-2.0
"""A server for programs, its first administrator, and whoever else a test needs."""

import time
from collections.abc import Callable, Iterator

import pytest

from api_client import Client, Description
from server import Server

PASSWORD = "a quiet lake"


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("api"), "api", "--tls", "off")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def description(server: Server) -> Description:
    return Description(server)


@pytest.fixture(scope="module")
def root(server: Server, description: Description) -> Client:
    """The first administrator, made by whoever opened the host link."""
    host = Client(server, description)
    assert host.get("/session").body == {"user": None, "host": False, "needsAdmin": False}
    host.open_host_link()
    assert host.get("/session").body == {"user": None, "host": True, "needsAdmin": True}
    new = {"email": "root@example.org", "name": "Root", "password": PASSWORD, "role": "admin"}
    assert host.post("/users", new).status == 201
    assert not host.get("/session")["needsAdmin"]
    root = Client(server, description)
    answer = root.sign_in("root@example.org", PASSWORD)
    assert answer["user"]["role"] == "admin" and answer["host"]
    return root


@pytest.fixture
def visitor(server: Server, description: Description) -> Callable[[], Client]:
    return lambda: Client(server, description)


@pytest.fixture
def member(root: Client, visitor: Callable[[], Client]) -> Callable[..., Client]:
    """Somebody with an account, signed in."""

    def make(name: str, role: str = "host") -> Client:
        email = f"{name}-{now()}@example.org"
        user = root.post("/users", {"email": email, "name": name, "password": PASSWORD, "role": role})
        assert user.status == 201
        client = visitor()
        assert client.sign_in(email, PASSWORD).status == 200
        client.user = user.body
        return client

    return make


def token_of(client: Client) -> str:
    answer = client.post("/tokens", {"email": client.user["email"], "password": PASSWORD, "lifetime": 60})
    assert answer.status == 200
    return answer["token"]
