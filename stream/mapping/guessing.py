"""What the columns of a sample seem to be: times, lengths, numbers, money, codes, ids; by what stands in them first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from stream.mapping.amounts import NoNumberError, decimal_of, is_clock
from stream.mapping.times import NAMED, NoTimeError, NoZoneError, milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST: Final = 0.9
_ORDER: Final = ("iso", "year-first", "day-first", "month-first", "epoch", "epoch-ms")
_EPOCH_S: Final = range(946_684_800, 4_102_444_800)
_PHONE: Final = re.compile(r"(?:\+|00)?[\d\s().-]{8,20}|[1-9][.,]\d+[eE]\+\d{2}")
_DIGITS: Final = range(8, 16)
_CODES: Final = 25
_UTC: Final = ZoneInfo("UTC")

WORDS: Final[Mapping[str, str]] = {
    "number": r"phone|tel|téléphone|mobile|cell|number|numéro|numero|msisdn|caller|callee|dnis|digits|\bani\b|dst|src",
    "talk": r"talk|billsec|conversation|duration|durée|duree|length|secs?\b|seconds",
    "money": r"amount|montant|value|price|prix|revenue|cost|coût|cout|spend|spent|dépense|budget",
    "rep": r"agent|\brep\b|rep_|_rep|user|owner|sales|commercial|seller|vendeur|conseiller|advisor|operator",
    "campaign": r"campai?gn|campagne|source|list|product|produit|offer|offre|origin",
    "team": r"team|équipe|equipe|office|agence|branch|group",
    "status": r"\b(?:status|statut|stage|state|étape|etape|outcome|result|disposition|y)\b|_(?:status|stage|result)",
    "direction": r"direction|sens|\bway\b|type",
    "id": r"\bid\b|_id|id_|uuid|uniqueid|\bref|historyid|callid|key",
    "channel": r"channel|medium|canal|media",
}
"""What names of columns speak for, as parts of words."""


class Sample(NamedTuple):
    """
    Rows of a file by their columns, all as text.

    `is_json`, and then `within` is the path to the list of records in it, if they do not stand at its top; `named`
    whether a CSV names its columns in a header; else they are 1, 2, 3….
    """

    rows: list[dict[str, str]]
    is_json: bool
    within: str | None
    named: bool


@dataclass(slots=True)
class Column:
    """A column: its name, its texts that are not empty, how many rows there are, and what it seems to be."""

    name: str
    texts: list[str]
    count: int
    time: str | None = None
    sure: bool = True

    @property
    def filled(self) -> float:
        """The share of the rows in which it has a text."""
        return len(self.texts) / self.count

    @property
    def codes(self) -> Counter[str] | None:
        """How often each of its few codes stands there; None where there are too many."""
        found = Counter(self.texts)
        few = len(found) <= _CODES and (len(found) < len(self.texts) or len(found) <= 3)  # noqa: PLR2004
        return found if found and few else None

    def says(self, what: str) -> bool:
        """Return whether its name speaks for `what`."""
        return re.search(WORDS[what], self.name.casefold()) is not None

    @property
    def is_phone(self) -> bool:
        """Whether telephone numbers stand there."""
        return self.time is None and _share(self.texts, looks_like_phone)

    @property
    def holds_phones(self) -> bool:
        """Whether telephone numbers stand there, and other things too: extensions, or names."""
        phones = sum(map(looks_like_phone, self.texts))
        return self.time is None and not self.is_phone and phones * 10 > len(self.texts)

    @property
    def is_clock(self) -> bool:
        """Whether lengths stand there as on a stopwatch."""
        return self.time is None and _share(self.texts, is_clock)

    @property
    def decimal(self) -> str | None:
        """How numbers are written that stand there, `point` or `comma`; None for what is no number."""
        for form in ("point", "comma"):
            if self.time is None and _share(self.texts, lambda text, form=form: _number(text, form) is not None):
                return form
        return None

    @property
    def is_whole(self) -> bool:
        """Whether whole numbers stand there."""
        return _share(self.texts, lambda text: text.isdecimal())

    @property
    def is_unique(self) -> bool:
        """Whether no two rows have the same."""
        return self.filled == 1 and len(set(self.texts)) == len(self.texts)

    @property
    def is_reference(self) -> bool:
        """Whether what stands there may be an id: with digits, and neither a time nor an amount."""
        return self.time is None and _share(self.texts, lambda text: any(map(str.isdigit, text)) and "," not in text)

    def moments(self, rows: Sequence[Mapping[str, str]]) -> list[int | None]:
        """Return the times of `rows` in ms, None where there is none."""
        return [_moment(row.get(self.name, ""), self.time or "iso") for row in rows]


def columns_of(rows: Sequence[Mapping[str, str]]) -> list[Column]:
    """Return the columns of `rows`, with the form of those that are times."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = [Column(name, [text for row in rows if (text := row.get(name, ""))], len(rows)) for name in names]
    for one in found:
        forms = [form for form in _ORDER if _share(one.texts, lambda text, form=form: _moment(text, form) is not None)]
        one.time = forms[0] if forms else None
        one.sure = not {"day-first", "month-first"} <= set(forms)
    _settle_orders(found)
    return found


def _settle_orders(columns: Sequence[Column]) -> None:
    """Read dates of which nothing says what comes first as the others of the file, of which something does."""
    sure = {one.time for one in columns if one.time in {"day-first", "month-first"} and one.sure}
    if len(sure) == 1:
        for one in columns:
            if not one.sure:
                one.time, one.sure = next(iter(sure)), True


def _share(texts: Sequence[str], fits: object) -> bool:
    return bool(texts) and sum(bool(fits(text)) for text in texts) >= _MOST * len(texts)  # type: ignore[operator]


def _moment(text: str, form: str) -> int | None:
    if not text or (form == "iso" and (text.isdecimal() or len(text) < 8)):  # noqa: PLR2004
        return None
    if form.startswith("epoch"):
        if not text.isdecimal():
            return None
        seconds = int(text) // (1000 if form == "epoch-ms" else 1)
        return seconds * 1000 if seconds in _EPOCH_S else None
    try:
        return milliseconds(NAMED[form].read(text), _UTC)
    except (NoTimeError, NoZoneError, OverflowError):
        return None


def looks_like_phone(text: str) -> bool:
    """Return whether `text` may be a telephone number."""
    return _PHONE.fullmatch(text) is not None and sum(sign.isdigit() for sign in text) in _DIGITS


def _number(text: str, form: str) -> object:
    try:
        return decimal_of(text, form)
    except NoNumberError:
        return None
