"""The wallboard in a real Chromium: what it shows, when it changes, and what cannot be overlooked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.conftest import ON_A_TABLET
from tests.browser.wall import TARGETS, a_call, a_lead
from tests.unit.agents.pages.conftest import MINUTE, NOW

if TYPE_CHECKING:
    from tests.browser.conftest import MakeSite, Wall


def test_the_six_are_shown_with_value_target_trend_and_window(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site(targets=TARGETS).url)
    assert [one.get_attribute("data-kpi") for one in wall.all("#six .tile")] == [
        "contact_rate",
        "lead_response_within_1h_attempt_business",
        "follow_up_rate",
        "conversion_rate",
        "cost_per_lead",
        "loss_rate",
    ]
    assert wall.value("contact_rate") == "50.0%"
    assert wall.value("cost_per_lead") == "€100.00"
    assert wall.value("loss_rate") == "No risk has ended yet"
    tile = wall.text('[data-kpi="contact_rate"]')
    assert "Target today\n≥ 52%" in tile
    assert "2 / 4" in tile
    assert "≤ €40" in wall.text('[data-kpi="cost_per_lead"]')
    wall.until(lambda: wall.one('[data-kpi="contact_rate"] .spark .line').get_attribute("d"))
    assert wall.text("#scope") == "Today\nwhole floor"


def test_a_verdict_is_a_colour_and_a_shape_by_the_direction_that_is_good(floor_site: MakeSite, wall: Wall) -> None:
    """Contact rate 50 % of 52 % is just off, cost 100 € of 40 € far off, loss rate has neither number nor verdict."""
    wall.open(floor_site(targets=TARGETS).url)
    expected = {
        "contact_rate": "close",
        "cost_per_lead": "bad",
        "lead_response_within_1h_attempt_business": "good",
        "loss_rate": "open",
    }
    colours = set()
    for kpi, state in expected.items():
        tile = wall.one(f'[data-kpi="{kpi}"]')
        assert state in str(tile.get_attribute("class")).split()
        if state == "open":
            continue  # without a target there is no sign of one
        shape = wall.one(f'[data-kpi="{kpi}"] p.line .shape')
        assert shape.get_attribute("data-shape") == state
        colours.add(shape.value_of_css_property("color"))
    assert len(colours) == 3
    assert "just off target" in str(wall.one('[data-kpi="contact_rate"]').get_attribute("aria-label"))


def test_a_target_that_says_nothing_is_no_verdict(floor_site: MakeSite, wall: Wall) -> None:
    """Neither way is better with occupancy; nobody has lost a customer; the settings refuse what no rate can be."""
    site = floor_site(targets={"occupancy": 0.8, "loss_rate": 0.0, "contact_rate": 1.0})
    wall.open(site.url + "?kpi=occupancy,loss_rate,contact_rate,answer_rate")
    states = [str(tile.get_attribute("class")) for tile in wall.all("#six .tile")]
    assert states == ["tile open", "tile open", "tile bad", "tile open"]
    assert [line.text for line in wall.all("#six p.line")] == [
        "Target today\n80%",
        "Target today\n≤ 0%",
        "Target today\n≥ 100%",
        "No target",
    ]


def test_a_lead_appears_turns_amber_and_red_and_goes_when_it_is_called(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(lead_limit_s_by_campaign={"Spring": 1500}, lead_warn_share=0.2)
    wall.open(site.url, ON_A_TABLET)
    wall.until(lambda: len(wall.all("#leads .lead")) == 1)
    site.tell(a_call("C80", "L3", NOW))
    wall.shows("#more", "Nobody is waiting")
    site.tell(a_lead("L7", NOW, rep="ada"))
    seven = '#leads [data-lead="L7"]'
    wall.until(lambda: wall.all(seven + ".good"))
    wall.until(lambda: "A new lead waits" in str(wall.one("#announcer").get_attribute("textContent")))
    site.wait(6 * MINUTE)
    wall.until(lambda: wall.all(seven + ".close"))
    assert wall.one(seven + " .shape").get_attribute("data-shape") == "close"
    assert not wall.one("#overdue").is_displayed()
    site.wait(20 * MINUTE)
    wall.until(lambda: wall.all(seven + ".bad"))
    banner = wall.one("#overdue")
    assert banner.is_displayed()
    assert "1 lead past its limit\nLimit 25 min of opening hours" in banner.text
    assert "Spring · L7 · ada" in banner.text
    assert wall.js("return getComputedStyle(document.querySelector('#overdue')).animationName") == "pulse"
    assert wall.js("return getComputedStyle(document.body, '::after').position") == "fixed"
    assert banner.size["width"] > 0.9 * ON_A_TABLET[0]
    site.tell(a_call("C81", "L7", NOW + 26 * MINUTE))
    wall.until(lambda: not wall.all("#leads .lead"))
    assert not wall.one("#overdue").is_displayed()
    assert wall.complaints() == []


def test_a_lead_grows_older_without_news(floor_site: MakeSite, wall: Wall) -> None:
    """L3 has waited for 20 min 0 s: with a limit two seconds beyond that, it is red in two seconds."""
    wall.open(floor_site(lead_limit_s=1202.0, lead_warn_share=1.0).url, ON_A_TABLET)
    wall.until(lambda: wall.all('[data-lead="L3"].bad'))


def test_a_number_changes_with_an_event(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    wall.open(site.url)
    assert wall.value("contact_rate") == "50.0%"
    site.tell(a_call("C90", "L1", NOW - MINUTE))
    wall.until(lambda: wall.value("contact_rate") == "60.0%")


def test_any_simulated_event_in_what_is_shown_brings_the_badge(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    wall.open(site.url + "?rotate=0")
    wall.shows("#state", "Live")
    assert not wall.one("#simulated").is_displayed()
    site.tell({**a_call("C95", "L1", NOW - MINUTE), "source": "simulated"})
    wall.until(lambda: wall.one("#simulated").is_displayed())
