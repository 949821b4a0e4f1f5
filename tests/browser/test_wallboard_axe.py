"""Every view of the wallboard under axe-core: nothing in it keeps anybody from reading or using it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pytest

from stream.kpi.catalogue import THE_SIX
from tests.browser.conftest import ON_A_PHONE, ON_A_WALL
from tests.browser.looking import TURN, opened, settled, sized
from tests.browser.stub_worker import COHORTS, Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import FloorSite, Wall
    from tests.browser.stub_worker import StubWorker

AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN: Final = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then((found) => done(found.violations.map((one) =>
  `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.any.map((why) => why.message).join(" ")}`).join("; ")}`
)));
"""
GIVEN: Final = {
    "all kinds of KPIs, leads past their limit": Given(
        kpis=(*THE_SIX, *COHORTS[:3]), leads=20, late=3, parts="leads,campaign,team,rep"
    ),
    "nobody waits": Given(leads=0, parts="campaign"),
    "nothing yet": Given(state="nothing"),
    "an empty floor": Given(state="empty"),
    "the other views": Given(view="board,live,queues,due", reps=12, late=1),
    "the other views, with nothing in them": Given(view="board,live,queues,due", state="nothing"),
    "recovering": Given(state="recovered", leads=4, late=1),
    "gone": Given(state="gone", leads=4),
}


def violations(wall: Wall) -> list[str]:
    """Return what axe-core has to say against what is shown."""
    if not wall.js("return 'axe' in window"):
        wall.js(AXE + "; window.axe = axe;")
    found: list[str] = wall.driver.execute_async_script(RUN)
    return found


PAGES: Final = 6


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", GIVEN)
def test_axe_finds_nothing(name: str, language: str, theme: str, stub: StubWorker, wall: Wall) -> None:
    sized(wall, ON_A_WALL)
    opened(wall, stub, GIVEN[name], lang=language, theme=theme, simulated="1")
    found = {}
    places = set()
    for page in range(PAGES):
        if page:
            wall.js(TURN, "ArrowRight")
            settled(wall)
        places.add(place := wall.js("return document.querySelector('#panels').textContent.replace(/\\d/g, '')"))
        if len(places) > page and (wrong := violations(wall)):
            found[place[:80]] = wrong
    sized(wall, ON_A_PHONE)
    settled(wall)
    found["phone"] = violations(wall)
    wall.one("#open-settings").click()
    wall.until(lambda: wall.one("#settings").is_displayed())
    found["settings"] = violations(wall)
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_where_a_token_is_asked_for(
    language: str, theme: str, floor_site: Callable[..., FloorSite], wall: Wall
) -> None:
    site = floor_site(tokens={"hall": {"token": "the-token-of-the-hall", "scopes": ["wall"]}})
    for size in (ON_A_WALL, ON_A_PHONE):
        sized(wall, ON_A_WALL)
        wall.driver.get(f"{site.url}?lang={language}&theme={theme}")
        sized(wall, size)
        assert violations(wall) == []
        wall.one("#token").send_keys("the-token-of-nobody\ue007")
        wall.until(lambda: wall.one("#problem").is_displayed())
        assert violations(wall) == []


def test_axe_is_heard(stub: StubWorker, wall: Wall) -> None:
    sized(wall, ON_A_WALL)
    opened(wall, stub, Given())
    wall.js(
        "const s = new CSSStyleSheet(); s.replaceSync('.little { color: #444 }'); document.adoptedStyleSheets = [s]"
    )
    assert any(one.startswith("color-contrast") for one in violations(wall))
