"""The fields of a form that is posted in parts (multipart/form-data), as plugins of web forms do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_HEAD: Final = 8_192
"""Bytes of what stands above a part's value."""

_BEGINS: Final = re.compile(rb"--([!-~][ -~]{0,69})\r\n[A-Za-z-]{1,100}:")
_FIELD: Final = re.compile(
    rb"content-disposition:\s*form-data\b[^\r\n]*?;\s*name=(?:\"((?:[^\"\\\r\n]|\\.)*)\"|([^\s;\"]+))", re.IGNORECASE
)
_FILE: Final = re.compile(rb"content-disposition:[^\r\n]*;\s*filename\*?=", re.IGNORECASE)
_ENCODED: Final = re.compile(rb"content-transfer-encoding:\s*(?!7bit|8bit|binary)", re.IGNORECASE)
_ESCAPED: Final = {"%22": '"', "%0D": "\r", "%0A": "\n"}


def boundary_of(body: bytes) -> bytes | None:
    """Return what stands between the parts of a `body`; None where it is not in parts."""
    begins = _BEGINS.match(body)
    return None if begins is None else begins[1]


def fields_in(body: bytes, boundary: bytes, most: int) -> Iterator[tuple[str, str]]:
    """
    Yield the names and values of a form in parts, without the files in it.

    Raises ValueError where it is cut off, has more than `most` parts, or one that is no field in UTF-8.
    """
    parts = body.split(b"\r\n--" + boundary, most)
    parts[0] = parts[0].removeprefix(b"--" + boundary)
    end = parts.pop()
    if end not in {b"--", b"--\r\n"}:
        raise ValueError(len(parts))
    for part in parts:
        head, separator, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        named = _FIELD.search(head)
        if not separator or named is None or len(head) > LONGEST_HEAD or _ENCODED.search(head):
            raise ValueError(len(head))
        if _FILE.search(head) is None:
            yield _name(named[1] if named[1] is not None else named[2]), value.decode()


def _name(written: bytes) -> str:
    """Return a name, of which browsers write a quote as %22, and others behind a backslash."""
    name = re.sub(r"\\(.)", r"\1", written.decode())
    for escaped, sign in _ESCAPED.items():
        name = name.replace(escaped, sign)
    return name
