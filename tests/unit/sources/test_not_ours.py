"""A file that nothing here reads is named for what it is, with what to do, whatever it was given as."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.sources.not_ours import what_it_is

if TYPE_CHECKING:
    from pathlib import Path

CSV = "date;tél;statut\n05/01/2026 09:12;06 39 98 00 01;Gagné\n" * 40


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (packed(), "a ZIP archive without a file"),
        (
            b"<!DOCTYPE html>\n<html><table><tr><th>id</th></tr></table>",
            "a web page, whatever it is called",
        ),
        (b"\xef\xbb\xbf\n<table border=1><tr><td>id", "a web page, whatever it is called"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook', "a workbook of Excel 2003 (XML)"),
        (b"\0\1\0\0Standard Jet DB\0\1" + bytes(range(128, 256)) * 30, "a database of Access"),
        (b"From ops Fri Nov 27 09:00:00 2026\nFrom: a@example.org\n\n", "a mailbox"),
        (b"Received: from a\n\tby b\nDate: today\nSubject: calls\n\n", "an e-mail"),
        (b"-- MySQL dump 10.13\n--\nCREATE TABLE x", "a dump of a database"),
        (b"day.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(240), "a tar archive"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (lzma.compress(CSV.encode()), "packed with xz"),
        (b"SQLite format 3\0" + bytes(84), "an SQLite database"),
        (bytes(range(256)) * 8 + bytes(900), "no text"),
        (gzip.compress(b"%PDF-1.7"), "a PDF"),
        (b"Rar!\x1a\x07\x00", "a RAR archive"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
@pytest.mark.parametrize("how", [(), ("--format", "ndjson"), ("--mapping", "hubspot")])
def test_it_is_named_and_nothing_of_it_is_read(content: bytes, what: str, how: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    result = CliRunner().invoke(main, ["replay", "--dry-run", *how, str(file)])
    assert result.exit_code == 1
    lines = result.output.strip().splitlines()
    assert lines[-1].startswith(f"Error: export.csv: {what}; ")
    assert not any("interrupted" in line or "refused" in line for line in lines if "0 refused" not in line)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00",
        CSV.encode(),
        CSV.encode("cp1252"),
        CSV.encode("utf-16"),
        bytes(9000),
        b'{"a": "\x00\x00"}\n',
        b"BZ",
        b"\xef\xbb\xbfdate;",
    ],
    ids=range(9),
)
def test_text_with_a_damaged_line_is_text(head: bytes) -> None:
    assert what_it_is(head) is None
