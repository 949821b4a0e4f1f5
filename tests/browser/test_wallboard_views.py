"""The views of a wallboard beside the KPIs: reps ranked and by state, queues, follow-ups due, and what a KPI counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import ON_A_PHONE, ON_A_WALL
from tests.browser.wall import NOTHING
from tests.unit.agents.pages.conftest import MINUTE, NOW
from tests.unit.agents.pages.test_access import TOKENS
from tests.unit.agents.pages.test_live import joined, left, state

if TYPE_CHECKING:
    from tests.browser.conftest import MakeSite, Wall

HOUR = 60 * MINUTE
BOARD = ".flow.ranks li"
STATES = ".flow.states li"


def opened(wall: Wall, url: str, css: str, size: tuple[int, int] = ON_A_WALL) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    wall.cdp("Emulation.setDeviceMetricsOverride", **metrics)
    wall.driver.get(url)
    wall.until(lambda: wall.all(css))
    wall.until(lambda: wall.js("return document.fonts.status") == "loaded")


def calls(rep: str, contacts: int, others: int, team: str = "north", hours: float = 1) -> list[dict[str, Any]]:
    """Calls of a rep, each to a number of its own, so many of which became a contact."""
    at = NOW - round(hours * HOUR)
    return [
        {
            "id": f"{rep}-{hours}-{n}", "type": "call.ended", "direction": "outbound", "call": f"{rep}-{hours}-{n}",
            "lead": f"{rep}-{hours}-{n}", "at": at, "placed_at": at, "talk_s": 90 if n < contacts else 0,
            "campaign": "Spring", "team": team, "rep": rep,
        }
        for n in range(contacts + others)
    ]  # fmt: skip


def rows(wall: Wall, css: str = BOARD) -> list[list[str]]:
    """Return what stands in each row, read at one moment."""
    found: list[str] = wall.js(f"return [...document.querySelectorAll('{css}')].map((row) => row.innerText)")
    return [[part for part in row.replace("\u00a0", " ").replace("\t", "\n").split("\n") if part] for row in found]


def some_reps() -> list[dict[str, Any]]:
    return [
        *calls("Bo", 9, 1),
        *calls("Cleo", 5, 5, "south"),
        *calls("Dan", 5, 5),
        *calls("Eve", 1, 9, "south"),
        *calls("Fay", 1, 0),
        {"id": "w", "type": "lead.won", "at": NOW - MINUTE, "lead": "L2", "rep": "Gus"},
    ]


def test_reps_are_ranked_fairly(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets={"contact_rate": 0.5})
    site.tell(*some_reps())
    opened(wall, site.url + "?view=board&rotate=0", BOARD)
    wall.until(lambda: len(wall.all(BOARD)) == 7)
    assert rows(wall) == [
        ["1", "Bo", "90.0%", "9 / 10"],
        ["2", "Cleo", "50.0%", "5 / 10"],  # equals share a place
        ["2", "Dan", "50.0%", "5 / 10"],
        ["4", "Eve", "10.0%", "1 / 10"],
        ["Fay", "100%", "1 / 1"],  # one of one is no first place
        ["ada", "50.0%", "2 / 4"],
        ["Gus", NOTHING],
    ]
    assert [row.get_attribute("class") for row in wall.all(BOARD)] == [
        "ranked ranked good", "ranked ranked good", "ranked ranked good", "ranked ranked bad", "ranked few open",
        "ranked few open", "ranked none open",
    ]  # fmt: skip
    labels = [str(row.get_attribute("aria-label")).split(", ")[-1] for row in wall.all(BOARD)]
    assert labels[:4] == ["on target", "on target", "on target", "off target"]
    assert wall.text(".about") == "best first · Fewer than 5 (attempts): listed after, without a place"
    opened(wall, site.url + "?view=board&rotate=0&order=worst&least=0", BOARD)
    wall.until(lambda: len(wall.all(BOARD)) == 7)
    assert [row[:2] for row in rows(wall)] == [
        ["6", "Eve"], ["3", "ada"], ["3", "Dan"], ["3", "Cleo"], ["2", "Bo"], ["1", "Fay"], ["Gus", NOTHING]
    ]  # fmt: skip
    assert wall.text(".about") == "worst first"
    opened(wall, site.url + "?view=board&rotate=0&sort=customers_closed&lang=fr", BOARD)
    wall.until(lambda: rows(wall)[0] == ["1", "Gus", "1"])
    assert wall.text("#panel-board") == "Clients conclus · Commerciaux"


@pytest.mark.parametrize(("names", "shown"), [
    ("initials", ["B", "C", "D", "E", "F", "A", "G"]),
    ("hidden", ["north", "south"]),  # 17 of 25, and 6 of 20
])  # fmt: skip
def test_names_can_be_hidden_and_the_board_still_says_something(
    names: str, shown: list[str], floor_site: MakeSite, wall: Wall
) -> None:
    site = floor_site()
    site.tell(*some_reps())
    opened(wall, f"{site.url}?view=board&rotate=0&names={names}", BOARD)
    wall.until(lambda: len(wall.all(BOARD)) == len(shown))
    assert [row.text for row in wall.all(f"{BOARD} .name")] == shown
    for other in ("Cleo", "Eve"):
        assert other not in wall.js("return document.body.innerHTML")


def test_sixty_reps_are_seen_within_forty_seconds_each_by_the_whole_name(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    names = [f"Marie-Christine Dupont-Lefèvre {n}" if n % 3 else f"Ana Li {n}" for n in range(59)]  # and ada
    site.tell(*(call for n, name in enumerate(names) for call in calls(name, n % 7, 7)))
    opened(wall, site.url + "?view=board&rotate=60", BOARD)
    wall.until(lambda: wall.text("#page").startswith("1 / "))
    for _ in range(2):  # once to see how much room the longest names take
        seen, took = set[str](), 0.0
        while True:
            wall.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
            page, _, pages = wall.text("#page").partition(" / ")
            seen |= set(
                wall.js(f"return [...document.querySelectorAll('{BOARD} .name')].map((name) => name.innerText)")
            )
            took += float(wall.one("#page").get_attribute("data-seconds") or 0)
            assert wall.js(
                "const box = document.querySelector('.ranks'); return box.scrollWidth <= box.clientWidth + 1"
            )
            wall.one("body").send_keys(Keys.ARROW_RIGHT)
            if page == pages:
                break
        wall.until(lambda: wall.text("#page").startswith("1 / "))
    assert seen == {*names, "ada"}
    assert int(pages) > 1
    assert took <= 40.001


def test_reps_stand_by_their_state_who_is_in_it_for_longest_first(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    site.tell(
        state("Bo", 47, "paused", reason="lunch"),
        state("Cleo", 5, "paused"),
        state("Dan", 12, "talking"),
        state("Eve", 75, "talking"),
        state("Fay", 300, "available"),
        state("Gus", 30, "offline"),
    )
    opened(wall, site.url + "?view=live&rotate=0&lang=fr", STATES)
    wall.until(lambda: len(wall.all(STATES)) == 10)
    assert rows(wall, STATES) == [
        ["En pause"], ["Bo", "lunch", "47 min"], ["Cleo", "5 min"],
        ["Disponible"], ["ada", "1 h 00"],
        ["En appel"], ["Eve", "1 h 15"], ["Dan", "12 min"],
        ["Sans nouvelles"], ["Fay", "5 h 00"],
    ]  # fmt: skip
    assert [row.text for row in wall.all(".flow.states .number.close")] == ["47 min"], "a long break"
    counts = {state: count for count, state in rows(wall, ".counts li")}
    assert counts == {"Disponible": "1", "En appel": "2", "En pause": "2", "Sans nouvelles": "1", "Déconnecté": "1"}
    site.tell(state("Dan", 0.5, "wrap_up"))
    wall.until(lambda: ["Post-appel"] in rows(wall, STATES))
    assert any(row[0] == "Dan" and row[1].endswith("s") for row in rows(wall, STATES))
    opened(wall, site.url + "?view=live&rotate=0&names=hidden", STATES)
    assert "Cleo" not in wall.js("return document.querySelector('main').innerHTML")


def test_queues_say_who_waits_and_how_the_day_went(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(service_level_s=20, targets={"service_level": 0.9})
    site.tell(
        joined("C1", 12, "support"),
        joined("C2", 3, "support"),
        *(event for call in ("A1", "A2") for event in (joined(call, 600), left(call, 590, "answered", 10))),
        joined("A3", 600), left("A3", 500, "abandoned", 100),
        joined("A4", 2 * 24 * 3600, "weekend"), left("A4", 2 * 24 * 3600 - 5, "answered", 5, "weekend"),
    )  # fmt: skip
    opened(wall, site.url + "?view=queues&rotate=0&campaign=Spring", "#panels tbody td.bad")
    table = {row[0]: row[1:] for row in rows(wall, "#panels tbody tr") for row in [row[0].split(" ") + row[1:]]}
    assert list(table) == ["sales", "support", "weekend"], "by name, where all are on one page"
    heads = [head.text.replace("\n", " ") for head in wall.all("#panels thead th")]
    assert heads == ["Queues · whole floor", "Waiting", "Longest wait", "Service level", "Gave up"]
    cells = [
        [cell.get_attribute("class") for cell in row.find_elements("css selector", "td")]
        for row in wall.all("#panels tbody tr")
    ]
    assert cells[0][:3] == ["some", "bad", "bad"]
    assert cells[1][1] in ("close", "bad"), "from half of the limit on"
    assert cells[2][:2] == ["open idle", "open idle"]
    spoken = [
        str(cell.get_attribute("aria-label"))
        for cell in wall.all("#panels tbody tr")[0].find_elements("css selector", "td")
    ]
    assert spoken[1].endswith(", past the limit")
    assert spoken[2].endswith(", off target")
    site.tell(
        {
            "id": "l1",
            "type": "queue.left",
            "at": NOW,
            "call": "C9",
            "queue": "sales",
            "outcome": "answered",
            "wait_s": 60,
        }
    )
    wall.until(lambda: wall.all("#panels tbody tr")[0].find_elements("css selector", "td")[0].text == "0")


def test_follow_ups_that_are_due_stand_by_rep_the_late_ones_first(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    due = 72
    site.tell(
        *calls("Bo", 0, 2, hours=due + 2),  # late for 2 h
        *calls("Bo", 0, 1, hours=due - 0.5),
        *calls("Cleo", 0, 3, "south", hours=due - 3),
    )
    url = site.url + "?view=due&rotate=0"
    opened(wall, url, "#panels tbody td.bad")
    assert [head.text.split("\n") for head in wall.all("#panels thead th")] == [
        ["Follow-ups due"], ["Late", "2"], ["Within 1 h", "1"], ["Within 4 h", "3"]
    ]  # fmt: skip
    assert [" ".join(row) for row in rows(wall, "#panels tbody tr")] == ["Bo 2 1 0", "Cleo 0 0 3"]
    opened(wall, url + "&names=hidden&lang=fr", "#panels tbody td.bad")
    assert [" ".join(row) for row in rows(wall, "#panels tbody tr")] == ["north 2 1 0", "south 0 0 3"]


def test_a_tile_says_what_it_counts_when_asked(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets={"contact_rate": 0.4, "leads_requested": 9})
    opened(wall, site.url + "?kpi=contact_rate,leads_requested,lead_to_customer&rotate=0", "#six .tile .line b")
    tile = wall.one('[data-kpi="contact_rate"] .ask')
    wall.js("arguments[0].focus()", tile)
    wall.driver.switch_to.active_element.send_keys(Keys.ENTER)
    wall.until(lambda: wall.one("#meaning").is_displayed())
    said = wall.text("#meaning").split("\n")
    assert said == [
        "Contact rate",
        "Of the calls placed, the share that became a meaningful conversation.",
        "Value", "50.0% · Today",
        "Counts", "contacts (2)",
        "Out of", "attempts (4)",
        "By the moment of", "the placing of the attempt",
        "Target", "≥ 40%, for the time shown, at any hour",
        "More in docs/kpis.md, contact_rate",
        "Close",
    ]  # fmt: skip
    assert wall.js("return document.activeElement.textContent") == "Close"
    assert wall.one("#meaning").get_attribute("aria-labelledby") == "meaning-title"
    wall.one("#meaning button").send_keys(Keys.ESCAPE)
    wall.until(lambda: not wall.one("#meaning").is_displayed())
    assert wall.js("return document.activeElement.closest('[data-kpi]').dataset.kpi") == "contact_rate", (
        "one is back where one was"
    )
    wall.one('[data-kpi="leads_requested"] .ask').send_keys(" ")
    wall.until(lambda: "for a whole day" in wall.text("#meaning"))
    wall.one("#meaning button").click()
    wall.one('[data-kpi="lead_to_customer"]').click()
    wall.until(lambda: "no verdict yet" in wall.text("#meaning"))
    opened(wall, site.url + "?lang=fr", "#six .tile .line b", ON_A_PHONE)
    wall.one('[data-kpi="contact_rate"]').click()
    wall.until(lambda: "Sur\ntentatives (4)" in wall.text("#meaning"))
    assert wall.js("return document.documentElement.scrollWidth") == ON_A_PHONE[0]


def test_views_are_chosen_in_the_address_and_in_the_panel_of_settings(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    shown = (
        "const one = document.querySelector('#panels > .panel:not(#waiting)'); return one ? one.dataset.panel : 'kpis'"
    )
    opened(wall, site.url + "?view=queues,kpis&rotate=0", "#panels tbody td")
    turned = []
    for _ in range(3):
        turned.append(wall.js(shown))
        wall.one("body").send_keys(Keys.ARROW_RIGHT)
    assert turned == ["queues", "kpis", "queues"], "in the order of the address"
    wall.one("body").send_keys("s")
    wall.until(lambda: wall.one("#settings").is_displayed())
    for box in wall.all('#settings [name="view"]'):
        if box.is_selected() != (box.get_attribute("value") == "board"):
            box.click()
    wall.one('#settings [name="order"] [value="worst"]').click()
    wall.one('#settings [name="sort"] [value="customers_closed"]').click()
    wall.one("#settings .apply").click()
    wall.until(lambda: wall.all(BOARD))
    assert "view=board" in wall.driver.current_url
    assert "sort=customers_closed" in wall.driver.current_url
    assert "order=worst" in wall.driver.current_url
    opened(wall, site.url + "?view=boards&order=up&sort=nothing&least=-1&pause=0", BOARD)
    wall.shows("#notice", "view, sort, order, least, pause")


def test_an_address_from_before_the_views_still_shows_its_tables(floor_site: MakeSite, wall: Wall) -> None:
    opened(wall, floor_site().url + "?parts=team,rep&rotate=0", "#six .tile")
    seen = set()
    for _ in range(3):
        seen.add(wall.js("return document.querySelector('#panels').lastElementChild.dataset.panel ?? 'kpis'"))
        wall.one("body").send_keys(Keys.ARROW_RIGHT)
    assert seen == {"kpis", "team", "rep"}


def test_a_token_of_a_team_sees_its_reps_and_instead_of_the_queues_the_kpis(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(tokens=TOKENS)
    site.tell(state("Kim", 5, "talking", team="south"))
    opened(wall, f"{site.url}?token={TOKENS['north']['token']}&view=live&rotate=0", STATES)
    wall.until(lambda: ["ada", "1 h 00"] in rows(wall, STATES))
    assert "Kim" not in wall.text("main")
    opened(wall, f"{site.url}?view=queues&rotate=0", "#six .tile")
    assert not wall.all('[data-panel="queues"]')
    assert not [line for line in wall.complaints() if "403" in line]
