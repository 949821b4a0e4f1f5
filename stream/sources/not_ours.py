"""What a file is that nothing here reads, by its first bytes, and what to do with it."""

from __future__ import annotations

import re
from typing import Final

from stream.sources.text import wide_encoding

_EXPORT: Final = "write its table as CSV, and replay that with --mapping FILE"
_FOLLOW: Final = f"{_EXPORT}, or follow the database itself: `ringboard connect sql`"
_SAVE: Final = 'open it in a spreadsheet, and save it as "CSV UTF-8"'
_ATTACHED: Final = "save what is attached to it, and name that"
_UNPACK: Final = "unpack it, or pack it with gzip instead"
_BEGINS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"%PDF-", "a PDF", "ask for the same as CSV where it was made"),
    (b"PAR1", "a Parquet file", "write it as CSV, and replay that with --mapping FILE"),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"Obj\x01", "an Avro file", "write it as lines of JSON, and replay that with --mapping FILE"),
    (b"\xfd7zXZ\0", "packed with xz", _UNPACK),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"PK\x05\x06", "a ZIP archive without a file", "pack it anew"),
    (b"\0\1\0\0Standard Jet DB", "a database of Access", _EXPORT),
    (b"\0\1\0\0Standard ACE DB", "a database of Access", _EXPORT),
    (b"{\\rtf", "a document of a word processor (RTF)", _SAVE),
    (b"\x89PNG", "a picture", "ask for the same as CSV where it was made"),
    (b"\xff\xd8\xff", "a picture", "ask for the same as CSV where it was made"),
)
_OF_MAIL: Final = rb"(?:Return-Path|Delivered-To|Received|Message-ID|MIME-Version|From|Subject|Date)"
_LOOKS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (rb"\s*<(?:!doctype\s+html|html|head|body|table|meta)\b", "a web page, whatever it is called", _SAVE),
    (rb"\s*<\?xml[^>]*>\s*<\?mso-application[^>]*Excel", "a workbook of Excel 2003 (XML)", _SAVE),
    (rb"\s*<\?xml[^>]*>.{0,300}office:spreadsheet", "a workbook of Excel 2003 (XML)", _SAVE),
    (rb"From \S+ [^\n]*\d{4}\r?\n[\w-]+: ", "a mailbox", _ATTACHED),
    (rb"(?:" + _OF_MAIL + rb": [^\n]*\n(?:[ \t][^\n]*\n)*){3}", "an e-mail", _ATTACHED),
    (rb"(?:--[^\n]*\n)*-- [^\n]*(?:MySQL|MariaDB|PostgreSQL)[^\n]*dump", "a dump of a database", _FOLLOW),
    (rb"CREATE TABLE |INSERT INTO ", "a dump of a database", _FOLLOW),
    (rb".{257}ustar", "a tar archive", "unpack it, and name the files in it"),
)
_PATTERNS: Final = tuple((re.compile(look, re.IGNORECASE | re.DOTALL), what, todo) for look, what, todo in _LOOKS)
_LOOKED_AT: Final = 4096
_BLANK: Final = 0x20
_OF_TEXT: Final = b"\t\n\r\f\x1b"
_FEW: Final = (
    20  # zeros, or one in so many bytes, are a damaged line; of what is no text other controls are as frequent
)


def what_it_is(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that begins with `head`, and what to do with it; None for what may be text."""
    start = head.removeprefix(b"\xef\xbb\xbf")[:_LOOKED_AT]
    known = [(what, todo) for begins, what, todo in _BEGINS if head.startswith(begins)]
    known += [(what, todo) for pattern, what, todo in _PATTERNS if pattern.match(start)]
    if known:
        return known[0]
    if wide_encoding(head) is not None:
        return None
    # Where a log was cut while it was written to, it begins with as many zeros as it was long.
    looked_at = head.lstrip(b"\0")[:_LOOKED_AT]
    rest = looked_at.replace(b"\0", b"")
    controls = sum(sign < _BLANK and sign not in _OF_TEXT for sign in rest)
    if len(looked_at) - len(rest) > max(_FEW, len(looked_at) // _FEW) and controls > len(rest) // _FEW:
        return "no text", "name a file of text: CSV, lines of JSON, or a log"
    return None
