"""A mapping is tried on a file: its rows stand beside the events that they become, and what is wrong with either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from stream.cli import main

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """
name = "crm"
timezone = "Europe/Paris"
made_up = "the hours"
[[events]]
type = "lead.requested"
when = { status = { not = "test" } }
at = "{at}"
lead = "{id}"
campaign = "Spring"
[[events]]
type = "lead.won"
when = { status = "won" }
at = "{won}"
lead = "{id}"
amount = "{amount}"
currency = "EUR"
"""
ROWS = """id,at,won,amount,status
L1,2026-01-05 09:12,2026-01-06,12.50,won
L2,soon,,,new
L3,2026-01-05 09:30,,,test
L4,2026-01-05 09:30
L5,2026-01-05 09:30,2026-01-06,1.234,won
L6,2026-01-05 09:30,,,new
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "crm.toml").write_text(MAPPING)
    (tmp_path / "leads.csv").write_text(ROWS)
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["mapping", "try", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_rows_stand_beside_the_events_that_they_become(folder: Path) -> None:
    assert folder.exists()
    assert run("crm.toml", "leads.csv", "--rows", "1").splitlines() == [
        "leads.csv, line 2",
        "    id      L1",
        "    at      2026-01-05 09:12",
        "    won     2026-01-06",
        "    amount  12.50",
        "    status  won",
        "  → lead.requested  at=2026-01-05T09:12:00+01:00  lead=L1  campaign=Spring",
        "  → lead.won  at=2026-01-06T00:00:00+01:00  lead=L1  amount=12.5  currency=EUR",
        "note: made up: the hours",
        "1 rows: lead.requested 1, lead.won 1; `ringboard replay --mapping crm.toml --dry-run leads.csv` reads all",
    ]


def test_what_is_wrong_with_a_row_or_an_event_stands_below_it(folder: Path) -> None:
    assert folder.exists()
    lines = run("crm.toml", "leads.csv", "--rows", "9").splitlines()
    wrong = [line for line in lines if line.startswith("  ✗")]
    assert wrong[0].startswith('  ✗ line 3: wrong_type: at: "at": a string of 4 characters')
    assert wrong[1].startswith("  ✗ line 5: malformed_line: 2 columns where the file has 5")
    assert wrong[2].startswith("  ✗ it would be refused: out_of_range: amount: ")
    assert lines[lines.index("leads.csv, line 4") + 4] == "  → nothing: no rule takes it"
    assert lines[-1].startswith("5 rows: lead.requested 3, refused 3, lead.won 1; ")


def test_of_an_object_the_paths_are_shown_that_a_mapping_names(folder: Path) -> None:
    mapping = 'name = "a"\n[file]\nformat = "json"\n[[events]]\ntype = "lead.lost"\nlead = "{d.ids.0}"\nat = "{d.t}"\n'
    (folder / "cloud.toml").write_text(mapping)
    (folder / "leads.json").write_text('[{"d": {"ids": [7, 8], "t": 1767603600000, "no": null, "ok": true}}]')
    said = run("cloud.toml", "leads.json")
    assert all(line in said for line in ("    d.ids.0  7", "    d.ids.1  8", "    d.ok     true"))
    assert "  → lead.lost  lead=7  at=2026-01-05T10:00:00+01:00" in said
    assert "d.no" not in said


def test_what_cannot_be_read_is_one_line(folder: Path) -> None:
    (folder / "wrong.toml").write_text("name = 3")
    result = CliRunner().invoke(main, ["mapping", "try", "wrong.toml", "leads.csv"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: wrong.toml: name: a whole number; write a short name")


PARTS = """
name = "legs"
[[events]]
type = "call.ended"
call = "{call}"
direction = "inbound"
talk_s = { between = ["#whole.joined", "#whole.at"] }
[events.parts.caller]
when = { leg = "caller" }
number = "{who}"
placed_at = "{start}"
at = "{end}"
[events.parts.rep]
when = { leg = "rep" }
optional = true
times = { joined = "{start}" }
rep = "{who}"
"""
LEG_ROWS = """call,leg,who,start,end
c1,caller,06 39 98 00 01,2026-01-05T10:00:00Z,2026-01-05T10:01:40Z
c1,rep,Ada,2026-01-05T10:00:10Z,
c1,ivr,menu,,
c1,rep,Ben,soon,
c2,caller,06 39 98 00 02,2026-01-05T10:00:00Z,2026-01-05T10:01:40Z
"""


def test_what_a_row_tells_of_a_call_stands_beside_it_and_the_calls_of_all_rows_below(folder: Path) -> None:
    (folder / "legs.toml").write_text(PARTS)
    (folder / "legs.csv").write_text(LEG_ROWS)
    said = [line for line in run("legs.toml", "legs.csv", "--rows", "4").splitlines() if not line.startswith("    ")]
    assert said == [
        "legs.csv, line 2",
        (
            "  → part caller  call=c1  direction=inbound  number=06 39 98 00 01  placed_at=2026-01-05T11:00:00+01:00"
            "  at=2026-01-05T11:01:40+01:00"
        ),
        "legs.csv, line 3",
        "  → part rep  call=c1  direction=inbound  rep=Ada  joined=2026-01-05T11:00:10+01:00",
        "legs.csv, line 4",
        "  → nothing: no rule takes it",
        "legs.csv, line 5",
        (
            '  ✗ line 5: wrong_type: joined: "start": a string of 4 characters that is not a time; write'
            ' 2025-12-31T18:00:00, or say its form: time = "day-first"'
        ),
        "of these rows, the calls that are told in parts",
        (
            "  → call.ended  at=2026-01-05T11:01:40+01:00  call=c1  number=06 39 98 00 01  direction=inbound"
            "  placed_at=2026-01-05T11:00:00+01:00  rep=Ada  talk_s=90.0"
        ),
        "4 rows: refused 1, call.ended 1; `ringboard replay --mapping legs.toml --dry-run legs.csv` reads all",
    ]
