# SPDX-License-Identifier: Apache-2.0
"""Somebody's line to the server, to be cut and mended, in any browser and without the right to change networks."""

import re

from playwright.sync_api import WebSocketRoute

from person import Person

# What Chromium tells its pages by itself, and Firefox does when a cable is pulled, but not when it is told to be offline.
IS_ONLINE = """(online) => {
  if (navigator.onLine === online) return;
  Object.defineProperty(navigator, "onLine", { configurable: true, get: () => online });
  window.dispatchEvent(new Event(online ? "online" : "offline"));
}"""


class Line:
    """To be made before the person joins."""

    def __init__(self, person: Person):
        self.person = person
        self.sockets: list[WebSocketRoute] = []
        self.is_cut = False
        person.page.route_web_socket(re.compile("/socket.io/"), self._opened)

    def _opened(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        # One that is opened meanwhile leads nowhere: Firefox lets WebSockets through where it is offline.
        if not self.is_cut:
            socket.connect_to_server()

    def cut(self) -> None:
        """As when the cable is pulled: the browser notices, and nothing gets through."""
        self.is_cut = True
        self.person.context.set_offline(True)
        self.person.page.evaluate(IS_ONLINE, False)
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

    def mend(self) -> None:
        self.is_cut = False
        self.person.context.set_offline(False)
        self.person.page.evaluate(IS_ONLINE, True)
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()
