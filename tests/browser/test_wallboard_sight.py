"""Who can read a wallboard: from afar, on a phone, without colours, motion, a mouse, or sight."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import ON_A_PHONE, ON_A_WALL
from tests.browser.wall import TARGETS

if TYPE_CHECKING:
    from tests.browser.conftest import MakeSite, Wall


def test_whoever_wants_no_motion_gets_none_and_still_sees_the_alarm(floor_site: MakeSite, wall: Wall) -> None:
    wall.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    wall.open(floor_site().url + "?warn=60&limit=60")
    wall.until(lambda: wall.one("#overdue").is_displayed())
    assert wall.js("return document.getAnimations().length") == 0
    assert not wall.one("#pause").is_displayed(), "nothing turns by itself"


def test_colours_can_be_those_of_the_system(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site().url + "?theme=auto")
    ground = "return getComputedStyle(document.body).backgroundColor"
    seen = set()
    for scheme in ("light", "dark"):
        wall.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        wall.until(partial(wall.all, f'html[data-theme="{scheme}"]'))
        seen.add(wall.js(ground))
    assert len(seen) == 2


SIZES = """
const sizes = (css) => [...document.querySelectorAll(css)].map((e) => parseFloat(getComputedStyle(e).fontSize));
const size = (css) => Math.min(...sizes(css));
return [
  size("#six .value"),
  size("#six .parts, #six .line, #scope, #clock, .lead .age, .lead .about *, #parts tbody th, #parts tbody td"),
];
"""
CUT_OFF = """
return [...document.querySelectorAll("#six .value, #six .target")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent);
"""
OUTSIDE = """
return [...document.querySelectorAll(".tile, #waiting, .part, .alarm:not([hidden])")].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.right > innerWidth || box.bottom > innerHeight || e.scrollHeight > e.clientHeight + 2;
}).map((e) => e.className || e.id);
"""


@pytest.mark.parametrize(
    "query", ["?lang=en", "?lang=fr", "?lang=fr&warn=60&limit=60", "?lang=fr&window=30d&theme=light"]
)
def test_it_is_legible_from_afar_and_nothing_is_cut_off_on_a_wall(query: str, floor_site: MakeSite, wall: Wall) -> None:
    """
    An eye reads letters of 5 arc minutes, so of 7 mm from five metres, and with ease those of 10 mm.

    That is 16 pixels of a 55-inch screen, the capitals of a type of 24 px.
    """
    wall.open(floor_site(targets=TARGETS).url + query)
    wall.until(lambda: wall.all("#parts tbody td"))
    largest, least = wall.js(SIZES)
    assert largest >= 64
    assert least >= 24
    assert wall.js("return Math.max(document.documentElement.scrollHeight, document.body.scrollHeight)") <= ON_A_WALL[1]
    assert wall.js(CUT_OFF) == []
    assert wall.js(OUTSIDE) == []


def test_two_alarms_leave_room_for_the_rest(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets=TARGETS)
    wall.open(site.url + "?lang=fr&warn=60&limit=60")
    wall.until(lambda: wall.all("#parts tbody td") and wall.one("#overdue").is_displayed())
    site.do(lambda: site.engine.state_of.update({("spend", 0): "recovering"}))
    wall.shows("#link", "Reprise")
    assert wall.one("#overdue").is_displayed()
    wall.until(lambda: wall.js(OUTSIDE) == [])
    assert wall.js(CUT_OFF) == []


def test_it_is_usable_on_a_phone(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site(targets=TARGETS).url + "?limit=60&warn=60", ON_A_PHONE)
    wall.until(lambda: len(wall.all("#parts section")) == 3)
    assert wall.js("return document.documentElement.scrollWidth") == ON_A_PHONE[0]
    wall.js("scrollTo(0, document.body.scrollHeight)")
    assert wall.one("#overdue").is_displayed()
    assert wall.js("return document.querySelector('#overdue').getBoundingClientRect().top") >= 0, "it stays in sight"


def test_it_can_be_read_and_used_without_seeing_it_and_without_a_mouse(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site(targets=TARGETS).url)
    wall.until(lambda: wall.all("#parts tbody td"))
    tree = wall.cdp("Accessibility.getFullAXTree")["nodes"]
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    assert next(name for role, name in told if role == "heading").startswith("Today")
    assert {"Contact rate", "Leads waiting", "Loss rate"} <= {name for role, name in told if role == "heading"}
    assert {"Previous view", "Next view", "Stop turning", "Settings"} == {n for role, n in told if role == "button"}
    assert any(role == "article" and name.startswith("Contact rate, 50.0%, just off target") for role, name in told)
    assert wall.js("return [...document.querySelectorAll('[aria-live]')].map((e) => e.ariaLive)") == ["polite"]
    wall.one("body").send_keys("\ue004")  # Tab
    assert wall.js("return document.activeElement.id") == "previous"
    assert wall.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
