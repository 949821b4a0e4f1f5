"""How one field of an event is filled: from where, what counts as nothing, and into what it is turned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.convert import Unfit, converter
from stream.mapping.fields import Kind
from stream.mapping.lookup import Place, as_text, place, text
from stream.mapping.moments import moment_reader
from stream.mapping.wrong import WrongError, no_others

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field
    from stream.mapping.lookup import Record

    Find = Callable[[Record], str | None]
    Read = Callable[[Record], Any]

_SOURCES: Final = ("from", "text", "value", "made_up")
_ANY: Final = (*_SOURCES, "absent", "match", "map", "otherwise")
_OF_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TIME: ("time", "timezone", "hour", "day_end", "plus", "minus"),
    Kind.SECONDS: ("unit", "decimal"),
    Kind.MONEY: ("decimal",),
    Kind.FLAG: (),
    Kind.TEXT: ("region",),
}
_FORM: Final = '"a text with {columns}", or a table as { from = "column" }'


class Filled(NamedTuple):
    """How a field is filled: `read` gives its value for a record, None where it has none; `where` it is read from."""

    field: Field
    where: str
    read: Read


@dataclass(frozen=True, slots=True)
class _First:
    """The first of some places that is not empty."""

    places: tuple[Place, ...]

    def text(self, record: Record) -> str | None:
        for one in self.places:
            found = one.text(record)
            if found is not None:
                return found
        return None


def filled(field: Field, given: Any, defaults: Defaults) -> Filled:
    """Return how `field` is filled, as a mapping tells it; WrongError for what cannot be meant."""
    table = _table(given)
    no_others(table, (*_ANY, *_OF_KIND[field.kind]))
    named = [key for key in _SOURCES if key in table]
    if len(named) != 1:
        raise WrongError("", f"{len(named)} of from, text, value and made_up; write one of them: {_FORM}")
    if named == ["made_up"] or field.kind is Kind.TIME:
        if field.kind is not Kind.TIME:
            raise WrongError("made_up", f"{field.name} is no time; write value for what is always the same")
        return Filled(field, _where(table), moment_reader(field, table, _finder(field, table), _where(table), defaults))
    if "value" in table or (isinstance(table.get("text"), str) and not text(table["text"]).holes):
        return Filled(field, "the mapping", _constant(field, table, defaults))
    return Filled(field, _where(table), _reader(field, table, defaults))


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
    return " or ".join(f'"{name}"' for name in names if name is not None) or "the mapping"


def _constant(field: Field, table: dict[str, Any], defaults: Defaults) -> Read:
    raw = as_text(table.get("value", table.get("text")), field.name)
    if raw is None:
        raise WrongError("", f"empty; write {_FORM}, or leave {field.name} out")
    try:
        value = converter(field, table, defaults)(raw)
    except Unfit as unfit:
        raise WrongError("", f"{kind_of(raw)} that is no {unfit.what}; write {unfit.example}") from None
    return lambda _record: value


def _reader(field: Field, table: dict[str, Any], defaults: Defaults) -> Read:
    find, where = _finder(field, table), _where(table)
    convert = converter(field, table, defaults)

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

    return read


def _finder(field: Field, table: dict[str, Any]) -> Find:
    """Return how the text is found that the field is made of: its place, less what says nothing, as it is mapped."""
    find = _source(table)
    absent = _texts_of(table, "absent")
    if absent:
        find = _without(find, absent)
    if "match" in table:
        find = _matched(find, table["match"])
    if "map" in table or "otherwise" in table:
        find = _mapped(find, table, f"{field.name}: {_where(table)}")
    return find


def _source(table: dict[str, Any]) -> Find:
    if "from" in table:
        names = table["from"] if isinstance(table["from"], list) else [table["from"]]
        if not names or not all(isinstance(name, (str, int)) and str(name) for name in names):
            raise WrongError("from", f'{kind_of(table["from"])}; write the name of a column: from = "phone"')
        return _First(tuple(place(str(name)) for name in names)).text
    if isinstance(table.get("text"), str):
        return text(table["text"]).text
    if "text" in table:
        raise WrongError("text", f"{kind_of(table['text'])}; write a text with columns in braces")
    return lambda _record: None


def _texts_of(table: dict[str, Any], key: str) -> frozenset[str]:
    given = table.get(key, [])
    if isinstance(given, (str, int, float)):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(one, (str, int, float)) for one in given):
        raise WrongError(key, f'{kind_of(given)}; write what stands for nothing: {key} = ["n/a", "-"]')
    return frozenset(str(one) for one in given)


def _without(find: Find, absent: frozenset[str]) -> Find:
    def found(record: Record) -> str | None:
        value = find(record)
        return None if value in absent else value

    return found


def _matched(find: Find, pattern: Any) -> Find:
    try:
        expression = re.compile(pattern)
    except (re.error, TypeError):
        raise WrongError(
            "match", f"{kind_of(pattern)} that is no regular expression; write one such as '^Agent/(\\d+)'"
        ) from None

    def found(record: Record) -> str | None:
        value = find(record)
        match = None if value is None else expression.search(value)
        if match is None:
            return None
        return (match[1] if expression.groups else match[0]) or None

    return found


def _mapped(find: Find, table: dict[str, Any], where: str) -> Find:
    given = table.get("map", {})
    if not isinstance(given, dict) or not all(isinstance(value, (str, int, float)) for value in given.values()):
        raise WrongError("map", f'{kind_of(given)}; write a table of values: map = {{ yes = "interested" }}')
    codes = {code: as_text(value, "map") for code, value in given.items()}
    otherwise = table.get("otherwise")
    if otherwise is not None and not isinstance(otherwise, (str, int, float)):
        raise WrongError("otherwise", f'{kind_of(otherwise)}; write what stands for the rest: otherwise = "other"')
    rest = None if otherwise is None else text(str(otherwise))

    def found(record: Record) -> str | None:
        code = find(record)
        if code is None:
            return None
        if code in codes:
            return codes[code]
        if rest is None:
            raise Refused(
                Reason.UNKNOWN_VALUE,
                None,
                f"{where}: {kind_of(code)} that map does not name; add it, or otherwise = …",
            )
        return rest.text(record)

    return found
