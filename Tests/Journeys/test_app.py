# SPDX-License-Identifier: Apache-2.0
"""Parley as an installed app: what its manifest says, and what is shown where the server cannot be reached."""

import pytest
from playwright.sync_api import expect

from conftest import Arrive
from server import Server

# The worker has taken over, and keeps what it shows without the server.
READY = """async () => {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error("there is no worker")), 20_000));
  await Promise.race([late, navigator.serviceWorker.ready]);
  while (!navigator.serviceWorker.controller) await Promise.race([late, new Promise((done) => setTimeout(done, 50))]);
  const names = await caches.keys();
  return (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat();
}"""


def test_what_is_installed_is_all_there(arrive: Arrive, server: Server):
    ana = arrive("Ana")
    ana.page.goto(ana.origin)
    manifest = ana.page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert manifest["display"] == "standalone" and manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        width = ana.page.evaluate("""async (src) => {
          const image = Object.assign(new Image(), { src });
          await image.decode();
          return image.naturalWidth;
        }""", icon["src"])
        assert icon["sizes"] == "any" or icon["sizes"] == f"{width}x{width}"


def test_nothing_but_the_page_without_a_server_is_kept(arrive: Arrive, server: Server, meeting: str):
    ana = arrive("Ana", "trusting")
    ana.page.goto(ana.origin)
    kept = ana.page.evaluate(READY)
    assert "/offline" in kept
    assert all(path == "/offline" or path.startswith("/assets/") or path == "/favicon.svg" for path in kept)
    # With the worker in charge every page is still the server's own.
    ana.open(meeting)
    assert ana.page.evaluate("performance.getEntriesByType('navigation')[0].transferSize") > 0
    expect(ana.page.get_by_label("Your name")).to_be_visible()
    assert sorted(ana.page.evaluate(READY)) == sorted(kept)


def test_a_page_without_a_server_says_so_and_goes_on_by_itself(arrive: Arrive, fragile_server: Server):
    ana = arrive("Ana", "trusting", server=fragile_server)
    ana.page.goto(ana.origin)
    ana.page.evaluate(READY)
    fragile_server.kill()
    ana.page.reload()
    expect(ana.page.get_by_role("heading", name="The server does not answer")).to_be_visible()
    ana.page.get_by_role("button", name="Try again").press("Enter")
    expect(ana.page.get_by_role("heading", name="The server does not answer")).to_be_visible()
    fragile_server.start()
    expect(ana.page.get_by_role("button", name="Start a meeting")).to_be_visible()


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_the_offer_to_install_is_a_button(arrive: Arrive, server: Server, engine: str):
    ana = arrive("Ana", engine)
    page = ana.page
    page.goto(ana.origin)
    expect(page.get_by_role("button", name="Start a meeting")).to_be_visible()
    button = page.get_by_role("button", name="Install as an app")
    expect(button).to_have_count(0)
    # Browsers make the offer only where they trust the certificate.
    page.evaluate("""() => {
      const offer = new Event("beforeinstallprompt", { cancelable: true });
      offer.prompt = async () => { window.prompted = true; return { outcome: "accepted" }; };
      dispatchEvent(offer);
    }""")
    button.press("Enter")
    page.wait_for_function("window.prompted")
    expect(button).to_have_count(0)
