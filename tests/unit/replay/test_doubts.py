"""A summary says what looks wrong in a file whose events are each right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.configuration import load_settings
from stream.events.reading import read_mapping
from stream.replay.doubts import Doubts

if TYPE_CHECKING:
    from pathlib import Path

TEN = 1_767_603_600_000  # Monday 5 January 2026, 10:00 in Paris
NOW = TEN + 86_400_000
HOUR = 3_600_000


def call(number: int, at: int = TEN, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"c-{number}", "type": "call.ended", "call": f"c-{number}", "direction": "outbound", "lead": "L",
        "placed_at": at, "at": at + 60_000, "campaign": f"Spring {number}", **fields,
    }  # fmt: skip


def answered(number: int, at: int = TEN, **fields: Any) -> dict[str, Any]:
    return call(number, at, **{"answered_at": at + 10_000, "talk_s": 50, **fields})


def doubts(*events: dict[str, Any], now: int = NOW, by_mapping: bool = True, as_recorded: bool = True) -> list[str]:
    seen = Doubts(ZoneInfo("Europe/Paris"), load_settings().opening_minutes)
    for event in events:
        seen.see(read_mapping(event, received_ms=now, ahead_ms=24 * HOUR), now)
    return list(seen.lines(by_mapping=by_mapping, as_recorded=as_recorded))


def test_of_what_is_right_nothing_is_said() -> None:
    assert doubts() == doubts(*(answered(n) for n in range(30))) == []
    assert doubts(call(1), call(2)) == []


def test_answered_calls_without_talk_are_no_contacts_and_said_to_be() -> None:
    (line,) = doubts(answered(1), answered(2, talk_s=None), answered(3, talk_s=None, disposition="interested"), call(4))
    assert line.startswith("1 of 4 calls were answered and have no talk, so none of these is a contact; where")


def test_a_file_in_which_nothing_is_ever_answered_is_doubted() -> None:
    (line,) = doubts(*(call(n) for n in range(3)))
    assert line == "none of its 3 calls was answered; is answered_at or talk_s read from the right column?"


def test_a_mapping_that_makes_all_one_campaign_is_doubted() -> None:
    one = [answered(n, campaign="Spring") for n in range(3)]
    assert doubts(*one) == ["all of it is one campaign; if there are several, which column names them?"]
    assert doubts(*one, by_mapping=False) == []


def test_times_of_two_zones_in_one_call_are_doubted() -> None:
    (line,) = doubts(*(answered(n, at=TEN - HOUR, answered_at=TEN + 10_000) | {"at": TEN + 60_000} for n in range(3)))
    assert line.startswith("in 3 of 3 calls 1 h lie between the beginning and the end beyond the talk; are all of its")


def test_events_ahead_of_the_clock_are_doubted() -> None:
    (line,) = doubts(*(answered(n, at=NOW + 2 * HOUR) for n in range(2)))
    assert line == "2 of its events lie ahead of the clock, the last by 2 h; is the timezone right?"
    assert doubts(*(answered(n, at=NOW + 2 * HOUR) for n in range(2)), as_recorded=False) == []


@pytest.mark.parametrize(("hours", "way"), [(-2, "2 h later"), (3, "3 h earlier")])
def test_calls_that_would_lie_in_the_opening_hours_some_hours_later_or_earlier_are_doubted(
    hours: int, way: str
) -> None:
    calls = [answered(n, at=TEN - HOUR + n * 15 * 60_000 + hours * HOUR) for n in range(35)]
    (line,) = doubts(*calls)
    assert "of its calls lie outside the opening hours, and 0% would if all lay" in line
    assert line.endswith(f"{way}; is the timezone right?")
    assert doubts(*calls, as_recorded=False) == []


MAPPING = """
name = "dialler"
time = "epoch"
[[events]]
type = "call.ended"
call = "{id}"
direction = "outbound"
lead = "L"
campaign = "all"
placed_at = "{start}"
answered_at = "{answer}"
at = "{end}"
"""


def test_the_summary_of_a_dry_run_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "dialler.toml").write_text(MAPPING)
    (tmp_path / "calls.csv").write_text(
        "id,start,answer,end\n1,1767603600,1767603610,1767603670\n2,1767603700,,1767603710\n"
    )
    arguments = ["--mapping", str(tmp_path / "dialler.toml"), "--dry-run", "--json", str(tmp_path / "calls.csv")]
    result = CliRunner().invoke(main, ["replay", *arguments])
    (remark,) = json.loads(result.stdout)["files"][0]["remarks"]
    assert remark.startswith("1 of 2 calls were answered and have no talk")
