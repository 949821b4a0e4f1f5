"""Lengths of time: what stands in a column, from one time to another, and sums and differences of these."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.amounts import CLOCK, DECIMALS, NAMES, UNITS, NoNumberError, seconds_of
from stream.mapping.lookup import place
from stream.mapping.written import written_in
from stream.mapping.wrong import WrongError, no_others, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field
    from stream.mapping.lookup import Record

    Term = Callable[[Record], Decimal | None]
    Moment = Callable[[Record], int | None]

_OF_BOTH: Final[tuple[str, ...]] = ("time", "timezone")
_BETWEEN: Final = 'write two columns of times, the earlier first: between = ["answered_at", "ended_at"]'


def between(field: Field, table: dict[str, Any], defaults: Defaults) -> Term:
    """
    Return what reads the seconds from the first of two times to the second, None where one of them is empty.

    They are as they were recorded, whatever else moves times. WrongError for a wrong `table`.
    """
    given = table["between"]
    if not isinstance(given, list) or len(given) != 2:  # noqa: PLR2004
        raise WrongError("between", f"{kind_of(given)}; {_BETWEEN}")
    shared = {key: table[key] for key in _OF_BOTH if key in table}
    try:
        (begins, first), (ends, second) = (_moment(field, one, shared, defaults) for one in given)
    except WrongError as wrong:
        raise wrong.within("between") from None

    def seconds(record: Record) -> Decimal | None:
        since, until = begins(record), ends(record)
        if since is None or until is None:
            return None
        if until < since:
            raise Refused(
                Reason.OUT_OF_RANGE,
                field.name,
                f"{field.name}: {second} lies {(since - until) / 1000:g} s before {first}; name the earlier first, or "
                "say of which timezone each is",
            )
        return Decimal(until - since) / 1000

    return seconds


def _moment(field: Field, given: Any, shared: dict[str, Any], defaults: Defaults) -> tuple[Moment, str]:
    table = {"from": given} if isinstance(given, (str, int)) and not isinstance(given, bool) else given
    if not isinstance(table, dict):
        raise WrongError("", f"{kind_of(given)}; {_BETWEEN}")
    no_others(table, ("from", "hour", *_OF_BOTH))
    name = table.get("from")
    if not isinstance(name, (str, int)) or isinstance(name, bool):
        raise WrongError("from", f'{kind_of(name)}; write the name of a column: from = "answered_at"')
    where, written = place(str(name)), written_in({**shared, **table}, defaults)
    called = f'"{name}"'

    def moment(record: Record) -> int | None:
        text = where.text(record)
        return None if text is None else written.read(field, called, text)

    return moment, called


def terms(field: Field, table: dict[str, Any], defaults: Defaults) -> list[Term]:
    """Return what `plus` and `minus` of a field add, in seconds: None where a column is empty."""
    return [*_terms(field, table, "plus", 1, defaults), *_terms(field, table, "minus", -1, defaults)]


def total(adding: Sequence[Term], record: Record) -> Decimal:
    """Return the sum of what is added to a time; what is empty adds nothing."""
    return sum((term(record) or Decimal(0) for term in adding), Decimal(0))


def _terms(field: Field, table: dict[str, Any], key: str, sign: int, defaults: Defaults) -> list[Term]:
    given = table.get(key, [])
    try:
        return [_term(field, one, sign, defaults) for one in (given if isinstance(given, list) else [given])]
    except WrongError as wrong:
        raise wrong.within(key) from None


def _term(field: Field, given: Any, sign: int, defaults: Defaults) -> Term:
    if isinstance(given, bool) or not isinstance(given, (int, float, str, dict)):
        raise WrongError("", f'{kind_of(given)}; write seconds, a column of them, or {{ from = "ring", unit = "ms" }}')
    if isinstance(given, (int, float)):
        fixed = sign * Decimal(str(given))
        return lambda _record: fixed
    table = {"from": given} if isinstance(given, str) else given
    if "between" in table:
        no_others(table, ("between", "empty", *_OF_BOTH))
        return _signed(between(field, table, defaults), Decimal(sign), _empty(table))
    no_others(table, ("from", "unit", "times", "decimal", "empty"))
    times = table.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, (int, float)):
        raise WrongError("times", f"{kind_of(times)}; write a number to multiply by")
    return _signed(_column(field, table, defaults), sign * Decimal(str(times)), _empty(table))


def _signed(term: Term, factor: Decimal, empty: Decimal | None) -> Term:
    def signed(record: Record) -> Decimal | None:
        found = term(record)
        if found is None:
            found = empty
        return None if found is None else factor * found

    return signed


def _empty(table: dict[str, Any]) -> Decimal | None:
    given = table.get("empty")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise WrongError("empty", f"{kind_of(given)}; write the seconds that an empty cell stands for: empty = 0")
    return Decimal(str(given))


def _column(field: Field, table: dict[str, Any], defaults: Defaults) -> Term:
    name = table.get("from")
    if not isinstance(name, (str, int)) or isinstance(name, bool):
        raise WrongError("from", f'{kind_of(name)}; write the name of a column: from = "ring"')
    unit = one_of("unit", table.get("unit", "s"), (*UNITS, CLOCK))
    decimal = one_of("decimal", table.get("decimal", defaults.decimal), DECIMALS)
    where = place(str(name))

    def seconds(record: Record) -> Decimal | None:
        text = where.text(record)
        if text is None:
            return None
        try:
            return seconds_of(text, unit, decimal)
        except NoNumberError:
            raise Refused(
                Reason.WRONG_TYPE,
                field.name,
                f'{field.name}: "{where.name}": {kind_of(text)} that is no number of {NAMES[unit]}; write 42',
            ) from None

    return seconds
