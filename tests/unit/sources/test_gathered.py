"""Files that tell a call in several rows: one event of each call, in whatever order the rows stand."""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.sources import gathered
from stream.sources.mapped import Mapped
from stream.sources.reading import Read, Unreadable
from tests.unit.mapping.writing import mapping

if TYPE_CHECKING:
    from pathlib import Path

LEGS = """
name = "pbx"
timezone = "Europe/Paris"
[[events]]
type = "call.ended"
call = "{call}"
placed_at = "{start}"
at = "{end}"
[events.parts.caller]
when = { leg = "caller" }
direction = "inbound"
number = "{who}"
[events.parts.rep]
when = { leg = "rep" }
optional = true
several = true
id = "{start}"
answered_at = "{start}"
rep = { from = "who", take = "last" }
talk_s = { from = "talk", take = "sum" }
"""
HEADER = "call,leg,who,start,end,talk"
ROWS = [
    "c1,caller,06 39 98 00 01,2026-01-05 10:00:00,2026-01-05 10:01:40,",
    "c1,rep,Ada,2026-01-05 10:00:05,2026-01-05 10:00:35,30",
    "c1,rep,Ben,2026-01-05 10:00:40,2026-01-05 10:01:40,60",
    "c2,caller,06 39 98 00 02,2026-01-05 10:01:00,2026-01-05 10:01:20,",
    "c3,rep,Ada,2026-01-05 10:02:05,2026-01-05 10:02:35,30",
    "c4,caller,,2026-01-05 10:03:00,2026-01-05 10:03:20,",
    "c5,caller,06 39 98 00 05,2026-01-05 10:04:00,,",
]


def read(rows: list[str], text: str = LEGS) -> tuple[Mapped, list[Read | Unreadable]]:
    mapped = Mapped(mapping(text))
    return mapped, list(mapped.read(io.BytesIO("\n".join([HEADER, *rows]).encode())))


def events(found: list[Read | Unreadable]) -> dict[str, dict[str, Any]]:
    return {str(one.event["call"]): dict(one.event) for one in found if isinstance(one, Read)}  # type: ignore[call-overload,arg-type]


@pytest.mark.parametrize("seed", range(8))
def test_in_any_order_and_with_rows_that_stand_twice_it_is_one_event_of_each_call(seed: int) -> None:
    rows = [*ROWS, *ROWS[:3]]
    random.Random(seed).shuffle(rows)
    mapped, found = read(rows)
    calls = events(found)
    assert calls == events(read(ROWS)[1])
    assert sorted(calls) == ["c1", "c2"]
    one = calls["c1"]
    assert (one["talk_s"], one["rep"], one["number"]) == (90.0, "Ben", "06 39 98 00 01")
    assert (one["answered_at"] - one["placed_at"], one["at"] - one["placed_at"]) == (5_000, 100_000)
    assert "answered_at" not in calls["c2"]
    (wrong,) = [item for item in found if isinstance(item, Unreadable)]
    assert wrong.refused.message == "number: empty or missing in all parts of the call; call.ended needs it"
    assert wrong.line == 2 + next(number for number, row in enumerate(rows) if row.startswith("c4"))
    assert (mapped.left_open, mapped.unused) == (1, {"call without its part caller": 1})


def test_a_call_is_told_of_without_a_part_that_is_not_needed_for_its_event_and_it_is_said() -> None:
    text = LEGS.replace("[events.parts.rep]", "[events.parts.bill]\nwhen = { leg = 'bill' }\n[events.parts.rep]")
    mapped, found = read(ROWS, text)
    assert list(events(found)) == ["c1", "c2"]
    assert mapped.remarks == ["2 calls have no part bill, and are told of without it"]


def test_no_more_calls_wait_than_there_is_room_for_and_a_row_that_comes_too_late_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathered.Gathered.__init__, "__defaults__", (1,))
    _, found = read([ROWS[0], ROWS[1], ROWS[3], ROWS[2]])
    assert events(found)["c1"]["talk_s"] == 30
    (late,) = [item for item in found if isinstance(item, Unreadable)]
    assert (late.line, late.refused.message) == (
        5,
        "call: 1 other calls lie between this row and its call; sort the file by call",
    )


def test_a_text_that_is_no_unicode_costs_its_row_alone() -> None:
    text = f'name = "pbx"\n[file]\nformat = "json"\n[[events]]{LEGS.partition("[[events]]")[2]}'
    times = '"start": "2026-01-05T10:00:05Z", "end": "2026-01-05T10:00:35Z"'
    row = f'{{"call": "c1", "leg": "rep", "who": "\\ud800", {times}}}'
    mapped = Mapped(mapping(text))
    (wrong,) = mapped.read(io.BytesIO(row.encode()))
    assert mapped.left_open == 0
    assert isinstance(wrong, Unreadable)
    assert wrong.refused.message == "half of a character in it; write its texts as UTF-8"


def test_replay_reads_the_rows_of_a_call_from_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "pbx.toml").write_text(LEGS)
    (tmp_path / "monday.csv").write_text("\n".join([HEADER, *ROWS[:2]]))
    (tmp_path / "tuesday.csv").write_text("\n".join([HEADER, *ROWS[2:], "c6,,,"]))
    names = [str(tmp_path / name) for name in ("monday.csv", "tuesday.csv")]
    command = ["replay", "--mapping", str(tmp_path / "pbx.toml"), "--dry-run", "--json", *names]
    told = json.loads(CliRunner().invoke(main, command).stdout)
    assert told["by_type"] == {"call.ended": 2}
    (file,) = told["files"]
    assert (file["left_open"], file["unused"]) == (1, {"call without its part caller": 1})
    assert [(one["source"], one["line"]) for one in told["refusals"]] == [("tuesday.csv", 7), ("tuesday.csv", 5)]
    sent = [json.loads(one["told"]) for one in told["lines"] if one["fate"] == "sent"]
    assert [(one["call"], one["talk_s"]) for one in sent if "talk_s" in one] == [("c1", 90.0)]
