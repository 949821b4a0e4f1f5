"""The wallboard brings its own font, and fits whatever font it is given instead."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from selenium.common.exceptions import WebDriverException

from tests.browser.conftest import ON_A_PHONE, ON_A_WALL
from tests.browser.wall import TARGETS, a_lead
from tests.unit.agents.pages.conftest import MINUTE, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import MakeSite, Wall

# What a machine may show it in: none of ours, and each wider than the one before.
FONTS = {
    "that of a bare Debian": "font-family: 'DejaVu Sans', sans-serif !important",
    "all letters as wide": "font-family: monospace !important",
    "wider than any": "font-family: 'DejaVu Sans', sans-serif !important; letter-spacing: 0.07em !important",
}
NAME = '"}{<script>document.title="!"</script><img src=x onerror=alert(1)>'
CUT_OFF = """
const cut = (e) => e.scrollWidth > e.clientWidth + 1;
const low = (e) => e.scrollHeight > e.clientHeight + 1;
return [
  ...[...document.querySelectorAll("#six .value, #six .line, #six .target, #bands li, #parts td")].filter(cut),
  ...[...document.querySelectorAll(arguments[0])].filter((e) => cut(e) || low(e)),
].map((e) => e.textContent);
"""
SPILLED = """
return [...document.querySelectorAll("header, .alarm:not([hidden]), .tile, #waiting")].flatMap((box) => {
  const most = Math.min(innerWidth, box.getBoundingClientRect().right) + 1;
  const shown = [...box.querySelectorAll("*")].filter((e) => !e.closest(".spark"));
  return shown.filter((e) => e.getBoundingClientRect().right > most).map((e) => e.textContent);
});
"""


@pytest.fixture
def styled(wall: Wall) -> Iterator[Any]:
    """Has every page opened from then on begin with a style of the test's."""
    made: list[str] = []

    def style(css: str) -> None:
        source = f"const s = new CSSStyleSheet(); s.replaceSync(`{css}`); document.adoptedStyleSheets = [s];"
        made.append(wall.cdp("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"])

    yield style
    for identifier in made:
        wall.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=identifier)


@pytest.mark.parametrize("size", [ON_A_WALL, ON_A_PHONE], ids=["wall", "phone"])
@pytest.mark.parametrize("font", FONTS)
def test_no_font_cuts_a_number_or_widens_the_page(
    font: str, size: tuple[int, int], floor_site: MakeSite, wall: Wall, styled: Any
) -> None:
    site = floor_site(targets=TARGETS)
    site.tell(a_lead("L7", NOW - 2 * 60 * MINUTE, campaign=NAME, rep=NAME, team=NAME))
    styled(f"* {{ {FONTS[font]} }}")
    title = "#six h2" if size == ON_A_WALL else "#six .none"  # on a phone a long name is cut after two lines
    for query in ("?lang=fr&warn=60&limit=60", "?lang=en&rotate=0&parts=rep", "?lang=fr&window=30d"):
        wall.open(site.url + query, size)
        wall.until(lambda: wall.all("#parts tbody td") and wall.all("#leads .lead"))
        wall.until(lambda: not wall.js(CUT_OFF, title))
        assert wall.js(SPILLED) == []
        assert wall.js("return document.documentElement.scrollWidth") <= size[0]
        assert wall.js("return document.fonts.check('1rem Wallboard')") is False, "the font of the test is not its own"


def shown_in(wall: Wall) -> dict[tuple[str, bool], int]:
    """Count the letters on the page by font, and whether it is one that the page brings."""
    for domain in ("DOM", "CSS"):
        wall.cdp(f"{domain}.enable")
    root = wall.cdp("DOM.getDocument")["root"]["nodeId"]
    counts: dict[tuple[str, bool], int] = {}
    for node in wall.cdp("DOM.querySelectorAll", nodeId=root, selector="body, body *")["nodeIds"]:
        with suppress(WebDriverException):  # the page has taken it away since
            for font in wall.cdp("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]:
                name = font["familyName"], font["isCustomFont"]
                counts[name] = counts.get(name, 0) + font["glyphCount"]
    return counts


@pytest.mark.parametrize("language", ["en", "fr"])
def test_all_that_it_says_is_in_the_font_that_it_brings(language: str, floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets=TARGETS)
    site.tell(a_lead("L7", NOW, campaign="Été à l\u2019œuvre, Łódź", rep="Zoë Müller"))
    wall.open(site.url + f"?lang={language}&warn=60&limit=60&simulated=1")
    wall.one("body").send_keys("s")
    wall.until(lambda: wall.one("#settings").is_displayed() and wall.all("#parts tbody td"))
    wall.until(lambda: wall.js("return document.fonts.status") == "loaded")
    wall.until(lambda: [custom for _, custom in shown_in(wall)] == [True])
    wall.cdp("DOM.disable")


def test_a_font_that_comes_late_or_never_leaves_the_numbers_whole(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets=TARGETS)
    wall.cdp("Network.enable")
    wall.cdp("Network.setBlockedURLs", urls=["*.woff2"])
    try:
        wall.open(site.url + "?lang=fr")
        wall.until(lambda: wall.all("#parts tbody td") and not wall.js(CUT_OFF, "#six h2"))
        assert wall.js("return [...document.fonts].map((font) => font.status)") != ["loaded"]
        assert wall.js("return document.documentElement.scrollWidth") <= ON_A_WALL[0]
    finally:
        wall.cdp("Network.setBlockedURLs", urls=[])
        wall.cdp("Network.disable")


def test_what_has_shrunk_grows_again_when_there_is_room(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets=TARGETS)
    size = "return parseFloat(getComputedStyle(document.querySelector('[data-kpi=cost_per_lead] .value')).fontSize)"
    wall.open(site.url + "?lang=fr")
    wall.until(lambda: wall.js("return document.fonts.status") == "loaded")
    whole = wall.until(lambda: wall.js(size))
    wall.js("window.wide = new CSSStyleSheet(); wide.replaceSync('.value { letter-spacing: 0.3em !important }')")
    wall.js("document.adoptedStyleSheets = [wide]; document.fonts.dispatchEvent(new Event('loadingdone'))")
    wall.until(lambda: wall.js(size) < whole)
    wall.js("document.adoptedStyleSheets = []; document.fonts.dispatchEvent(new Event('loadingdone'))")
    wall.until(lambda: wall.js(size) == whole)
