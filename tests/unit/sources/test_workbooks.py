"""A workbook is read as the CSV that it would be saved as, or said to be one, with what to do."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.errors import RingboardError
from stream.sources.opening import opened
from stream.sources.text import Written
from stream.sources.workbooks import _text

if TYPE_CHECKING:
    from pathlib import Path

ROWS: list[list[Any]] = [
    ["Date", "Téléphone", "Commercial", "Montant"],
    ["27/11/2026 09:12", "06 39 98 00 01", "Zoé", 1250.5],
    [],
    ["28/11/2026 10:00", 639980002, "Ben", 3],
]
MAPPING = """name = "our-crm"
time = "day-first"
region = "FR"
decimal = "comma"
[[events]]
type = "lead.requested"
lead = { from = "Téléphone", region = "FR" }
number = "{Téléphone}"
at = { from = "Date" }
campaign = "Spring"
"""
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx(*sheets: list[list[Any]]) -> bytes:
    def cell(place: str, value: Any) -> str:
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}">'
            f'<Relationship Id="r0" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        numbers = range(1, len(sheets) + 1)
        relations = "".join(
            f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>')
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        )
        for n, rows in enumerate(sheets, 1):
            lines = "".join(
                f'<row r="{r}">{"".join(cell(f"{chr(64 + c)}{r}", value) for c, value in enumerate(row, 1))}</row>'
                for r, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>{lines}</sheetData></worksheet>',
            )
    return file.getvalue()


def ods(rows: list[list[Any]]) -> bytes:
    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    space = "urn:oasis:names:tc:opendocument:xmlns"
    lines = "".join(
        f"<table:table-row>{''.join(map(cell, row)) or '<table:table-cell/>'}</table:table-row>" for row in rows
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{space}:manifest:1.0"/>')
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet><table:table table:name="S">{lines}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return file.getvalue()


@pytest.mark.parametrize("content", [xlsx(ROWS), ods(ROWS)], ids=["xlsx", "ods"])
def test_a_workbook_is_read_with_the_mapping_of_the_csv_it_would_be(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(MAPPING)
    (tmp_path / "crm.xlsx").write_bytes(content)
    command = ["replay", "--dry-run", "--json", "--mapping", str(tmp_path / "crm.toml"), str(tmp_path / "crm.xlsx")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert [(line["line"], line["fate"]) for line in summary["lines"]] == [(2, "sent"), (4, "sent")]
    (file,) = summary["files"]
    assert "its first sheet was read" in file["remarks"][0]


def test_rows_stand_on_the_lines_of_their_numbers_with_the_signs_that_are_expected(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([], [["a;b", 'say "x"', "two\nlines"], [1.125, 1250.5, 1e300]], [["other"]]))
    with opened(path, Written(delimiter=";", decimal="comma")) as file:
        lines = file.content.read().decode().splitlines()
        assert list(file.remarks()) == [
            "it is a workbook of Excel (.xlsx), and the first of its 2 sheets was read; save the others as files"
        ]
    assert lines == ['"a;b";"say ""x""";two lines', "1,1250;1250,5;1e+300"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", ""),
        (True, "true"),
        (639980101.0, "639980101"),
        (0.5, "0.5"),
        (dt.datetime(2026, 11, 27, 9, 11, 59, 999_000), "2026-11-27 09:12:00"),  # noqa: DTZ001  a cell has no zone
        (dt.date(2026, 11, 27), "2026-11-27"),
        (dt.time(9, 12), "09:12:00"),
        (dt.timedelta(hours=26, seconds=61), "26:01:01"),
    ],
)
def test_a_cell_is_written_as_in_a_file(cell: Any, text: str) -> None:
    assert _text(cell, "point") == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "a workbook of Excel (.xls) that cannot be read: it is damaged",
        ),
        (xlsx(ROWS)[:-40], "a workbook of Excel (.xlsx) that cannot be read: it is damaged, or has a password"),
        (xlsx([]), "a workbook of Excel (.xlsx) with nothing in it; save the sheet that has the rows"),
    ],
    ids=["xls", "cut", "empty"],
)
def test_one_that_cannot_be_read_is_said_to_be_one(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    path.write_bytes(content)
    with pytest.raises(RingboardError) as raised, opened(path):
        pass
    assert str(raised.value).startswith(f"crm.xlsx: {said}")


def test_one_that_says_it_is_beyond_all_measure_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.sources.workbooks._MOST_BYTES", 100)
    path = tmp_path / "crm.xlsx"
    path.write_bytes(xlsx(ROWS))
    with pytest.raises(RingboardError, match="of more than 1 GiB; save it as"), opened(path):
        pass


def test_without_the_library_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    path = tmp_path / "crm.xlsx"
    path.write_bytes(xlsx(ROWS))
    with pytest.raises(RingboardError, match="to read it run `make install-workbooks` in the folder"), opened(path):
        pass
