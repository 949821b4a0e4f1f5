"""The wallboard brings its own font, and fits whatever font it is given instead."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from selenium.common.exceptions import WebDriverException

from tests.browser.conftest import ON_A_PHONE, ON_A_WALL
from tests.browser.looking import looked_at, opened, sized
from tests.browser.stub_worker import Given
from tests.browser.wall import TARGETS, a_lead
from tests.unit.agents.pages.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import MakeSite, Wall
    from tests.browser.stub_worker import StubWorker

# What a machine may show it in: none of ours, and each wider than the one before.
FONTS = {
    "that of a bare Debian": "font-family: 'DejaVu Sans', sans-serif !important",
    "all letters as wide": "font-family: monospace !important",
    "wider than any": "font-family: 'DejaVu Sans', sans-serif !important; letter-spacing: 0.07em !important",
}


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


@pytest.mark.parametrize("font", FONTS)
def test_it_holds_in_any_font(font: str, stub: StubWorker, wall: Wall, styled: Any) -> None:
    styled(f"* {{ {FONTS[font]} }}")
    sized(wall, ON_A_WALL)
    opened(wall, stub, Given(leads=20, late=2, large=True), lang="fr")
    assert looked_at(wall, (ON_A_WALL, ON_A_PHONE)) == {}
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
    site = floor_site(targets=TARGETS, lead_limit_s=60.0)
    site.tell(a_lead("L7", NOW, campaign="Été à l\u2019œuvre, Łódź", rep="Zoë Müller"))
    wall.open(site.url + f"?lang={language}&simulated=1")
    wall.one("body").send_keys("s")
    wall.until(lambda: wall.one("#settings").is_displayed())
    wall.until(lambda: wall.js("return document.fonts.status") == "loaded")
    wall.until(lambda: [custom for _, custom in shown_in(wall)] == [True])
    wall.cdp("DOM.disable")


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
