"""How one field of an event is filled: from where, and into what it is turned."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.conditions import condition
from stream.mapping.convert import Unfit, converter
from stream.mapping.fields import Kind
from stream.mapping.finding import FINDING, OF_LISTS, finder
from stream.mapping.lengths import between, terms
from stream.mapping.lookup import as_text, text
from stream.mapping.moments import moment_reader
from stream.mapping.wrong import WrongError, no_others

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field
    from stream.mapping.lookup import Record

    Read = Callable[[Record], Any]

_SOURCES: Final = ("from", "text", "value", "made_up", "between")
_ANY: Final = (*_SOURCES[:4], "in", *OF_LISTS, *FINDING)
_OF_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TIME: ("time", "timezone", "hour", "day_end", "plus", "minus"),
    Kind.SECONDS: ("between", "time", "timezone", "unit", "decimal", "plus", "minus"),
    Kind.MONEY: ("decimal",),
    Kind.FLAG: (),
    Kind.WHOLE: ("time", "timezone"),
    Kind.TEXT: ("region",),
}
_FORM: Final = '"a text with {columns}", or a table as { from = "column" }'


class Filled(NamedTuple):
    """How a field is filled: `read` gives its value for a record, None where it has none; `where` it is read from."""

    field: Field
    where: str
    read: Read


_Way = tuple["Callable[[Record], bool] | None", Filled]


def filled(field: Field, given: Any, defaults: Defaults) -> Filled:
    """Return how `field` is filled, as a mapping says; WrongError for what cannot be meant."""
    if isinstance(given, list) or (isinstance(given, dict) and "when" in given):
        return _chosen(field, given if isinstance(given, list) else [given], defaults)
    table = _table(given)
    no_others(table, (*_ANY, *_OF_KIND[field.kind]))
    named = [key for key in _SOURCES if key in table]
    if len(named) != 1:
        raise WrongError("", f"{len(named)} of from, text, value and made_up; write one of them: {_FORM}")
    where = _where(table)
    if named == ["made_up"] and field.kind is not Kind.TIME:
        raise WrongError("made_up", f"{field.name} is no time; write value for what is always the same")
    if field.kind is Kind.TIME:
        if "empty" in table:
            raise WrongError("empty", 'a time is of what stands in a record; name another column: from = ["a", "b"]')
        return Filled(field, where, moment_reader(field, table, finder(field, table, where, defaults), where, defaults))
    if named == ["between"]:
        return Filled(field, where, _sum(field, table, between(field, table, defaults), defaults))
    if field.kind is Kind.WHOLE and "time" in table:
        find = finder(field, table, where, defaults)
        return Filled(field, where, moment_reader(field, table, find, where, defaults._replace(squeeze=None)))
    for key in ("time", "timezone"):
        if key in table:
            raise WrongError(key, f"of no effect on {field.name} here; leave it out")
    if "value" in table or (isinstance(table.get("text"), str) and not text(table["text"]).holes):
        return Filled(field, "the mapping", _constant(field, table, defaults))
    return Filled(field, where, _reader(field, table, where, defaults))


def _chosen(field: Field, given: list[Any], defaults: Defaults) -> Filled:
    """Return how a field is filled by the first of several ways whose `when` holds."""
    ways: list[_Way] = []
    for number, one in enumerate(given, 1):
        try:
            ways.append(_way(field, one, defaults, reached=not ways or ways[-1][0] is not None))
        except WrongError as wrong:
            raise wrong.within(str(number)) if len(given) > 1 else wrong from None
    if not ways:
        raise WrongError("", f"{kind_of(given)}; write {_FORM}")

    def read(record: Record) -> Any:
        for test, way in ways:
            if test is None or test(record):
                return way.read(record)
        return None

    return Filled(field, " or ".join(dict.fromkeys(way.where for _, way in ways)), read)


def _way(field: Field, given: Any, defaults: Defaults, *, reached: bool) -> _Way:
    if not reached:
        raise WrongError("", "never reached, as the one above it has no when; write the one without when last")
    table = _table(given)
    test = condition(table["when"]) if "when" in table else None
    return test, filled(field, {key: value for key, value in table.items() if key != "when"}, defaults)


def _table(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return given
    if isinstance(given, str):
        return {"text": given}
    if isinstance(given, (bool, int, float)):
        return {"value": given}
    raise WrongError("", f"{kind_of(given)}; write {_FORM}")


def _where(table: dict[str, Any]) -> str:
    names = table["from"] if isinstance(table.get("from"), list) else [table.get("from")]
    if "text" in table:
        names = [hole.name for hole in text(str(table["text"])).holes]
    if "between" in table and isinstance(table["between"], list):
        names = [one.get("from") if isinstance(one, dict) else one for one in table["between"]]
    within = f" in {table['in']}" if "in" in table else ""
    return " or ".join(f'"{name}"{within}' for name in names if name is not None) or "the mapping"


def _constant(field: Field, table: dict[str, Any], defaults: Defaults) -> Read:
    for key in (*FINDING, "in", *OF_LISTS, "plus", "minus"):
        if key in table:
            raise WrongError(key, f"of no effect on what is always the same; leave it out, or write {_FORM}")
    raw = as_text(table.get("value", table.get("text")), field.name)
    if raw is None:
        raise WrongError("", f"empty; write {_FORM}, or leave {field.name} out")
    try:
        value = converter(field, table, defaults)(raw)
    except Unfit as unfit:
        raise WrongError("", f"{kind_of(raw)} that is no {unfit.what}; write {unfit.example}") from None
    return lambda _record: value


def _reader(field: Field, table: dict[str, Any], where: str, defaults: Defaults) -> Read:
    find = finder(field, table, where, defaults)
    convert = converter(field, table, defaults)
    if convert is str:
        return find  # it is a text already

    def read(record: Record) -> Any:
        found = find(record)
        if found is None:
            return None
        try:
            return convert(found)
        except Unfit as unfit:
            raise Refused(
                unfit.reason, field.name, f"{field.name}: {where}: {kind_of(found)} that is no {unfit.what}; "
                f"write {unfit.example}"
            ) from None  # fmt: skip

    return _sum(field, table, read, defaults) if "plus" in table or "minus" in table else read


def _sum(field: Field, table: dict[str, Any], base: Callable[[Record], Any], defaults: Defaults) -> Read:
    """Return what reads seconds with what is added to them; what of it is unknown makes all of it unknown."""
    for key in (*FINDING, "in", *OF_LISTS, "unit", "decimal") if "between" in table else ():
        if key in table:
            raise WrongError(key, "of no effect beside between, which names two columns; leave it out")
    adding = terms(field, table, defaults)

    def read(record: Record) -> float | None:
        found: Decimal | float | None = base(record)
        for term in adding:
            more = term(record)
            found = None if found is None or more is None else Decimal(str(found)) + more
        if found is not None and found < 0:
            raise Refused(
                Reason.OUT_OF_RANGE,
                field.name,
                f"{field.name}: {float(found):g} s, with what plus and minus say; name the columns that make a length",
            )
        return None if found is None else float(found)

    return read
