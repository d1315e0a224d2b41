# SPDX-License-Identifier: Apache-2.0
"""Whoever comes and goes a hundred times finds the page as light as it was."""

from playwright.sync_api import expect

from conftest import Arrive

ROUNDS = 100

# Chromium keeps a stopped device's track for minutes, whatever the page does, but not a clone of one. So the devices
# are opened once, and what the page gets are clones.
OPEN_ONCE = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let devices;
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = await (devices ??= open({ audio: true, video: true }));
  return new MediaStream(stream.getTracks().filter(({ kind }) => wish[kind]).map((track) => track.clone()));
};
"""
# By then the code has been fetched and compiled, and caches are full.
WARM_UP = 20


def test_a_hundred_stays_leave_nothing_behind(arrive: Arrive, meeting: str):
    ana = arrive("Ana", scripts=[OPEN_ONCE])
    browser = ana.context.new_cdp_session(ana.page)
    browser.send("Performance.enable")
    ana.join(meeting)

    def stay() -> None:
        ana.leave()
        ana.page.get_by_role("button", name="Rejoin").click()
        ana.is_inside()

    def weigh() -> dict[str, float]:
        # Outside, so that no call is weighed, and without what the journey itself has kept.
        ana.leave()
        expect(ana.page.locator("parley-toasts .toast")).to_have_count(0)
        ana.page.evaluate("connections.length = 0")
        for _ in range(3):
            browser.send("HeapProfiler.collectGarbage")
        metrics = {each["name"]: each["value"] for each in browser.send("Performance.getMetrics")["metrics"]}
        ana.page.get_by_role("button", name="Rejoin").click()
        ana.is_inside()
        return metrics

    for _ in range(WARM_UP):
        stay()
    before = weigh()
    for _ in range(ROUNDS):
        stay()
    after = weigh()
    print({name: (before[name], after[name]) for name in ("JSEventListeners", "Nodes", "JSHeapUsedSize")})
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 2
    assert after["Nodes"] <= before["Nodes"] + 20
    # What compilers and inline caches keep grows a little by itself.
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.1 + 200_000
