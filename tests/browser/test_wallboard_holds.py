"""The wallboard holds whatever it is given: nothing is cut, covers something, leaves its box, or is too small."""

from __future__ import annotations

import json
import urllib.request
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin

import pytest
from selenium.webdriver.common.keys import Keys

from stream.kpi.catalogue import THE_SIX
from tests.browser.conftest import ON_A_WALL
from tests.browser.looking import SIZES, faults, looked_at, opened, settled, sized
from tests.browser.stub_worker import CAMPAIGNS, COHORTS, LONGEST, REPS, TEAMS, Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import FloorSite, Wall
    from tests.browser.stub_worker import StubWorker


def longest(count: int) -> tuple[str, ...]:
    return LONGEST[:count]


def others(count: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*THE_SIX, *COHORTS, "occupancy", "leads_requested", *LONGEST)))[:count]


GIVEN: Final = {
    "the six, a quiet morning": Given(),
    "the six, leads past their limit": Given(leads=40, late=7),
    "one KPI, nobody waits, one campaign": Given(kpis=("cost_per_lead",), leads=0, campaigns=1, reps=1),
    "two KPIs of the longest names": Given(kpis=longest(2), late=1, leads=1),
    "three KPIs": Given(kpis=others(3), leads=2),
    "four of the longest names, large numbers": Given(
        kpis=longest(4), leads=1000, late=50, large=True, parts="leads,rep"
    ),
    "five KPIs": Given(kpis=others(5), leads=12, large=True),
    "seven KPIs": Given(kpis=others(7), leads=50, campaigns=40),
    "eight KPIs, cohorts among them": Given(kpis=(*COHORTS, *THE_SIX)[:8], leads=5),
    "nine KPIs of the longest names": Given(kpis=longest(9), leads=9, late=3),
    "twelve KPIs": Given(kpis=others(12), leads=1000, late=50, campaigns=40, reps=200, parts="rep,team"),
    "twelve of the longest names, large numbers": Given(
        kpis=longest(12), leads=300, campaigns=40, reps=200, large=True
    ),
    "nothing yet": Given(state="nothing"),
    "an empty floor": Given(state="empty"),
    "recovering, nothing before": Given(state="recovering", leads=20),
    "recovering, greyed, leads past their limit": Given(state="recovered", leads=20, late=4),
    "the worker is gone, leads past their limit": Given(leads=20, late=4, state="gone"),
    "reps ranked": Given(view="board", reps=60),
    "reps ranked, the longest name, long numbers, an alarm": Given(
        view="board", kpis=longest(1), reps=200, large=True, late=2, query={"order": "worst", "least": "22"}
    ),
    "a rep ranked": Given(view="board", reps=1),
    "teams ranked": Given(view="board", query={"names": "hidden"}),
    "reps by state": Given(view="live", reps=60),
    "reps by state, for long, an alarm": Given(view="live", reps=200, large=True, late=2),
    "a rep by state, of a campaign": Given(view="live", reps=1, query={"campaign": CAMPAIGNS[1]}),
    "reps by state, recovering": Given(view="live", state="recovering", reps=12),
    "queues": Given(view="queues"),
    "queues, long numbers, an alarm": Given(view="queues", queues=40, large=True, late=2, query={"team": TEAMS[1]}),
    "follow-ups due": Given(view="due", reps=60),
    "follow-ups due, long numbers, an alarm": Given(view="due", reps=12, large=True, late=2),
    "nothing in any view": Given(view="board,live,queues,due", state="nothing"),
    "of one campaign, team and rep": Given(query={"campaign": CAMPAIGNS[1], "team": TEAMS[1], "rep": REPS[0]}, late=2),
}


class Combination(NamedTuple):
    """What is looked at: what is given, how it is shown, and at which sizes."""

    name: str
    language: str
    theme: str
    sizes: list[tuple[int, int]]


COMBINATIONS: Final = [
    Combination(
        name, language, ("dark", "light")[n % 2], [SIZES[(4 * n + 2 * place) % len(SIZES)] for place in range(7)]
    )
    for n, (name, language) in enumerate(product(GIVEN, ("en", "fr")))
]


def test_the_combinations_are_many_and_have_every_size_in_both_languages() -> None:
    assert sum(len(sizes) for *_, sizes in COMBINATIONS) >= 200
    for language in ("en", "fr"):
        assert {size for _, one, _, sizes in COMBINATIONS for size in sizes if one == language} == set(SIZES)
    assert {theme for _, _, theme, _ in COMBINATIONS} == {"dark", "light"}


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda one: f"{one.name}, {one.language}")
def test_it_holds_whatever_it_is_given(combination: Combination, stub: StubWorker, wall: Wall) -> None:
    name, language, theme, sizes = combination
    sized(wall, ON_A_WALL)
    opened(wall, stub, GIVEN[name], lang=language, theme=theme, simulated="1" if language == "fr" else "0")
    assert looked_at(wall, sizes) == {}


@pytest.mark.parametrize("name", ["twelve of the longest names, large numbers", "the six, leads past their limit"])
def test_it_holds_without_its_own_font(name: str, stub: StubWorker, wall: Wall) -> None:
    wall.cdp("Network.enable")
    wall.cdp("Network.setBlockedURLs", urls=["*.woff2"])
    try:
        sized(wall, ON_A_WALL)
        opened(wall, stub, GIVEN[name], lang="fr")
        assert "loaded" not in wall.js("return [...document.fonts].map((font) => font.status)")
        assert looked_at(wall, SIZES) == {}
    finally:
        wall.cdp("Network.setBlockedURLs", urls=[])
        wall.cdp("Network.disable")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_that_asks_for_a_token_holds(language: str, floor_site: Callable[..., FloorSite], wall: Wall) -> None:
    site = floor_site(tokens={"hall": {"token": "the-token-of-the-hall", "scopes": ["wall"]}})
    sized(wall, ON_A_WALL)
    wall.driver.get(f"{site.url}?lang={language}")
    wall.one("#token").send_keys("the-token-of-nobody" + Keys.ENTER)
    wall.until(lambda: wall.text("#problem"))
    for size in SIZES:
        sized(wall, size)
        settled(wall)
        assert faults(wall, size, on_a_wall=False) == []


BROKEN: Final = {
    "cut": ".value { overflow: hidden; width: 1.5em }",
    "over each other": ".line { margin-top: -3em }",
    "out of its box": ".tile { overflow: visible !important } .tile h2 { white-space: nowrap; width: 60em }",
    "off the screen": "#panels { transform: translateX(10vw) }",
    "small": ".tile h2 { font-size: 2.9rem !important }",
    "higher than the screen": "body { height: 120dvh !important }",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_the_look_finds_what_is_broken(fault: str, stub: StubWorker, wall: Wall) -> None:
    size = (1920, 1080)
    sized(wall, size)
    opened(wall, stub, Given(leads=5), lang="en")
    settled(wall)
    assert faults(wall, size) == []
    wall.js(
        "const s = new CSSStyleSheet(); s.replaceSync(arguments[0]); document.adoptedStyleSheets = [s];", BROKEN[fault]
    )
    found = faults(wall, size)
    assert any(one.startswith(fault) for one in found), found


def test_the_stub_answers_as_a_worker_does(stub: StubWorker, floor_site: Callable[..., FloorSite]) -> None:
    """Whatever the page is shown here has the form of the API."""
    url = floor_site().url

    def ask(path: str) -> dict[str, Any]:
        with urllib.request.urlopen(url + path, timeout=20) as answer:  # noqa: S310  our own
            return dict(json.load(answer))

    stub.give(Given(leads=2))
    real, ours = ask("api/v1/kpis"), stub.kpis()
    assert ours.keys() == real.keys()
    for id_, kpi in real["kpis"].items():
        assert kpi.keys() <= {*ours["kpis"][id_], "distribution", "by_channel", "by_reason"}, id_
    real, ours = ask("api/v1/leads/waiting"), stub.waiting()
    assert ours.keys() == real.keys()
    assert ours["leads"][0].keys() == real["leads"][0].keys()


def test_the_stub_answers_on_what_goes_on_as_a_worker_does(
    stub: StubWorker, floor_site: Callable[..., FloorSite]
) -> None:
    url = floor_site().url

    def ask(path: str) -> dict[str, Any]:
        with urllib.request.urlopen(urljoin(url, path), timeout=20) as answer:  # noqa: S310  our own
            return dict(json.load(answer))

    stub.give(Given())
    for name in ("reps", "queues"):
        real, ours = ask(f"api/v1/{name}"), stub.live()[name]
        assert ours.keys() == real.keys()
        assert ours[name][1].keys() == real[name][0].keys()
    assert ask(f"{stub.url}api/v1/follow-ups/due?limit=0&reps=9").keys() == ask("api/v1/follow-ups/due").keys() - {
        "filters", "band", "offset"
    }  # fmt: skip
