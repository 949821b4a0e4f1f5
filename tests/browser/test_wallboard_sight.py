"""Who can read a wallboard: from afar, on a phone, without colours, motion, a mouse, or sight."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.browser.conftest import ON_A_PHONE
from tests.browser.wall import TARGETS

if TYPE_CHECKING:
    from tests.browser.conftest import MakeSite, Wall


def test_whoever_wants_no_motion_gets_none_and_still_sees_the_alarm(floor_site: MakeSite, wall: Wall) -> None:
    wall.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    wall.open(floor_site(lead_limit_s=60.0).url)
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


def test_it_is_usable_on_a_phone(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site(targets=TARGETS, lead_limit_s=60.0).url + "?view=kpis,leads,campaign,team,rep", ON_A_PHONE)
    wall.until(lambda: len(wall.all("#panels .part")) == 3)
    assert wall.js("return document.documentElement.scrollWidth") == ON_A_PHONE[0]
    wall.js("scrollTo(0, document.body.scrollHeight)")
    assert wall.one("#overdue").is_displayed()
    assert wall.js("return document.querySelector('#overdue').getBoundingClientRect().top") >= 0, "it stays in sight"


def test_it_can_be_read_and_used_without_seeing_it_and_without_a_mouse(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site(targets=TARGETS).url)
    wall.until(lambda: wall.all("#six .tile .line b"))
    tree = wall.cdp("Accessibility.getFullAXTree")["nodes"]
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    assert next(name for role, name in told if role == "heading").startswith("Today")
    assert {"Contact rate", "Leads waiting", "Loss rate"} <= {name for role, name in told if role == "heading"}
    assert {"Previous page", "Next page", "Stop turning", "Settings", "Contact rate"} <= {
        name for role, name in told if role == "button"
    }
    assert any(role == "article" and name.startswith("Contact rate, 50.0%, just off target") for role, name in told)
    assert wall.js("return [...document.querySelectorAll('[aria-live]')].map((e) => e.ariaLive)") == ["polite"]
    wall.one("body").send_keys("\ue004")  # Tab
    assert wall.js("return document.activeElement.id") == "previous"
    assert wall.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
