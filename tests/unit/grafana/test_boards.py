"""The boards: the committed files, both languages, and only metrics that exist."""

from __future__ import annotations

import json
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.boards import colours
from grafana.boards.board import COLUMNS, Board, uid_of
from grafana.boards.files import FOLDER, boards, files
from grafana.boards.panels import COUNT
from grafana.boards.queries import number
from grafana.boards.selection import DATASOURCE, EVERYTHING
from grafana.boards.wording import LANGUAGES, SHORT, WORDS
from grafana.boards.wording_panels import BOARDS, PANELS
from grafana.rules import recording
from stream.kpi.catalogue import BY_ID, THE_SIX

ROOT = Path(__file__).parents[3]
TEXTS = files()
ALL = {path: json.loads(text) for path, text in TEXTS.items()}
RULES = {rule.name: rule.expression for rule in recording.rules()}
OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#8E8E8E"}
# What no board shows, and why.
NOT_SHOWN = {
    "ringboard_call_attempts_total": "counted before any correction; the windows have the attempts that stand",
    "ringboard_lead_response_seconds": "counted before any correction; the windows have the delays that stand",
    "ringboard_links_read_total": "grows with every call of a known number: no news",
    "ringboard_journeys_expired_total": "what is forgotten by rule: no news",
    "ringboard_stream_clients": "who looks on is of no interest to a floor; ringboard check asks a worker",
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
    "ringboard_gateway_calls_remembered": "memory of callbacks, bounded by a day",
    "ringboard_source_unused_total": "records that a mapping leaves out, as it should",
    "ringboard_source_left_out_total": "calls of extensions, left out as they should be",
}


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
        if not path.endswith("pipeline.json"):
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
    assert SHORT.keys() <= BY_ID.keys()
    assert all(len(name) <= 20 for names in SHORT.values() for name in names)


def test_the_six_are_together_and_each_leads_to_what_explains_it() -> None:
    uids = {board["uid"] for board in ALL.values()}
    assert len(uids) == len(ALL)
    assert all(len(uid) <= 40 for uid in uids)
    for language in LANGUAGES:
        cards = panels(ALL[f"{language}/floor.json"])[: len(THE_SIX)]
        assert [card["type"] for card in cards] == ["stat"] * len(THE_SIX)
        assert all(
            BY_ID[kpi].meaning[language] in card["description"] for kpi, card in zip(THE_SIX, cards, strict=True)
        )
        for card in cards:
            (link,) = card["links"]
            uid, _, carried = link["url"].removeprefix("/d/").partition("?")
            assert uid in uids - {uid_of("floor", language)}
            assert carried == "${campaign:queryparam}&${team:queryparam}&${window:queryparam}&${__url_time_range}"


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
    (reached,) = [panel for panel in panels(ALL["en/floor.json"]) if panel["title"] == "Against target"]
    steps = reached["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step.get("value"), step["color"]) for step in steps] == [
        (None, colours.BAD),
        (0.9, colours.NEAR),
        (1, colours.GOOD),
    ]
    for kpi, target in zip(THE_SIX, reached["targets"], strict=True):
        upper = target["expr"].partition(" / on ()")[0]
        assert (":target" in upper) == (BY_ID[kpi].better == "down"), kpi


def test_a_chosen_name_is_taken_literally_in_every_query() -> None:
    for query in queries():
        for name in ("campaign", "team", "rep", "queue"):
            matched = re.findall(rf"{name}=~(`[^`]*`)", query)
            assert set(matched) <= {f"`\\Q${{{name}:raw}}\\E`"}
            assert f"${{{name}" not in query.replace(f"`\\Q${{{name}:raw}}\\E`", "")
    for board in ALL.values():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                assert variable["allValue"] == EVERYTHING
                assert variable["current"]["value"] == "$__all"
                assert not variable["multi"]


def test_grafana_is_provisioned_with_the_boards_and_the_data_source_that_they_name() -> None:
    provisioning = ROOT / "grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["uid"], source["type"], source["isDefault"]) == (DATASOURCE, "prometheus", True)
    providers = yaml.safe_load((provisioning / "dashboards/ringboard.yml").read_text())["providers"]
    paths = {provider["options"]["path"] for provider in providers}
    assert paths == {f"/var/lib/grafana/dashboards/{language}" for language in LANGUAGES}
    assert {board.language for board in boards()} == set(LANGUAGES)
