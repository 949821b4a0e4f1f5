"""The one file in a ZIP archive is read as it would be by itself; any other archive is named, with what to do."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from stream.errors import RingboardError
from stream.sources.opening import opened

if TYPE_CHECKING:
    from pathlib import Path

CSV = "date;tél\n05/01/2026;06 39 98 00 01\n" * 500


def packed(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def read(content: bytes, folder: Path) -> tuple[str, list[str]]:
    path = folder / "export.zip"
    path.write_bytes(content)
    with opened(path) as file:
        return file.content.read().decode(), list(file.remarks())


@pytest.mark.parametrize("content", [CSV.encode(), CSV.encode("utf-16")])
@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_one_file_in_it_is_read_whatever_its_encoding(content: bytes, how: int, tmp_path: Path) -> None:
    archive = packed(("leads/", b""), ("leads/day.csv", content), ("__MACOSX/leads/._day.csv", b"x"), how=how)
    text, remarks = read(archive, tmp_path)
    assert text == CSV
    assert remarks[0] == "it is a ZIP archive, and the one file in it was read"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (packed(("a.csv", b"a"), ("b.csv", b"b")), "a ZIP archive of 2 files; unpack it, and name those that are"),
        (packed(("a/", b"")), "a ZIP archive of 0 files; unpack it"),
        (packed(("a.csv", CSV.encode()))[:90], "a ZIP archive that is cut off, damaged or packed in a way that is"),
        (packed(("a.pdf", b"%PDF-1.7")), "a PDF; ask for the same as CSV"),
    ],
    ids=range(4),
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_what_to_do(content: bytes, told: str, tmp_path: Path) -> None:
    with pytest.raises(RingboardError, match=r"^export\.zip: ") as caught:
        read(content, tmp_path)
    assert told in str(caught.value)


def test_one_with_a_password_or_damaged_within_is_said_to_be(tmp_path: Path) -> None:
    whole = bytearray(packed(("a.csv", CSV.encode())))
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(RingboardError, match="a ZIP archive with a password; unpack it with that"):
        read(bytes(locked), tmp_path)
    damaged = bytearray(packed(("a.csv", CSV.encode()), how=zipfile.ZIP_STORED))
    damaged[200] ^= 1
    with pytest.raises(RingboardError, match="the ZIP archive is damaged, and was read up to there; copy it anew"):
        read(bytes(damaged), tmp_path)


def test_gzip_is_unpacked_as_before(tmp_path: Path) -> None:
    assert read(gzip.compress(CSV.encode()), tmp_path) == (CSV, [])
