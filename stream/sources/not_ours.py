"""What a file is that nothing here reads, by its first bytes, and what to do with it."""

from __future__ import annotations

from typing import Final

from stream.sources.text import wide_encoding

_UNPACK: Final = "unpack it, or pack it with gzip instead"
_BEGINS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"%PDF-", "a PDF", "ask for the same as CSV where it was made"),
    (b"PAR1", "a Parquet file", "write it as CSV, and replay that with --mapping FILE"),
    (b"SQLite format 3\0", "an SQLite database", "write its table as CSV, and replay that with --mapping FILE"),
    (b"Obj\x01", "an Avro file", "write it as lines of JSON, and replay that with --mapping FILE"),
    (b"\xfd7zXZ\0", "packed with xz", _UNPACK),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"PK\x05\x06", "a ZIP archive", _UNPACK),
)
_LOOKED_AT: Final = 4096
_BLANK: Final = 0x20
_OF_TEXT: Final = b"\t\n\r\f\x1b"
_FEW: Final = (
    20  # zeros, or one in so many bytes, are a damaged line; of what is no text other controls are as frequent
)


def what_it_is(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that begins with `head`, and what to do with it; None for what may be text."""
    for begins, what, todo in _BEGINS:
        if head.startswith(begins):
            return what, todo
    if wide_encoding(head) is not None:
        return None
    # Where a log was cut while it was written to, it begins with as many zeros as it was long.
    looked_at = head.lstrip(b"\0")[:_LOOKED_AT]
    rest = looked_at.replace(b"\0", b"")
    controls = sum(sign < _BLANK and sign not in _OF_TEXT for sign in rest)
    if len(looked_at) - len(rest) > max(_FEW, len(looked_at) // _FEW) and controls > len(rest) // _FEW:
        return "no text", "name a file of text: CSV, lines of JSON, or a log"
    return None
