"""What every draft of a mapping is written with: the columns that are left, and lines with their reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stream.mapping.guessing import Column

_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP"}
_MADE_UP: Final = "2026-01-05T09:00:00Z"
_EVERY_S: Final = 60


def quoted(text: str) -> str:
    """Return `text` as TOML writes it, on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def text_of(column: Column) -> str:
    """Return a field that is the text of a column."""
    if set(column.name) & set('{}"\\\n'):
        return f"{{ from = {quoted(column.name)} }}"
    return quoted("{" + column.name + "}")


class Draft:
    """The lines of a draft, and which of the `columns` of `rows` are taken."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Mapping[str, str]], region: str) -> None:
        self.columns = columns
        self.rows = rows
        self.region = region
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

    def rule(self, kind: str) -> None:
        """Begin a rule."""
        self.lines += [*([""] if self.lines else []), "[[events]]", f"type = {quoted(kind)}"]

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

    def campaign(self) -> None:
        """Write the campaign: of a column of words, or always the same, with a question."""
        column = self.pick("campaign", lambda one: one.decimal is None and one.time is None)
        if column is not None:
            self.text("campaign", column, f"{len(set(column.texts))} different ones")
            if column.filled < 1:
                self.lines[-1] = f'campaign = {{ from = {quoted(column.name)}, empty = "unknown" }}'
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
