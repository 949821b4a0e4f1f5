"""The wallboard while its link is lost, its floor recovers or a token is asked for; and whom it asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.browser.wall import NOTHING, TARGETS, a_call
from tests.unit.agents.pages.conftest import MINUTE, NOW

if TYPE_CHECKING:
    import pytest

    from tests.browser.conftest import MakeSite, Wall


FILTER = "return getComputedStyle(document.querySelector('#panels')).filter"


def test_a_lost_link_is_said_and_mends_itself(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    wall.open(site.url)
    wall.shows("#state", "Live")
    site.go()
    wall.shows("#link", "Ringboard cannot be reached · As of 12:00 · trying again by itself")
    assert wall.value("contact_rate") == "50.0%"
    assert "grayscale(1)" in wall.js(FILTER)
    site.floor.feed([a_call("C91", "L1", NOW - MINUTE)])
    site.come()
    wall.shows("#state", "Live")
    wall.until(lambda: wall.value("contact_rate") == "60.0%")
    assert not wall.one("#link").is_displayed()
    assert wall.js(FILTER) == "none"


def test_a_link_that_is_silent_is_said_to_be_and_opened_again(
    floor_site: MakeSite, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody closes the connection: only nothing comes. The page's clock is put on, instead of waiting."""
    site = floor_site()
    wall.open(site.url)
    wall.shows("#state", "Live")
    monkeypatch.setattr("agents.pages.streams.LEAST_PAUSE_S", 3600.0)
    wall.js(
        "const now = Date.now; let more = 0; Date.now = () => now() + more; window.later = (ms) => { more += ms; };"
    )
    site.do(lambda: None)
    wall.js("later(17000)")
    wall.shows("#link", "No news for 17")
    streams = "return performance.getEntriesByType('resource').filter((e) => e.name.includes('/stream')).length"
    opened = wall.js(streams)
    wall.js("later(30000)")
    wall.until(lambda: wall.js(streams) > opened or "cannot be reached" in wall.text("#link"))
    wall.shows("#state", "Live")


def test_while_the_floor_recovers_the_last_whole_numbers_stay_greyed(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    wall.open(site.url)
    site.do(lambda: site.engine.state_of.update({("events", 1): "recovering"}))
    wall.shows("#link", "As of 12:00 · being caught up · 25%")
    assert wall.value("contact_rate") == "50.0%"
    assert "old" in str(wall.one("body").get_attribute("class"))
    assert wall.text("#waiting-count") == NOTHING
    site.do(lambda: site.engine.state_of.update({("events", 1): "ready"}))
    wall.until(lambda: not wall.one("#link").is_displayed())
    assert "old" not in str(wall.one("body").get_attribute("class"))


def test_a_token_opens_the_wall_once_and_stays_out_of_the_address(floor_site: MakeSite, wall: Wall) -> None:
    shown = "the-token-of-the-tests"
    site = floor_site(api_token=shown)
    wall.open(site.url + f"?token={shown}&lang=fr")
    wall.shows("#state", "En direct")
    assert "token" not in wall.driver.current_url
    wall.until(lambda: wall.one('[data-kpi="contact_rate"] .spark .line').get_attribute("d"))
    wall.driver.delete_all_cookies()
    site.go()
    site.come()
    wall.shows("#link", "Le jeton n\u2019est plus valable")


def test_nothing_is_asked_of_anybody_else(floor_site: MakeSite, watched_wall: Wall) -> None:
    wall, site = watched_wall, floor_site(targets=TARGETS)
    wall.open(site.url)
    wall.until(lambda: wall.all("#six .tile .line b"))
    entries = [json.loads(e["message"])["message"] for e in wall.driver.get_log("performance")]  # type: ignore[no-untyped-call]
    asked = [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]
    assert any("/api/v1/history" in url for url in asked)
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []
    assert wall.complaints() == []
