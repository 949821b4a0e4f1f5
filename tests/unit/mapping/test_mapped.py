"""Files of any form are read by a mapping, row by row, and what is wrong in one is told with its line and column."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.errors import RingboardError
from stream.mapping.loading import load_mapping
from stream.sources.mapped import Mapped
from stream.sources.opening import opened
from stream.sources.reading import Read, Unreadable
from tests.shared_data import OURS, OUTSIDE, Recording, each
from tests.unit.mapping.writing import mapping

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

RULE = """
[[events]]
type = "lead.requested"
at = { from = "date", time = "day-first", timezone = "Europe/Paris" }
lead = "{id}"
campaign = "{source}"
"""
GOOD = "id;date;source\nL1;31/12/2025 18:05;Spring\n"


def read(content: str | bytes, file: str = "", rule: str = RULE) -> list[Read | Unreadable]:
    mapped = Mapped(mapping(f'name = "crm"\n[file]\n{file}\n{rule}'))
    data = content if isinstance(content, bytes) else content.encode()
    return list(mapped.read(io.BytesIO(data)))


def leads(content: str | bytes, file: str = "", rule: str = RULE) -> list[tuple[int, Any, Any]]:
    """Return line, lead and campaign of each event; no line may be refused."""
    return [(one.line, one.event["lead"], one.event["campaign"]) for one in read(content, file, rule)]  # type: ignore[union-attr, call-overload]


def refusals(content: str | bytes, file: str = "") -> list[tuple[int, str]]:
    return [(one.line, one.refused.message) for one in read(content, file) if isinstance(one, Unreadable)]


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(sign: str) -> None:
    assert leads(GOOD.replace(";", sign)) == [(2, "L1", "Spring")]


def test_what_excel_writes_above_the_header_names_the_delimiter() -> None:
    assert leads(f"sep=;\n{GOOD.replace('Spring', 'a,b,c')}") == [(3, "L1", "a,b,c")]
    assert leads(f"\ufeffSEP=|\r\n{GOOD.replace(';', '|')}") == [(3, "L1", "Spring")]


def test_the_delimiter_the_quote_and_the_encoding_can_be_named() -> None:
    content = "id:source:date\nL1:'été: l''an':31.12.2025\n".encode("cp1252")
    assert leads(content, 'delimiter = ":"\nquote = "\'"\nencoding = "cp1252"') == [(2, "L1", "été: l'an")]


def test_a_byte_order_mark_blank_lines_and_windows_ends_are_no_content() -> None:
    assert leads(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n\r\n").encode()) == [(3, "L1", "Spring")]


def test_columns_are_named_by_the_mapping_or_numbered_where_the_file_names_none() -> None:
    row = "L1;31/12/2025;Spring\n"
    assert leads(row, 'header = ["id", "date", "source"]') == [(1, "L1", "Spring")]
    numbered = RULE.replace("{id}", "{1}").replace('"date"', "2").replace("{source}", "{3}")
    assert leads(row, "header = false", numbered) == [(1, "L1", "Spring")]
    assert leads("A report\nof today\n" + GOOD, "skip = 2") == [(4, "L1", "Spring")]


def test_a_quoted_cell_goes_on_over_lines_and_its_row_counts_by_the_first() -> None:
    content = 'id;source;date\nL1;"Spring;\n""big""\nsale";31/12/2025\nL2;Fall;31/12/2025\n'
    assert leads(content) == [(2, "L1", 'Spring;\n"big"\nsale'), (5, "L2", "Fall")]


def test_a_quote_that_is_never_closed_costs_its_own_line_alone() -> None:
    content = GOOD + 'L2;31/12/2025;"Spring\n' + "".join(f"L{n};31/12/2025;Fall\n" for n in range(3, 100))
    assert refusals(content) == [(3, "column 3: a quote is opened and never closed; close it, or write it twice")]
    assert sum(isinstance(one, Read) for one in read(content)) == 98


def test_broken_quotes_are_told_with_their_column_and_the_rest_goes_on() -> None:
    content = GOOD + 'L2;"31/12/2025"x;Spring\nL3;31/12/2025;""Name" <1>";x\nL4;31/12/2025;Fall\n'
    told = refusals(content)
    assert [(line, message.partition(":")[0]) for line, message in told] == [(3, "column 2"), (4, "column 3")]
    assert "Name" not in str(told)
    assert isinstance(read(content)[-1], Read)


def test_quotes_that_nobody_doubled_cost_nothing_where_the_columns_can_only_be_these() -> None:
    mapped = Mapped(mapping('name = "crm"\n' + RULE))
    content = GOOD + 'L2;31/12/2025;""Name" <1>"\n'
    events = [one.event for one in mapped.read(io.BytesIO(content.encode())) if isinstance(one, Read)]
    assert [one["campaign"] for one in events] == ["Spring", '"Name" <1>']  # type: ignore[call-overload]
    assert mapped.remarks == ["1 rows have broken quotes, and were read by how many columns they must have"]


@each("pbxware_queue_log")
def test_an_export_with_broken_quotes_is_read_to_its_last_row(recorded: Recording) -> None:
    rule = """
        name = "pbxware"
        timezone = "UTC"
        [[events]]
        type = "call.ended"
        call = "{uniqueid}"
        direction = "outbound"
        placed_at = "{calldate}"
        at = { from = "calldate", plus = "duration" }
        number = "{dst}"
        talk_s = "{billsec}"
    """
    mapped = Mapped(mapping(rule))
    with opened(recorded.path("cdr.csv")) as file:
        told = list(mapped.read(file.content))
    rows = {OURS: 21, OUTSIDE: 1000}[recorded.place]
    assert (len(told), sum(isinstance(one, Read) for one in told)) == (rows, rows)
    assert "rows have broken quotes" in mapped.remarks[0]


def test_a_time_ahead_of_the_clock_is_refused_with_its_line(written: tuple[str, str], tmp_path: Path) -> None:
    data = tmp_path / "ahead.csv"
    data.write_text(GOOD + "L2;31/12/2999 18:05;Spring\n")
    told = json.loads(run("--mapping", written[0], "--dry-run", "--json", str(data)).output)
    (refusal,) = told["refusals"]
    assert (told["events"], refusal["line"], refusal["reason"]) == (1, 3, "time_ahead")


def test_a_row_that_is_cut_off_is_refused_with_what_it_has() -> None:
    assert refusals(GOOD + "L2;31/12/20\n" + "L3;31/12/2025;Fall\n") == [
        (3, "2 columns where the file has 3; is the row cut off, or a quote missing?")
    ]


def test_a_cell_of_another_form_is_told_with_its_line_and_column_and_never_its_text() -> None:
    (one,) = refusals(GOOD + "L2;2025-12-31;Spring\n" + "L3;31/12/2025;Fall\n")
    assert one == (
        3, 'at: "date": a string of 10 characters that is not a date with the day first; write 31/12/2025 18:00',
    )  # fmt: skip


def test_bytes_of_another_encoding_cost_nothing() -> None:
    assert not refusals(GOOD.encode() + "L2;31/12/2025;été\n".encode("cp1252"))


def test_a_column_that_is_not_there_is_found_out_before_the_first_row() -> None:
    with pytest.raises(RingboardError, match=r'none of its 3 columns is "source", .*did you mean "Source"\?'):
        read(GOOD.replace("source", "Source"))
    with pytest.raises(RingboardError, match="columns 1 and 3 have one name"):
        read("id;date;id\n")


def test_a_header_that_cannot_be_read_stops_the_file_and_no_row_takes_its_place(written: tuple[str, str]) -> None:
    with pytest.raises(RingboardError, match="header: column 2: a quote is opened and never closed"):
        read('id;"date;source\nL1;31/12/2025;Spring\n')
    result = run("--mapping", written[0], "--dry-run", written[0])
    assert result.exit_code == 1
    assert "Error: crm.toml: header: read as one column, while" in result.output


def test_of_several_columns_one_is_enough_and_what_may_be_absent_may_be_missing() -> None:
    rule = RULE.replace('"{source}"', '{ from = ["campaign", "source"] }')
    rule = rule.replace("lead =", 'when = { test = ["", "no"] }\nlead =')
    assert leads(GOOD, rule=rule) == [(2, "L1", "Spring")]


def test_a_row_that_no_rule_takes_is_counted() -> None:
    mapped = Mapped(mapping('name = "crm"\n' + RULE.replace("lead =", 'when = { source = "Fall" }\nlead =')))
    assert list(mapped.read(io.BytesIO(GOOD.encode()))) == []
    assert mapped.unused == {"no rule applies": 1}


def test_rows_are_numbered_whatever_became_of_them() -> None:
    rule = RULE.replace("{id}", "{#row} on {#line}")
    content = GOOD + "L2;cut\n" + "L3;31/12/2025;Fall\n"
    assert [one.event["lead"] for one in read(content, rule=rule) if isinstance(one, Read)] == ["1 on 2", "3 on 4"]  # type: ignore[call-overload]


def test_lines_of_json_may_be_objects_or_lists_of_them() -> None:
    row = {"id": "L1", "date": "31/12/2025", "source": "Spring"}
    content = f"{json.dumps(row)}\n\n{json.dumps([row, {**row, 'id': 'L2'}])}\n{{broken\n[3]\n{json.dumps(row)}\n"
    told = read(content, 'format = "json"')
    assert [one.line for one in told] == [1, 3, 3, 4, 5, 6]
    assert [(one.line, one.refused.reason) for one in told if isinstance(one, Unreadable)] == [
        (4, "malformed_json"), (5, "not_an_object"),
    ]  # fmt: skip


def test_a_poison_file_ends_in_refusals_and_nothing_else() -> None:
    told = refusals(GOOD.encode() + b"\x00\xff\xfe;;\n" + b'"' * 101 + b"\n" + b"x" + b";" * 500 + b"\n;;\n")
    assert [line for line, _ in told] == [3, 4, 5]


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["replay", *args])


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RINGBOARD_CONFIG", str(tmp_path / "none.toml"))
    (tmp_path / "none.toml").touch()
    form = tmp_path / "crm.toml"
    form.write_text('name = "crm"\nmade_up = "the hours"\n' + RULE)
    data = tmp_path / "leads.csv.gz"
    data.write_bytes(gzip.compress((GOOD + "L2;soon;Spring\n").encode()))
    return str(form), str(data)


def test_the_command_reads_by_a_mapping_and_says_what_was_refused_and_made_up(written: tuple[str, str]) -> None:
    form, data = written
    told = json.loads(run("--mapping", form, "--dry-run", "--json", data).output)
    assert (told["events"], told["refused"]) == (1, {"wrong_type": 1})
    assert told["refusals"][0]["line"] == 3
    assert told["files"][0]["format"] == "mapping crm"
    assert told["files"][0]["remarks"] == ["made up: the hours"]
    text = run("--mapping", form, "--dry-run", data).output
    assert "note: made up: the hours" in text


def test_the_command_refuses_a_wrong_mapping_in_one_line(written: tuple[str, str], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "crm"\n' + RULE.replace("day-first", "dayfirst"))
    result = run("--mapping", str(wrong), "--dry-run", written[1])
    assert result.exit_code == 1
    assert "wrong.toml: events 1 (lead.requested), at, time: a string of 8 characters" in result.output
    assert "Traceback" not in result.output
    assert "Use one of --format and --mapping" in run("--mapping", written[0], "--format", "ndjson", written[1]).output


def test_an_hour_that_comes_twice_or_never_is_noted(tmp_path: Path) -> None:
    mapping = tmp_path / "crm.toml"
    mapping.write_text(
        'name = "crm"\ntimezone = "Europe/Paris"\n[[events]]\ntype = "lead.lost"\nlead = "{id}"\nat = "{at}"\n'
    )
    rows = (
        "id,at\nL1,2026-10-25T02:30:00\nL2,2026-03-29T02:30:00\nL3,2026-10-25T02:30:00+01:00\nL4,2026-10-25T04:00:00\n"
    )
    for _ in range(2):  # a mapping counts for all files, a file for itself
        source = Mapped(load_mapping(mapping))
        assert len(list(source.read(io.BytesIO(rows.encode())))) == 4
        twice, never = source.remarks
        assert twice.startswith("1 of its times lie in an hour that comes twice, when the clocks go back")
        assert never.startswith("1 of its times lie in an hour that the clocks skip; read as if they had not been put")
