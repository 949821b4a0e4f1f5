"""What may be chosen of a wallboard: views, windows, names, languages; and what a wrong address is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import ON_A_PHONE, ON_A_TABLET, ON_A_WALL
from tests.browser.wall import TARGETS, a_call, a_lead
from tests.unit.agents.pages.conftest import MINUTE, NOW

if TYPE_CHECKING:
    from tests.browser.conftest import MakeSite, Wall


def test_campaigns_teams_and_reps_stand_below_and_are_turned_through(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets=TARGETS)
    wall.open(site.url + "?rotate=1&view=kpis,campaign,team,rep")
    seen: set[str] = set()

    def all_three() -> bool:
        seen.update(wall.text("#panels tbody th").splitlines())
        return {"Autumn", "Spring", "north", "ada"} <= seen

    wall.until(all_three)
    wall.one("#pause").click()
    assert wall.one("#pause").get_attribute("aria-pressed") == "true"
    wall.open(site.url + "?rotate=0&window=1h,today&campaign=Spring&campaign=Autumn&parts=none")
    shown = []
    for _ in range(4):
        shown.append(wall.text("#scope"))
        wall.one("body").send_keys("\ue014")  # the right arrow
        wall.until(lambda: wall.text("#scope") != shown[-1])
    assert shown == ["1 hour\nSpring", "1 hour\nAutumn", "Today\nSpring", "Today\nAutumn"]
    assert not wall.all("#panels table")


def test_what_is_shown_is_chosen_in_a_panel_and_kept(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    wall.open(site.url + "?rotate=0")
    wall.one("body").send_keys("s")
    wall.until(lambda: wall.one("#settings").is_displayed())
    for box in ("[name=window][value='1h']", "[name=kpi][value=answer_rate]", "[name=campaign][value=Spring]"):
        wall.js("arguments[0].click()", wall.one(f"#settings {box}"))
    for box in ("[name=window][value=today]", "[name=kpi][value=loss_rate]"):
        wall.js("arguments[0].click()", wall.one(f"#settings {box}"))
    wall.js("document.querySelector('#settings [name=names]').value = 'initials'")
    wall.one("#settings .apply").click()
    wall.shows("#scope", "1 hour")
    wall.until(lambda: wall.value("answer_rate"))
    assert wall.value("loss_rate") == ""
    query = wall.js("return location.search")
    assert "window=1h" in query
    assert "campaign=Spring" in query
    assert "names=initials" in query
    wall.open(site.url)  # the address is forgotten, the browser has kept it
    wall.shows("#scope", "1 hour\nSpring")
    wall.one("body").send_keys("s")
    wall.until(lambda: wall.one("#settings").is_displayed())
    wall.one("#settings .reset").click()
    wall.shows("#scope", "Today\nwhole floor")


def test_a_table_without_a_row_says_so_over_its_whole_width(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site().url + "?campaign=Nowhere&parts=rep", ON_A_TABLET)
    wall.shows("#panels tbody tr", "Nothing in this window yet")
    assert wall.js(
        "return [...document.querySelectorAll('#panels tbody td')].map((e) => e.scrollWidth > e.clientWidth)"
    ) == [False]


def test_reps_names_can_be_shortened_and_hidden(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    site.tell(a_lead("L8", NOW, rep="Ada Lovelace"), a_call("C92", "L8", NOW - 90 * MINUTE))
    site.tell({**a_call("C93", "L1", NOW), "rep": "Ada Lovelace"}, a_lead("L9", NOW, rep="Ada Lovelace"))
    for names, shown in (("full", "Ada Lovelace"), ("initials", "AL")):
        wall.open(site.url + f"?rotate=0&view=kpis,leads,rep&names={names}", ON_A_TABLET)
        wall.shows("#panels tbody th", shown)
        wall.shows('[data-lead="L9"] .about', shown)
    assert "Lovelace" not in wall.js("return document.body.innerHTML")
    wall.open(site.url + "?rotate=0&view=kpis,leads,rep&names=hidden", ON_A_TABLET)
    wall.until(lambda: wall.all('[data-lead="L9"]'))
    told = wall.js("return document.body.innerHTML")
    assert "Lovelace" not in told
    assert "AL" not in wall.text("#leads")


def test_both_languages_write_numbers_money_and_times_their_own_way(floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site(targets=TARGETS)
    wall.open(site.url + "?lang=fr")
    assert wall.value("contact_rate") == "50,0 %"
    assert wall.value("cost_per_lead") == "100,00 €"
    assert "≥ 52 %" in wall.text('[data-kpi="contact_rate"]')
    assert wall.text("#scope") == "Aujourd\u2019hui\ntout le plateau"
    assert "Taux de contact" in wall.text("#six")
    assert wall.js("return document.documentElement.lang") == "fr"
    wall.open(site.url + "?lang=en&locale=en-US")
    assert wall.text("#clock").endswith("PM")
    wall.open(site.url + "?lang=en")
    assert wall.text("#clock") == "12:00"
    assert "Contact rate" in wall.text("#six")


def test_a_wrong_address_is_said_in_one_line_and_the_rest_is_shown(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site().url + "?window=2h&theme=pink&kpi=nothing&rotate=-4")
    assert wall.text("#notice") == "window, kpi, rotate, theme in the address is not understood and left out"
    assert wall.value("contact_rate") == "50.0%"


@pytest.mark.parametrize(
    "name", ['"}{<script>document.title="!"</script><img src=x onerror=alert(1)>', "🌞👩‍🚀" * 20, "x" * 10_000]
)
def test_no_name_is_more_than_a_name(name: str, floor_site: MakeSite, wall: Wall) -> None:
    site = floor_site()
    site.tell(a_lead("L7", NOW - 2 * 60 * MINUTE, campaign=name, rep=name[:150], team=name[:150]))
    told = len(site.floor.refused) == 0
    for size in (ON_A_WALL, ON_A_PHONE):
        wall.open(site.url + "?rotate=0&window=today", size)
        if told:
            wall.shows("#overdue", name[:10])
        assert wall.js("return document.querySelectorAll('script').length") == 1
        assert wall.js("return document.title") == "Ringboard"
        assert wall.js("return document.documentElement.scrollWidth") <= size[0]
        assert wall.js("return document.body.innerHTML.length") < 200_000
    assert wall.complaints() == []
    assert told == (len(name) <= 1000)


def test_a_view_whose_turn_comes_again_has_its_lines_at_once(floor_site: MakeSite, wall: Wall) -> None:
    wall.open(floor_site().url + "?rotate=0&parts=none&window=1h,today")
    line = '[data-kpi="lead_response_within_1h_attempt_business"] .spark .line'
    wall.one("body").send_keys("\ue014")
    wall.shows("#scope", "Today")
    wall.until(lambda: wall.one(line).get_attribute("d"))
    asked = "return performance.getEntriesByType('resource').filter((e) => e.name.includes('/history')).length"
    before = wall.js(asked)
    assert before == 2
    for shown in ("1 hour", "Today"):
        wall.one("body").send_keys("\ue014")
        wall.shows("#scope", shown)
    assert wall.one(line).get_attribute("d")
    assert wall.js(asked) == before
