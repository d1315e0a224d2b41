# SPDX-License-Identifier: Apache-2.0
"""A professional with a booking page, and clients of theirs, without browsers."""

import http.cookies
import itertools
import subprocess
import time
import urllib.request

import pytest
import socketio

from dialects import Peer
from server import ANY_CERTIFICATE, PROGRAM, Server

PASSWORD = "correct horse battery"
CHECK_IN = {"camera": "ok", "microphone": "ok", "network": "good", "consent": True}
MINUTE = 60_000
numbers = itertools.count(1)


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


class Professional:
    """Somebody with an account on a server, signed in, with a booking page for all hours of all days."""

    def __init__(self, server: Server, name: str, zone: str = "UTC", **settings: object):
        self.server = server
        self.name = name
        self.email = f"p{next(numbers)}@example.com"
        command = [PROGRAM, "user", "add", self.email, "--name", name, "--role", "professional", "--title",
                   "Counsellor", "--zone", zone, "--data", server.data]
        subprocess.run([str(part) for part in command], input=PASSWORD + "\n", text=True, check=True, timeout=30,
                       stdout=subprocess.DEVNULL)
        self.cookie = self.sign_in()
        self.opened, self.invited = now(), 0
        self.slug = f"page-{next(numbers)}"
        hours = [{"weekday": day, "start": 0, "end": 1440} for day in range(1, 8)]
        self.settings = {"slug": self.slug, "open": True, "slotMinutes": 30, "leadMinutes": 0, "horizonDays": 14,
                         "intro": "Welcome", "consent": "", "availability": hours, **settings}
        status, answer = self("PUT", "/me/booking", self.settings)
        assert status == 200, answer

    def sign_in(self) -> str:
        request = urllib.request.Request(
            self.server.origin + "/api/v1/session", method="POST",
            data=b'{"email": "%s", "password": "%s"}' % (self.email.encode(), PASSWORD.encode()),
            headers={"Content-Type": "application/json", "Origin": self.server.origin, "X-Parley-CSRF": "1"})
        with urllib.request.urlopen(request, context=ANY_CERTIFICATE, timeout=10) as response:
            cookie = http.cookies.SimpleCookie(response.headers["Set-Cookie"])
        return f"parley_session={cookie['parley_session'].value}"

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Asks the REST interface as this professional."""
        headers = {"Cookie": self.cookie, "X-Parley-CSRF": "1"}
        return self.server.request(method, "/api/v1" + path, body, headers)

    def invite(self, name: str, start: int | None = None, **fields: object) -> dict:
        """Books for a client, at a time whose waiting room is open unless told otherwise."""
        self.invited += 1
        start = start or self.opened + (2 - self.invited) * 5 * MINUTE
        status, booked = self("POST", "/me/appointments", {"start": start, "name": name, "minutes": 5, **fields})
        assert status == 201, booked
        return booked

    def desk(self) -> "Page":
        """The dashboard in one more browser."""
        return Page(self.server, None, {"Cookie": self.cookie})


def refusal(server: Server, token: str | None, headers: dict | None = None) -> str:
    """Why a page does not get into the namespace."""
    told: list[object] = []
    client = socketio.Client(reconnection=False, ssl_verify=False)
    client.on("connect_error", told.append, namespace="/appointments")
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(server.origin, auth={"token": token} if token else {}, namespaces=["/appointments"],
                       transports=["polling"], headers=headers or {}, wait_timeout=10)
    client.disconnect()
    return told[0]["message"] if isinstance(told[0], dict) else str(told[0])


class Page(Peer):
    """A page in the namespace `/appointments`."""

    def __init__(self, server: Server, token: str | None, headers: dict | None = None):
        super().__init__(server.origin, {"token": token} if token else {}, namespace="/appointments", headers=headers)

    def shows(self, event: str, condition) -> dict:
        """The next whole state that meets a condition."""
        while True:
            (state,) = self.hears(event)
            if condition(state):
                return state

    def appointment(self, *states: str) -> dict:
        return self.shows("appointment", lambda view: view["state"] in states)

    def row(self, id: str, *states: str, **members: object) -> dict:
        """The next dashboard on which an appointment is as wanted; gives its row."""
        def wanted(board: dict) -> bool:
            row = next((row for row in board["appointments"] if row["id"] == id), None)
            return row is not None and row["state"] in states and members.items() <= row.items()
        board = self.shows("dashboard", wanted)
        return next(row for row in board["appointments"] if row["id"] == id)
