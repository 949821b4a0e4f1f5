"""What the columns of a sample seem to be: times, lengths, numbers, money, codes, ids; by what stands in them first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.mapping.amounts import NoNumberError, decimal_of, is_clock, names_its_units, unit_named
from stream.mapping.draft_words import is_absent
from stream.mapping.guessing_times import are_dates, are_hours, forms_of, moment_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST: Final = 0.9
_PHONE: Final = re.compile(r"(?:\+|00)?[\d\s().-]{8,20}|[1-9][.,]\d+[eE]\+\d{2}")
_DIGITS: Final = range(8, 16)
_CODES: Final = 25
_NEARLY: Final = 0.7
_UNIT: Final = re.compile(r"(?:[(\[]|_|\bin |\ben )([^\W\d_]+)[)\]]?$")

WORDS: Final[Mapping[str, str]] = {
    "number": r"phone|tel|téléphone|mobile|cell|number|numéro|numero|msisdn|caller|callee|dnis|digits|\bani\b|dst|src",
    "money": r"amount|montant|value|price|prix|revenue|cost|coût|cout|spend|spent|dépense|budget",
    "rep": r"agent|\brep\b|rep_|_rep|user|owner|sales|commercial|seller|vendeur|conseiller|advisor|operator",
    "name": r"name|nom\b",
    "campaign": r"campai?gn|campagne",
    "source": r"source|list|product|produit|offer|offre|origin",
    "team": r"team|équipe|equipe|office|agence|branch|group",
    "verdict": r"disposition|(?:\b|_)(?:outcome|result|résultat)|qualification|wrap.?code|verdict",
    "status": r"\b(?:status|statut|stage|state|étape|etape|y)\b|_(?:status|stage)",
    "direction": r"direction|sens|\bway\b|type",
    "id": r"\bid\b|_id|id_|uuid|uniqueid|\bref|historyid|callid|key",
    "channel": r"channel|medium|canal|media",
    "created": r"creat|créé|crée|open|request|entr|received|inquir|engage",
    "closed": r"clos|clôtur|won|lost|sign|decid|décid|end|fin\b",
    "changed": r"modif|updat|chang|activity|mise à jour|viewed|synced",
}
"""What names of columns speak for, as parts of words."""
LENGTHS: Final[Mapping[str, str]] = {
    "wrap": r"wrap(?!.{0,3}code)|\bacw\b|after.?call|post.?appel",
    "ring": r"(?:\b|_)ring(?:ing)?(?!.?group)|sonnerie",
    "wait": r"wait|queue.?(?:time|s\b|sec|dur)|attente|in queue",
    "hold": r"(?:\b|_)(?:hold|park)(?!s)|garde",
    "talk": r"talk|billsec|conversation|parole|speak",
    "whole": r"duration|durée|duree|length|call time|total.?time|handle|bill.?(?:time|sec)|secs?\b|seconds",
}
"""What names of columns of lengths speak for; the first that fits."""


class Sample(NamedTuple):
    """
    Rows of a file by their columns, all as text.

    `is_json`, and then `within` is the path to the list of records in it, if they do not stand at its top; `named`
    whether a CSV names its columns in a header; else they are 1, 2, 3…. Of a CSV `skip` lines stand above its header;
    `delimiter` is what stands between its cells, where the header alone does not tell; and `totals` are the columns and
    texts of rows below the others that are none of them.
    """

    rows: list[dict[str, str]]
    is_json: bool
    within: str | None
    named: bool
    skip: int = 0
    delimiter: str | None = None
    totals: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Column:
    """
    A column: its name, its texts that are not empty, how many rows there are, and what it seems to be.

    `absent` are the texts in it that stand for nothing; `parts` are two columns, of dates and of hours, that it is.
    """

    name: str
    texts: list[str]
    count: int
    time: str | None = None
    sure: bool = True
    absent: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

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
    def length(self) -> str | None:
        """What its name says that it is the length of: `talk`, `ring`, …, or a `whole` call."""
        return next((what for what, words in LENGTHS.items() if re.search(words, self.name.casefold())), None)

    @property
    def unit(self) -> str | None:
        """The unit that a length is written in, other than seconds, by its texts or by its name."""
        if self.is_clock:
            return "clock"
        named = _UNIT.search(self.name)
        unit = unit_named(named[1]) if named is not None else None
        return None if unit == "s" else unit

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
        """Whether lengths stand there as on a stopwatch, or with their units."""
        return self.time is None and _share(self.texts, lambda text: is_clock(text) or names_its_units(text))

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
    def is_nearly_unique(self) -> bool:
        """Whether few rows share what stands there, as the parts of one call share its id."""
        different = len(set(self.texts))
        return self.filled == 1 and _NEARLY * len(self.texts) <= different < len(self.texts)

    @property
    def is_reference(self) -> bool:
        """Whether what stands there may be an id: with digits, and neither a time nor an amount."""
        return self.time is None and _share(self.texts, lambda text: any(map(str.isdigit, text)) and "," not in text)

    def moments(self, rows: Sequence[Mapping[str, str]]) -> list[int | None]:
        """Return the times of `rows` in ms, None where there is none."""
        return [moment_in(self.text_in(row), self.time or "iso") for row in rows]

    def text_in(self, row: Mapping[str, str]) -> str:
        """Return its text in a row, "" where there is none."""
        return " ".join(row.get(part, "") for part in self.parts) if self.parts else row.get(self.name, "")


def columns_of(rows: Sequence[Mapping[str, str]]) -> list[Column]:
    """Return the columns of `rows`, with the form of those that are times; dates and hours beside them are one."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = [_column(name, [text for row in rows if (text := row.get(name, ""))], len(rows)) for name in names]
    found = _joined(found, rows)
    _settle_orders(found)
    return found


def _column(name: str, texts: list[str], count: int, parts: tuple[str, ...] = ()) -> Column:
    absent = tuple(sorted({text for text in texts if is_absent(text)}))
    if absent:
        texts = [text for text in texts if text not in absent]
    forms = forms_of(texts)
    sure = not {"day-first", "month-first"} <= set(forms)
    return Column(name, texts, count, (forms or [""])[0] or None, sure, absent, parts)


def _joined(columns: list[Column], rows: Sequence[Mapping[str, str]]) -> list[Column]:
    """Return the columns, with each of hours joined to the dates before it, or else to the first."""
    dates = [one for one in columns if one.time is not None and one.texts and are_dates(one.texts, one.time)]
    of_length = {"talk", "ring", "wait", "hold", "wrap"}
    hours = [one for one in columns if one.time is None and are_hours(one.texts) and one.length not in of_length]
    if not dates or any(set(one.name) & set('{}"\\\n') for one in (*dates, *hours)):
        return columns
    made: dict[str, Column] = {}
    used: set[str] = set()
    for one in hours:
        before = [date for date in dates if columns.index(date) < columns.index(one)]
        date = before[-1] if before else dates[0]
        texts = [
            text for row in rows if one.name in row and (text := f"{row.get(date.name, '')} {row[one.name]}".strip())
        ]
        column = _column(f"{date.name} {one.name}", texts, len(rows), (date.name, one.name))
        if column.time is not None:
            made[one.name] = column
            used.add(date.name)
    return [made.get(one.name, one) for one in columns if one.name not in used]


def _settle_orders(columns: Sequence[Column]) -> None:
    """Read dates of which nothing says what comes first as the others of the file, of which something does."""
    sure = {one.time for one in columns if one.time in {"day-first", "month-first"} and one.sure}
    if len(sure) == 1:
        for one in columns:
            if not one.sure:
                one.time, one.sure = next(iter(sure)), True


def _share(texts: Sequence[str], fits: object) -> bool:
    return bool(texts) and sum(bool(fits(text)) for text in texts) >= _MOST * len(texts)  # type: ignore[operator]


def looks_like_phone(text: str) -> bool:
    """Return whether `text` may be a telephone number."""
    return _PHONE.fullmatch(text) is not None and sum(sign.isdigit() for sign in text) in _DIGITS


def _number(text: str, form: str) -> object:
    try:
        return decimal_of(text, form)
    except NoNumberError:
        return None
