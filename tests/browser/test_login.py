"""The wallboard of a worker that has tokens, as somebody sees it who has none yet, or a wrong one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from agents.pages import parameters, streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import FloorSite, Wall

    MakeSite = Callable[..., FloorSite]

TOKENS = {
    "hall": {"token": "the-token-of-the-hall", "scopes": ["wall"]},
    "spring": {"token": "the-token-of-spring", "scopes": ["wall"], "campaign": "Spring"},
}
HALL = TOKENS["hall"]["token"]
WORDS = {
    "en": ("This wallboard asks for a token", "That token does not open this page.", "Live"),
    "fr": ("Ce tableau demande un jeton", "Ce jeton n\u2019ouvre pas cette page.", "En direct"),
}


def give(wall: Wall, token: str) -> None:
    wall.one("#token").send_keys(token + Keys.ENTER)


@pytest.mark.parametrize("theme", ["dark", "light", "auto"])
@pytest.mark.parametrize("language", WORDS)
def test_the_page_asks_for_a_token_says_when_it_is_wrong_and_opens_the_wall(
    language: str, theme: str, floor_site: MakeSite, wall: Wall
) -> None:
    asks, wrong, live = WORDS[language]
    site = floor_site(tokens=TOKENS)
    wall.driver.get(f"{site.url}?lang={language}&theme={theme}&window=1h")
    assert wall.text("h1") == asks
    assert wall.js("return document.documentElement.lang") == language
    assert wall.js("return document.activeElement.id") == "token"
    assert not wall.one("#problem").is_displayed()
    _fits(wall)
    ground, text = (wall.js(f"return getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    assert ground != text
    assert (ground == "rgb(11, 14, 19)") is (theme == "dark" or (theme == "auto" and not _is_light(wall)))
    give(wall, "the-token-of-nobody")
    wall.shows("#problem", wrong)
    assert wall.text("h1") == asks
    give(wall, str(HALL))
    wall.shows("#state", live)
    assert "token" not in wall.driver.current_url
    assert f"lang={language}" in wall.driver.current_url
    wall.until(lambda: wall.one('[data-kpi="contact_rate"] .spark .line').get_attribute("d"))
    cookie = wall.driver.get_cookie("ringboard_token")
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    complaints = [one for one in wall.complaints() if "401" not in one]  # the pages that asked
    assert complaints == []
    wall.driver.delete_all_cookies()


def _fits(wall: Wall) -> None:
    """Nothing lies over anything else, or beyond its card."""
    parts = wall.js(
        "return [...document.querySelectorAll('main > *')].map((one) => one.getBoundingClientRect().toJSON())"
    )
    card = wall.js("return document.querySelector('main').getBoundingClientRect().toJSON()")
    shown = [one for one in parts if one["height"]]
    assert len(shown) == 4
    for above, below in pairwise(shown):
        assert above["bottom"] <= below["top"]
    assert all(card["left"] < one["left"] and one["right"] < card["right"] for one in shown)


def _is_light(wall: Wall) -> bool:
    return bool(wall.js("return matchMedia('(prefers-color-scheme: light)').matches"))


def test_the_wall_of_a_token_of_one_campaign_shows_that_one_with_its_trend(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(tokens=TOKENS)
    wall.driver.get(site.url)
    give(wall, str(TOKENS["spring"]["token"]))
    wall.shows("#scope", "Spring")
    wall.shows("#state", "Live")
    wall.until(lambda: wall.one('[data-kpi="contact_rate"] .spark .line').get_attribute("d"))
    wall.until(lambda: wall.value("contact_rate"))
    assert "Autumn" not in wall.text("body")
    wall.driver.delete_all_cookies()


def test_a_wall_beyond_the_most_says_so_and_comes_when_another_has_gone(
    floor_site: MakeSite, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_VIEWERS", 0)
    monkeypatch.setattr(parameters.BusyError, "retry_s", 1)
    site = floor_site()
    wall.driver.get(site.url)
    wall.shows("#link", "Too many wallboards are open")
    site.do(lambda: monkeypatch.setattr(streams, "MOST_VIEWERS", 10))
    site.go()
    site.come()
    wall.shows("#state", "Live")
    wall.until(lambda: not wall.one("#link").is_displayed())
