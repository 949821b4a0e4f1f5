"""A first mapping is right for exports as diallers and CRMs write them: titles, totals, units, dates beside hours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.mapping.test_drafting import draft

RECORDED = Path(__file__).parents[2] / "recordings" / "exports"
FIELDS = ("call", "direction", "number", "rep", "talk_s", "disposition")


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def of(events: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(event.get(name) for name in names) for event in events]


def test_a_call_log_has_the_talk_of_its_many_lengths_and_the_number_by_the_way_of_the_call(tmp_path: Path) -> None:
    text, events = draft(recorded("call_log.csv"), tmp_path)
    assert of(events, *FIELDS) == [
        ("3001", "outbound", "0639980201", "Doe, Jane", 71.0, "interested"),
        ("3002", "outbound", "0639980202", "Doe, Jane", 0.0, "no_answer"),
        ("3003", "inbound", "0639980203", "Roe, Richard", 33.0, "refused"),
        ("3004", "outbound", "0639980204", None, 0.0, "busy"),
        ("3005", "outbound", "0639980205", "Roe, Richard", 120.0, "interested"),
    ]
    assert of(events[2:3], "ring_s", "wait_s", "wrap_s", "campaign") == [(5.0, 12.235, 10.0, "Wind")]
    assert [event["at"] - event["placed_at"] for event in events] == [85_000, 20_000, 50_000, 5_000, 130_000]
    assert datetime.fromtimestamp(events[0]["placed_at"] / 1000, UTC) == datetime(2026, 11, 27, 8, 0, 6, tzinfo=UTC)
    assert '# A row of "Total (5)" is none, and is left out.' in text
    assert '# ? which are inbound? "Outbound" 2, "Manual" 1, "Inbound" 1, "Preview" 1' in text


def test_a_report_is_read_below_its_title_with_dates_and_hours_in_two_columns(tmp_path: Path) -> None:
    text, events = draft(recorded("detail_report.csv"), tmp_path)
    assert "skip = 3  # lines above its header" in text
    assert [datetime.fromtimestamp(event["placed_at"] / 1000, UTC).strftime("%d %H:%M") for event in events] == [
        "26 07:00", "26 11:30", "27 15:05",
    ]  # fmt: skip
    assert of(events, "direction", "rep", "talk_s", "ring_s", "disposition") == [
        ("outbound", "Doe, Jane", 90.0, 6.0, "interested"),
        ("outbound", "Roe, Richard", None, 12.0, "voicemail"),
        ("inbound", "Doe, Jane", 30.0, 3.0, "refused"),
    ]
    assert '# ? does "Call Length (min)" count the ringing? it is never the shorter; if not, leave minus out' in text


def test_a_call_without_an_id_is_named_by_when_it_was_placed_and_by_whom_so_that_no_other_file_has_the_same(
    tmp_path: Path,
) -> None:
    _, events = draft(recorded("detail_report.csv"), tmp_path)
    assert events[0]["call"] == "11/26/2026 08:00:06 AM Doe, Jane"
    report = recorded("detail_report.csv")
    _, events = draft(report.replace("12:30:00 PM", "08:00:06 AM").replace("Roe, Richard", "Doe, Jane"), tmp_path)
    assert [event["call"] for event in events[:2]] == [f"11/26/2026 08:00:06 AM Doe, Jane-{n}" for n in (1, 2)]


def test_deals_are_decided_on_their_closing_date_and_not_when_they_were_touched_last(tmp_path: Path) -> None:
    text, events = draft(recorded("deals.tsv"), tmp_path, "deals.tsv")
    decided = [event for event in events if event["type"] in {"lead.won", "lead.lost"}]
    assert [(e["type"], e["lead"], datetime.fromtimestamp(e["at"] / 1000, UTC).day) for e in decided] == [
        ("lead.won", "zcrm_55400001", 29), ("lead.lost", "zcrm_55400002", 30),
    ]  # fmt: skip
    assert of(decided[:1], "amount", "currency", "rep") == [("4200", "EUR", "Doe, Jane")]
    assert [e["campaign"] for e in events if e["type"] == "lead.requested"] == ["Web", "unknown", "Fair"]
    assert '#   "Modified Time": ' in text


def test_rows_that_share_the_id_of_a_call_are_one_call_and_its_way_is_asked_with_a_proposal(tmp_path: Path) -> None:
    text, events = draft(recorded("legs.csv"), tmp_path)
    assert [event["call"] for event in events] == ["Call 9001", "Call 9002", "Call 9003", "Call 9003"]
    assert '# ? is it direction = { from = "9", map = { "Ext" = "outbound", "Line" = "inbound" } }?' in text


def test_calls_within_the_house_are_left_out_and_what_stands_for_nothing_is_nothing(tmp_path: Path) -> None:
    rows = "id;start;way;number;agent;talk\n" + "".join(
        f"c{n};27/11/2026 09:0{n}:00;{way};06 39 98 02 3{n};{rep};{talk}\n"
        for n, (way, rep, talk) in enumerate(
            [
                ("Incoming", "Ada", "1 min 25 s"),
                ("Outgoing", "-", "0 s"),
                ("Internal", "Ben", "3 s"),
                ("Outgoing", "Ben", "40 sec"),
            ]
        )
    )
    text, events = draft(rows, tmp_path)
    assert 'when = { "way" = { not = ["Internal"] } }' in text
    assert of(events, "call", "direction", "rep", "talk_s") == [
        ("c0", "inbound", "Ada", 85.0), ("c1", "outbound", None, 0.0), ("c3", "outbound", "Ben", 40.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "moments",
    [
        ("27 Nov 2026 09:00", "28 Nov 2026 17:30"), ("Nov 27, 2026 09:00 AM", "Nov 28, 2026 5:30 PM"),
        ("27-Nov-26 09:00:00", "28-Nov-26 17:30:00"), ("Fri Nov 27 2026 09:00", "Sat Nov 28 2026 17:30"),
        ("27 November 2026, 09:00", "28 November 2026, 17:30"), ("2026-11-27T08:00:00Z", "2026-11-28T16:30:00Z"),
        ("1795766400", "1795883400"), ("27.11.26 9:00", "28.11.26 17:30"),
    ],
)  # fmt: skip
def test_times_are_known_in_the_forms_that_exports_have(moments: tuple[str, str], tmp_path: Path) -> None:
    rows = "".join(f'c{n};"{moment}";06 39 98 02 4{n};10\n' for n, moment in enumerate(moments))
    _, events = draft("call id;start;number;talk\n" + rows, tmp_path)
    assert [event["placed_at"] // 60_000 for event in events] == [1_795_766_400 // 60, 1_795_883_400 // 60]


def test_a_title_above_semicolons_and_the_line_of_a_spreadsheet_leave_the_sign_between_cells_known(
    tmp_path: Path,
) -> None:
    rows = "id;start;number;talk\na;27/11/2026 09:00;06 39 98 02 51;1,5\nb;27/11/2026 09:09;06 39 98 02 52;2,5\n"
    for above in ("Calls, of November, all\n", "sep=;\nCalls of November\n", "sep=;\n", "\n\n"):
        _, events = draft(above + rows, tmp_path)
        assert of(events, "call", "talk_s") == [("a", 1.5), ("b", 2.5)]
