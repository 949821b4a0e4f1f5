"""What every draft of a mapping is written with: the columns that are left, and lines with their reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stream.mapping.guessing import Column, Sample

_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP"}
_MADE_UP: Final = "2026-01-05T09:00:00Z"
_EVERY_S: Final = 60
_NONE: Final[Mapping[str, Sequence[str]]] = {}


def quoted(text: str) -> str:
    """Return `text` as TOML writes it, on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def source_of(column: Column) -> str:
    """Return the keys of a table that say where a column's text stands, and what in it stands for nothing."""
    absent = f", absent = {listed(column.absent)}" if column.absent else ""
    if column.parts:
        return f"text = {quoted(' '.join(f'{{{part}}}' for part in column.parts))}{absent}"
    return f"from = {quoted(column.name)}{absent}"


def listed(texts: Iterable[str]) -> str:
    """Return a list of texts as TOML writes it."""
    return f"[{', '.join(map(quoted, texts))}]"


def text_of(column: Column) -> str:
    """Return a field that is the text of a column."""
    if column.absent or set(column.name) & set('{}"\\\n'):
        return f"{{ {source_of(column)} }}"
    return quoted(" ".join(f"{{{part}}}" for part in column.parts or (column.name,)))


class Draft:
    """The lines of a draft, and which of the `columns` of a `sample` are taken."""

    def __init__(self, columns: Sequence[Column], sample: Sample, region: str) -> None:
        self.columns = columns
        self.rows = sample.rows
        self.region = region
        self.never: dict[str, list[str]] = {}
        for name, text in sample.totals:
            self.never.setdefault(name, []).append(text)
        self.lines: list[str] = []
        self.taken: set[str] = set()
        self.made_up: str | None = None

    def pick(self, what: str, fits: Callable[[Column], bool] = lambda _: True) -> Column | None:
        """Return, and take, the first column that is left whose name speaks for `what`, and that fits."""
        return self.take(next((one for one in self.left() if one.says(what) and fits(one)), None))

    def take(self, column: Column | None) -> Column | None:
        """Take a column, so that it is used for one thing alone."""
        if column is not None:
            self.taken.add(column.name)
        return column

    def left(self) -> list[Column]:
        """Return the columns that have something, and are not taken."""
        return [one for one in self.columns if one.texts and one.name not in self.taken]

    def rule(self, kind: str, only: Mapping[str, Sequence[str]] = _NONE, present: Column | None = None) -> None:
        """Begin a rule: for rows that have `only` these codes, and something in the column that is to be `present`."""
        self.lines += [*([""] if self.lines else []), "[[events]]", f"type = {quoted(kind)}"]
        asked = {name: quoted(codes[0]) if len(codes) == 1 else listed(codes) for name, codes in only.items()}
        never = {name: texts for name, texts in self.never.items() if name not in only}
        asked |= {name: f"{{ not = {listed(texts)} }}" for name, texts in never.items()}
        if present is not None and present.name not in only:
            unwanted = [*never.get(present.name, ()), *present.absent]
            how = f"not = {listed(['', *unwanted])}" if unwanted else "present = true"
            asked[present.parts[0] if present.parts else present.name] = f"{{ {how} }}"
        if asked:
            self.field("when", f"{{ {', '.join(f'{quoted(name)} = {how}' for name, how in asked.items())} }}")

    def field(self, name: str, value: str, why: str = "") -> None:
        """Write a field, and why."""
        self.lines.append(f"{name} = {value}{f'  # {why}' if why else ''}")

    def text(self, name: str, column: Column | None, why: str = "") -> None:
        """Write a field that is the text of a column, if there is one."""
        if column is not None:
            self.field(name, text_of(column), why)

    def ask(self, question: str) -> None:
        """Write a question."""
        self.lines.append(f"# ? {question}")

    def made_up_time(self, more: str = "") -> str:
        """Return a time that nobody recorded: a minute a row."""
        self.made_up = "every moment: no column has times; the rows follow each other by a minute"
        row = f'{{ from = "#row", times = {_EVERY_S} }}'
        return f"{{ made_up = {quoted(_MADE_UP)}, plus = {f'[{row}, {more}]' if more else row} }}"

    def rep(self) -> Column | None:
        """Write the rep, and return their column: of names, or else of ids, which may be numbers; or ask for it."""

        def fits(one: Column) -> bool:
            return one.time is None and not one.is_phone and one.codes is not None and one.length is None

        named = [one for one in self.left() if one.says("rep") and fits(one)]
        named.sort(key=lambda one: (one.decimal is not None, one.says("id"), not one.says("name")))
        if named:
            self.text("rep", self.take(named[0]))
            return named[0]
        words = [one for one in self.left() if fits(one) and one.decimal is None and len(one.codes or ()) > 1]
        shown = "; ".join(f"{quoted(one.name)} has {codes_of(one, 2)}" for one in words[-3:])
        self.ask(f"who called? {shown or 'no column tells'}")
        return None

    def campaign(self) -> None:
        """Write the campaign: of a column of words, or always the same, with a question."""

        def fits(one: Column) -> bool:
            return one.decimal is None and one.time is None

        column = self.pick("campaign", fits) or self.pick("source", fits)
        if column is not None:
            self.text("campaign", column, f"{len(set(column.texts))} different ones")
            if column.filled < 1:
                self.lines[-1] = f'campaign = {{ {source_of(column)}, empty = "unknown" }}'
            return
        self.field("campaign", quoted("all"))
        self.ask("which campaign is it? no column names one")

    def currency(self, money: Column) -> None:
        """Write the currency of a column, by a sign in it."""
        sign = next((sign for sign in _SIGNS if any(sign in text for text in money.texts)), None)
        self.field("currency", quoted(_SIGNS[sign] if sign else "EUR"))
        if sign is None:
            self.ask(f"which currency is {quoted(money.name)} in?")


def codes_of(column: Column, most: int = 12) -> str:
    """Return the codes of a column with how often each is there, for a comment."""
    codes = column.codes
    if codes is None:
        return f"{len(set(column.texts))} different texts"
    shown = ", ".join(f"{quoted(code)} {count}" for code, count in codes.most_common(most))
    return shown + (", …" if len(codes) > most else "")
