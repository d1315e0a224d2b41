# SPDX-License-Identifier: Apache-2.0
"""What is looked at on a screen: faults that axe-core finds, and whether everything fits and can be touched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

from server import RESULTS

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}

# Controls smaller than a finger, unless they are words in a text. On the smallest of phones a week of days is.
SMALL = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !(element.matches("a, .link") && element.closest("p, li, small")))
  .filter((element) => !(element.closest(".calendar td") && innerWidth < 360))
  .map((element) => ({ box: (element.closest("label") ?? element).getBoundingClientRect(), element }))
  .filter(({ box }) => box.width > 1 && box.height > 1 && (box.width < 43.5 || box.height < 43.5))
  .map(({ box, element }) =>
    `${element.getAttribute("aria-label") ?? element.textContent.trim()}: ${box.width} x ${box.height}`)"""

WIDTHS = "[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]"

# What a change of the window or of colours leads to has been drawn.
DRAWN = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const moving = Promise.allSettled(document.getAnimations().map((each) => each.finished));
  await Promise.race([moving, new Promise((done) => setTimeout(done, 1000))]);
}"""

# Controls of a call of which one covers a part of another, or a part of which lies outside.
COVERED = """() => {
  const all = [...document.querySelectorAll("#controls .round, #controls .split-menu")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".popover"))
    .map((element) => ({ name: element.getAttribute("aria-label"), box: element.getBoundingClientRect() }));
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const outside = ({ left, right, top, bottom }) => left < 0 || top < 0 || right > innerWidth + 1 || bottom > innerHeight + 1;
  return [
    ...all.filter(({ box }) => outside(box)).map(({ name }) => `${name} is not wholly on the screen`),
    ...all.flatMap((one, at) => all.slice(at + 1).filter(({ box }) => !apart(one.box, box))
      .map(({ name }) => `${one.name} and ${name} lie upon each other`)),
  ];
}"""

UPRIGHT = {"width": 390, "height": 844}
PHONE = {"viewport": UPRIGHT, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}

# A screen: its name, and the page that shows it at present.
Screen = tuple[str, Page]
Check = Callable[[Page], list[str]]


def faults_of(page: Page | Frame) -> list[str]:
    """What axe-core finds wrong."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("(rules) => axe.run(rules)", RULES)["violations"]
    return [f"{fault['id']}: {node['html']} {node['failureSummary']}" for fault in found for node in fault["nodes"]]


def cramped(page: Page) -> list[str]:
    """What has no room."""
    width, view = page.evaluate(WIDTHS)
    wide = [f"{width} pixels wide in a view of {view}"] if width > view else []
    return wide + page.evaluate(COVERED)


def misfits(page: Page) -> list[str]:
    """What has no room, or not enough for a finger."""
    return cramped(page) + page.evaluate(SMALL)


def fits(page: Page) -> None:
    assert misfits(page) == []


@dataclass
class Variant:
    """One way to see a screen, and what must be right about it then."""

    name: str
    check: Check
    colours: str = "dark"
    size: dict[str, int] | None = None


@dataclass
class Eye:
    """Sees each screen that it is led to in all its variants, on the page that is there anyway, and collects faults."""

    variants: list[Variant]
    faults: list[str] = field(default_factory=list)
    last: str = "the beginning"

    def follow(self, walk: Iterator[Screen]) -> None:
        try:
            for self.last, page in walk:
                self.look(page)
        except Exception as error:
            error.add_note("\n".join([f"The last screen was {self.last}. Faults until then:", *self.faults]))
            raise
        assert self.faults == [], "\n".join(["", *self.faults])

    def look(self, page: Page) -> None:
        size = page.viewport_size
        for variant in self.variants:
            page.emulate_media(color_scheme=variant.colours)
            if size != (variant.size or size):
                page.set_viewport_size(variant.size)
            page.evaluate(DRAWN)
            found = variant.check(page)
            if found:
                page.screenshot(path=RESULTS / f"{self.last}, {variant.name}.png")
            self.faults += [f"{self.last}, {variant.name}: {fault}" for fault in found]
            if page.viewport_size != size:
                page.set_viewport_size(size)
        page.evaluate(DRAWN)
