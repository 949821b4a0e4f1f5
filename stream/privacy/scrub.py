"""Refused bytes without the people in them: numbers become pseudonyms, unknown fields lose their text."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from stream.events.types import TIME_FIELDS
from stream.privacy.known_words import LEFT_OUT, without_words
from stream.privacy.masking import without_emails

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ID_FIELDS: Final = frozenset({"id", "call", "lead", "customer", "opportunity", "rep", "queue", "queued_as", "into"})
TEXT_FIELDS: Final = frozenset(
    {
        "type", "source", "campaign", "channel", "team", "direction", "amd", "disposition", "hangup_cause", "reason",
        "currency", "state", "outcome", "granted", "also_withheld",
    }
)  # fmt: skip
NUMBER_FIELDS: Final = frozenset({"amount", "revision", "talk_s", "wait_s", "ring_s", "hold_s", "wrap_s", "lasts_s"})
MOST_NUMBERS: Final = 1_000
FEWEST_DIGITS: Final = 7

_TIMESTAMP = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}"
    r"(?::[0-9]{2}(?:\.[0-9]{1,9}(?![0-9]))?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:"
# How people and machines group digits, and what becomes of it between encodings; the last is a no-break space of
# Latin-1 that was read as UTF-8.
_SEPARATOR = "[ \t\x00\xa0\u2000-\u2015\u202f\u2060().\\-/_·?\ufffd\udca0]"
_NUMBER = rf"\+?\d(?:{_SEPARATOR}{{0,8}}(?!{_DATE})\d){{{FEWEST_DIGITS - 1},}}"
_KEPT_OR_NUMBER = re.compile(rf"(?P<kept>{_TIMESTAMP}|(?:num|id)_[0-9a-f]{{32}})|{_NUMBER}")
_PAIR = re.compile(
    r"""(?P<quote>["'])(?P<key>[^"'\\]{1,64})(?P=quote)\s*:\s*"""
    r"""(?:"(?P<double>(?:[^"\\\n]|\\.)*)(?:"|\Z)|'(?P<single>(?:[^'\\\n]|\\.)*)(?:'|\Z)|(?P<bare>[0-9]{10,13})(?![0-9]))"""
)
_WHOLE_TIMESTAMP = re.compile(_TIMESTAMP)
_ID = re.compile(r"[\w.:@/#+=$~*-]{1,200}")
_MONEY = re.compile(r"-?[0-9]{1,9}[.,][0-9]{1,4}")
_ESCAPED_ASCII = re.compile(r"\\u00([2-7][0-9A-Fa-f])")
_LONG = 10 ** (FEWEST_DIGITS - 1)
_SOME_NULS = 16  # one byte in so many: far more than compressed bytes have
# 12 or 13 digits: from 2000 to 2100 in ms.
_FIRST_MS, _LAST_MS = 946_684_800_000, 4_102_444_800_000


class Scrubber:
    """
    Replaces what names a person.

    `number` gives what stands for the text of a `number` field, `inside_id` what stands for an id, `of_person` what
    stands for that of a lead or a customer, `label` what is kept of the name of a rep or a queue.
    """

    def __init__(
        self,
        number: Callable[[str], str],
        inside_id: Callable[[str], str],
        of_person: Callable[[str], str],
        label: Callable[[str], str],
    ) -> None:
        self._number = number
        self._of_id = (
            dict.fromkeys(ID_FIELDS, inside_id)
            | dict.fromkeys(("lead", "customer", "into"), of_person)
            | dict.fromkeys(("rep", "queue"), label)
        )

    def scrub(self, data: bytes, *, names: bool = False) -> bytes:
        """
        Return `data` without numbers and names: as JSON where it is JSON, else by what its text looks like.

        With `names` it is of a log or a form, where names stand among the words: only known words are kept. So it is
        of text that was meant to be JSON.
        """
        text = _decoded(data)
        try:
            record = _Record(self._number, self._of_id, names=names).top(json.loads(text))
            return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")
        except (ValueError, RecursionError):
            names = names or text.lstrip().startswith(("{", "["))
            scrubbed = _Record(self._number, self._of_id, names=names).loose(text)
            return scrubbed.encode("utf-8", "surrogateescape")


class _Record:
    """One record on its way through; it counts its numbers, for reading each takes time."""

    def __init__(self, number: Callable[[str], str], of_id: Mapping[str, Callable[[str], str]], *, names: bool) -> None:
        self._number_of = number
        self._of_id = of_id
        self._names = names
        self._numbers = 0

    def top(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.text(key): self._field(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.top(inner) for inner in value]
        return self._unknown(value, self._among_words)

    def loose(self, text: str) -> str:
        """Scrub text that is no JSON, but may have been meant to be."""
        plain = _ESCAPED_ASCII.sub(_unless_syntax, text)
        done, end = [], 0
        for pair in _PAIR.finditer(plain):
            done.append(self._among_words(plain[end : pair.start()]))
            done.append(self._pair(pair))
            end = pair.end()
        done.append(self._among_words(plain[end:]))
        return "".join(done)

    def _among_words(self, text: str) -> str:
        clean = self.text(text)
        return without_words(clean) if self._names else clean

    def text(self, text: str) -> str:
        """Replace what looks like a number inside `text`, but no timestamp."""
        return _KEPT_OR_NUMBER.sub(lambda match: match[0] if match["kept"] else self._number(match[0]), text)

    def _number(self, raw: str) -> str:
        self._numbers += 1
        plain = raw.replace("\udca0", " ").replace("\x00", "")
        return self._number_of(plain) if self._numbers <= MOST_NUMBERS else LEFT_OUT

    def _field(self, key: str, value: Any) -> Any:
        if (key in TIME_FIELDS or key in NUMBER_FIELDS) and isinstance(value, (int, float)):
            return value
        if isinstance(value, str):
            return self._string(key, value)
        if key == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._number(f"{value:.0f}" if math.isfinite(value) else str(value))
        return self._unknown(value, self.text if key in TEXT_FIELDS else _leave_out)

    def _string(self, key: str, value: str) -> str:
        if key == "number":
            return self._number(value)
        if key in TIME_FIELDS:
            kept = _WHOLE_TIMESTAMP.fullmatch(value) or _is_epoch_ms(value)
            return value if kept else self.text(value)
        if key in ID_FIELDS:
            return self._of_id[key](value)
        if key in NUMBER_FIELDS:
            return value if _MONEY.fullmatch(value) else self.text(value)
        return without_emails(self.text(value)) if key in TEXT_FIELDS else LEFT_OUT

    def _unknown(self, value: Any, string: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return string(value)
        if isinstance(value, dict):
            return {self.text(key): self._unknown(inner, _leave_out) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._unknown(inner, string) for inner in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return LEFT_OUT if abs(value) >= _LONG else value
        return value

    def _pair(self, pair: re.Match[str]) -> str:
        group = next(name for name in ("double", "single", "bare") if pair[name] is not None)
        key, value = pair["key"], pair[group]
        # Where a quote is missing, an id seems to go on into the next field: then it is no id.
        clean = self.text(value) if key in ID_FIELDS and not _ID.fullmatch(value) else self._string(key, value)
        if group == "bare" and clean != value:
            clean = f'"{clean}"'
        at, to = pair.start(group) - pair.start(), pair.end(group) - pair.start()
        return self.text(pair[0][:at]) + clean + pair[0][to:]


def _decoded(data: bytes) -> str:
    """Return the text of `data`; bytes that are no text stay in it as lone surrogates, and come out again."""
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8") and data.count(0) > len(data) // _SOME_NULS:
        # UTF-16 that does not begin like JSON: the halves that are empty tell which.
        encoding = "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
    if not encoding.startswith("utf-8"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("utf-8", "surrogateescape")


def _unless_syntax(match: re.Match[str]) -> str:
    """Read an escaped character, but leave those that would change where a string ends."""
    character = chr(int(match[1], 16))
    return match[0] if character in "\"'\\" else character


def _is_epoch_ms(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_MS)) and _FIRST_MS <= int(text) <= _LAST_MS


def _leave_out(_text: str) -> str:
    return LEFT_OUT
