"""The boards: the committed files, both languages, and only metrics that exist."""

from __future__ import annotations

import json
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from grafana.boards import colours
from grafana.boards.board import COLUMNS, Board
from grafana.boards.files import FOLDER, boards, files
from grafana.boards.panels import COUNT
from grafana.boards.queries import OfKpi, OfPending, number
from grafana.boards.selection import DATASOURCE, EVERYTHING
from grafana.boards.wording import LANGUAGES, WORDS, panel_words
from grafana.boards.wording_panels import BOARDS, PANELS
from grafana.rules import recording
from stream.kpi.catalogue import BY_ID, THE_SIX

if TYPE_CHECKING:
    from grafana.boards.panels import Panel

ROOT = Path(__file__).parents[3]
TEXTS = files()
ALL = {path: json.loads(text) for path, text in TEXTS.items()}
RULES = {rule.name: rule.expression for rule in recording.rules()}
OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#8E8E8E"}
# What no board shows, and why.
IN_LABELS = "numbers and e-mail addresses that stood in labels: `ringboard check` names the fields"
NOT_SHOWN = {
    "ringboard_journeys_erased_total": "what was erased by rule: no news",
    "ringboard_labels_changed_total": IN_LABELS,
    "ringboard_gateway_labels_changed_total": IN_LABELS,
    "ringboard_source_labels_changed_total": IN_LABELS,
    "ringboard_producer_epochs_renewed_total": "the broker was slow to answer, which the commits show",
    "ringboard_call_attempts_total": "counted before any correction; the windows have the attempts that stand",
    "ringboard_lead_response_seconds": "counted before any correction; the windows have the delays that stand",
    "ringboard_events_revised_total": "a source that corrects its records does what it should",
    "ringboard_window_follow_ups_still_due": "ringboard_follow_ups_due is on the board",
    "ringboard_lead_limit_clock": "a setting, which the alerts go by",
    "ringboard_leads_past_limit": "for the alerts; the board has the leads that wait by age",
    "ringboard_links_read_total": "grows with every call of a known number: no news",
    "ringboard_journeys_expired_total": "what is forgotten by rule: no news",
    "ringboard_build_info": "the version, for whoever queries",
    "ringboard_records_trimmed_total": "a detail of a rebalance, which restores and fences show",
    "ringboard_shares_kept_total": "a detail of a rebalance that cost nothing",
    "ringboard_restored_records_total": "a detail of a recovery, which is on the board while it lasts",
    "ringboard_restore_seconds_total": "as the records restored",
    "ringboard_last_restore_seconds": "as the records restored",
    "ringboard_last_batch_records": "batches and transactions are on the board",
    "ringboard_records_applied_total": "events by type are on the board",
    "ringboard_source_messages_total": "events of a source are on the board",
    "ringboard_gateway_left_out_total": "calls of extensions, left out as they should be",
    "ringboard_gateway_requests_under_way": "how long answers take is on the board",
    "ringboard_gateway_held_bytes": "bounded; it tells a flood, and so do the requests turned away",
    "ringboard_gateway_calls_remembered": "memory of callbacks, bounded by a day",
    "ringboard_source_unused_total": "records that a mapping leaves out, as it should",
    "ringboard_source_left_out_total": "calls of extensions, left out as they should be",
}


# A share of a target is a quotient of three sums, each with what the viewer chose; nothing else is nearly as long.
LONGEST_QUERY = 600
LONGEST_LINE = 300
NOW = ((), "$window", "")


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    return [target["expr"] for board in ALL.values() for panel in panels(board) for target in panel["targets"]]


def metrics_of(expression: str) -> set[str]:
    """Return the workers' metrics in an expression, including those behind recording rules, which must exist."""
    found: set[str] = set()
    for name in re.findall(r"(?:[a-z_]+:)?ringboard_\w+(?::\w+)?", expression):
        found |= {name} if ":" not in name else metrics_of(RULES[name])
    return {name.removesuffix("_bucket") for name in found}


def test_the_files_are_what_the_code_writes() -> None:
    there = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")}
    assert there == TEXTS, "python -m grafana.boards"


def test_every_metric_that_a_board_names_exists_and_every_metric_is_on_a_board_or_listed() -> None:
    declared = re.findall(
        r"^\| `(ringboard_\w+)` \|", (ROOT / "docs/metrics.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(declared) > 100
    named = set().union(*(metrics_of(query) for query in queries()))
    assert named <= set(declared)
    assert {name for name in declared if name not in named} == set(NOT_SHOWN)


def test_no_query_makes_a_kpi_of_a_counter() -> None:
    for path, board in ALL.items():
        if Path(path).stem not in {"pipeline", "sources", "gateway"}:
            assert not any("_total" in target["expr"] for panel in panels(board) for target in panel["targets"])


@pytest.mark.parametrize("path", ALL)
def test_every_panel_says_what_it_is_in_what_unit_and_what_it_has_without_data(path: str) -> None:
    for panel in panels(ALL[path]):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert len(panel["description"]) > 20
        assert defaults["unit"], panel["title"]
        assert defaults["noValue"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGHIJKL"[: len(panel["targets"])])


@pytest.mark.parametrize("path", ALL)
def test_no_panel_bridges_a_gap_or_keeps_a_last_value(path: str) -> None:
    for panel in panels(ALL[path]):
        over_time = panel["type"] in {"timeseries", "heatmap"}
        assert all(bool(target.get("instant")) != over_time for target in panel["targets"]), panel["title"]
        if panel["type"] == "timeseries":
            assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False, panel["title"]


@pytest.mark.parametrize("path", ALL)
def test_panels_fill_the_grid_in_rows_and_none_lies_on_another(path: str) -> None:
    places = [panel["gridPos"] for panel in ALL[path]["panels"]]
    assert len({panel["id"] for panel in ALL[path]["panels"]}) == len(places)
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    for y in {place["y"] for place in places}:
        row = sorted((place for place in places if place["y"] == y), key=lambda place: place["x"])
        assert sum(place["w"] for place in row) == COLUMNS
        assert {place["h"] for place in row} == {row[0]["h"]}
        assert all(one["x"] + one["w"] == other["x"] for one, other in pairwise(row))


def test_a_row_that_does_not_fill_the_grid_is_refused() -> None:
    board = Board("floor", "en", ("window",))
    with pytest.raises(ValueError, match="4 columns wide, not 24"):
        board.row(5, board.panels.stat("contact_rate", 4, number(1), unit=COUNT))


def test_both_languages_have_the_same_boards_in_other_words() -> None:
    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("id") in {"custom.minWidth", "displayName"}:
                return None  # as wide as the head of the column, in its language
            words = {"title", "description", "noValue", "label", "text", "tooltip", "tags", "legendFormat", "url"}
            named = {"matcher", "renameByName", "indexByName", "displayName", "links"}
            return {k: bare(v) for k, v in value.items() if k not in words | named and not (k == "query" and v == "")}
        return [bare(one) for one in value] if isinstance(value, list) else value

    for path, board in ALL.items():
        if path.startswith("en/"):
            other = ALL[f"fr/{path.removeprefix('en/')}"]
            assert bare(board["panels"]) == bare(other["panels"])
            assert board["uid"].removesuffix("-en") == other["uid"].removesuffix("-fr")
            descriptions = [
                (panel["description"], its["description"])
                for panel, its in zip(panels(board), panels(other), strict=True)
            ]
            assert all(english != french for english, french in descriptions)


def test_words_and_short_names_are_there_in_both_languages_and_short() -> None:
    for pair in WORDS.values():
        assert len(pair) == len(LANGUAGES)
        assert all(pair)
    for words in (*BOARDS.values(), *PANELS.values()):
        for title, description in words:
            assert title
            assert len(title) <= 42
            assert description.endswith((".", "?"))


def of_kpis(panel: Panel) -> set[str]:
    """Name the KPIs of which a panel shows the number of the window chosen, for all that is chosen together."""
    return {query.means.kpi for query in panel.queries if isinstance(query.means, OfKpi) and query.means[1:] == NOW}


def test_the_floor_has_each_of_the_six_once_with_its_trend_below_and_a_link_to_what_explains_it() -> None:
    uids = {board["uid"] for board in ALL.values()}
    assert len(uids) == len(ALL)
    assert all(len(uid) <= 40 for uid in uids)
    for board in boards():
        if board.name != "floor":
            continue
        drawn = [(panel, kpi) for panel, _ in board.placed for kpi in of_kpis(panel)]
        found = panels(ALL[f"{board.language}/floor.json"])
        for kpi in THE_SIX:
            card, trend = (panel for panel, shown in drawn if shown == kpi)
            assert (card.key, trend.key) == (kpi, f"{kpi}.week")
            places = [
                next(one for one in found if one["id"] == id_) for panel, id_ in board.placed if panel in (card, trend)
            ]
            assert [one["type"] for one in places] == ["stat", "timeseries"]
            above, below = (one["gridPos"] for one in places)
            assert (above["x"], above["w"], above["y"] + above["h"]) == (below["x"], below["w"], below["y"])
            assert BY_ID[kpi].meaning[board.language] in places[0]["description"]
            assert BY_ID[kpi].name[board.language] == places[0]["title"]
            (link,) = places[0]["links"]
            uid, _, carried = link["url"].removeprefix("/d/").partition("?")
            assert uid in uids - {board.uid}
            assert carried == "${campaign:queryparam}&${team:queryparam}&${window:queryparam}&${__url_time_range}"


def test_cohorts_say_how_many_are_pending_and_have_neither_colour_nor_trend() -> None:
    cohorts = {kpi.id for kpi in BY_ID.values() if kpi.is_cohort}
    assert cohorts
    for board in boards():
        for panel, id_ in board.placed:
            if not cohorts & of_kpis(panel):
                continue
            (drawn,) = (one for one in panels(ALL[f"{board.language}/{board.name}.json"]) if one["id"] == id_)
            assert [type(query.means) for query in panel.queries] == [OfKpi, OfPending], panel.key
            assert drawn["type"] == "stat"
            assert drawn["fieldConfig"]["defaults"]["color"] == {"mode": "fixed", "fixedColor": colours.PLAIN}


def test_a_kpi_has_one_name_on_every_board_that_of_the_catalogue() -> None:
    for language in LANGUAGES:
        for board in (one for one in boards() if one.language == language):
            for panel, _ in board.placed:
                if panel.key in BY_ID:
                    assert panel_words(panel.key, language)[0] == BY_ID[panel.key].name[language]
    assert not WORDS.keys() & BY_ID.keys()


def test_a_query_can_be_changed_by_hand() -> None:
    """Some ten lines of Grafana's editor; a query of more is a recording rule that has not been made yet."""
    assert max(map(len, queries())) <= LONGEST_QUERY
    assert max(len(line) for query in queries() for line in query.splitlines()) <= LONGEST_LINE


def test_every_board_leads_to_the_others_to_its_translation_and_to_itself_alone_on_a_wall() -> None:
    for board in ALL.values():
        others, translated, kiosk = board["links"]
        assert others["type"] == "dashboards"
        assert set(others["tags"]) < set(board["tags"])
        assert translated["url"].removeprefix("/d/") in {one["uid"] for one in ALL.values()} - {board["uid"]}
        assert kiosk["url"] == f"/d/{board['uid']}?kiosk"
        assert all(link["includeVars"] and link["keepTime"] for link in board["links"])


def test_colours_are_those_that_the_colour_blind_tell_apart() -> None:
    for text in TEXTS.values():
        assert set(re.findall(r"#[0-9A-Fa-f]{6}", text)) <= OKABE_ITO
        assert not re.search(r'"(fixedColor|color)": "(dark-|light-)?(red|green|yellow|orange|blue)"', text)


def test_what_is_reached_of_a_target_turns_from_bad_to_good_whichever_way_a_kpi_is_better() -> None:
    found = panels(ALL["en/floor.json"])
    for kpi in THE_SIX:
        (card,) = (panel for panel in found if panel["title"] == BY_ID[kpi].name["en"])
        (of_target,) = (one for one in card["fieldConfig"]["overrides"] if one["matcher"]["options"] == "B")
        told = {one["id"]: one["value"] for one in of_target["properties"]}
        assert [(step.get("value"), step["color"]) for step in told["thresholds"]["steps"]] == [
            (None, colours.BAD),
            (0.9, colours.NEAR),
            (1, colours.GOOD),
        ]
        assert ("clamp(2 - " in card["targets"][1]["expr"]) == (BY_ID[kpi].better == "down"), kpi


def test_a_chosen_name_is_taken_literally_in_every_query() -> None:
    for query in queries():
        for name in ("campaign", "team", "rep", "queue"):
            matched = re.findall(rf"{name}=~(`[^`]*`)", query)
            assert set(matched) <= {f"`${{{name}:regex}}`"}
            assert f"${{{name}" not in query.replace(f"`${{{name}:regex}}`", "")
    for board in ALL.values():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                assert variable["allValue"] == EVERYTHING
                assert variable["current"]["value"] == ["$__all"]
                assert variable["multi"]
                assert variable["includeAll"]
            elif variable["type"] == "custom":
                assert not variable["multi"], "windows hold each other, and never add up"


def test_grafana_is_provisioned_with_the_boards_and_the_data_source_that_they_name() -> None:
    provisioning = ROOT / "grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["uid"], source["type"], source["isDefault"]) == (DATASOURCE, "prometheus", True)
    providers = yaml.safe_load((provisioning / "dashboards/ringboard.yml").read_text())["providers"]
    paths = {provider["options"]["path"] for provider in providers}
    assert paths == {f"/var/lib/grafana/dashboards/{language}" for language in LANGUAGES}
    assert {board.language for board in boards()} == set(LANGUAGES)
