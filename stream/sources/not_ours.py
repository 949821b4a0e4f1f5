"""What a file is that nothing here reads, by its first bytes, and what to do with it."""

from __future__ import annotations

from typing import Final

_TABLE: Final = 'save it as "CSV UTF-8" there, and replay that with --mapping FILE'
_UNPACK: Final = "unpack it, or pack it with gzip instead"
_BEGINS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel (.xls)", _TABLE),
    (b"%PDF-", "a PDF", "ask for the same as CSV where it was made"),
    (b"PAR1", "a Parquet file", "write it as CSV, and replay that with --mapping FILE"),
    (b"SQLite format 3\0", "an SQLite database", "write its table as CSV, and replay that with --mapping FILE"),
    (b"Obj\x01", "an Avro file", "write it as lines of JSON, and replay that with --mapping FILE"),
    (b"\xfd7zXZ\0", "packed with xz", _UNPACK),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
)
_ZIP: Final = b"PK\x03\x04"
_IN_WORKBOOKS: Final = (b"xl/", b"[Content_Types].xml")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT: Final = 4096
_FEW: Final = 20  # NULs, or one in so many bytes, are a damaged line


def what_it_is(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that begins with `head`, and what to do with it; None for what may be text."""
    if head.startswith(_ZIP):
        if any(name in head[:_LOOKED_AT] for name in _IN_WORKBOOKS):
            return "a workbook of Excel (.xlsx)", _TABLE
        return "a ZIP archive", _UNPACK
    for begins, what, todo in _BEGINS:
        if head.startswith(begins):
            return what, todo
    looked_at = head[:_LOOKED_AT]
    if looked_at.startswith(_UTF_16) or _alternates(looked_at):
        return "text in UTF-16", "write it as UTF-8: iconv -f UTF-16 -t UTF-8, or save it as such where it was made"
    if looked_at.count(0) > max(_FEW, len(looked_at) // _FEW):
        return "no text", "name a file of text: CSV, lines of JSON, or a log"
    return None


def _alternates(head: bytes) -> bool:
    """Return whether every other byte is NUL, as in UTF-16 without a mark."""
    return len(head) >= 4 and 0 in {head[0], head[1]} and head.count(0) * 5 > len(head) * 2  # noqa: PLR2004  4 of 10
