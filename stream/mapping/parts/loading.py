"""Reads the tables of a rule whose call is told in parts, and refuses what cannot be meant, or has no effect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.mapping.columns import made_of, tables_of
from stream.mapping.conditions import condition
from stream.mapping.fields import FIELDS, Field, Kind
from stream.mapping.lookup import text
from stream.mapping.parts.rule import Part, PartsRule
from stream.mapping.parts.whole import KIND, NEEDED, PARTY, WHOLE, Putting
from stream.mapping.values import filled
from stream.mapping.written import CANONICAL
from stream.mapping.wrong import WrongError, did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.mapping.defaults import Defaults
    from stream.mapping.lookup import Text
    from stream.mapping.values import Filled

PATIENCE_S: Final = 60
_LONGEST_PATIENCE_S: Final = 86_400
_OF_RULE: Final = ("type", "when", "call", "parts", "patience_s", "order")
_OF_PART: Final = ("when", "optional", "several", "id", "times")
_NOT_BESIDE: Final = ("id", "repeat", "revision")
_TAKES: Final = ("first", "last", "sum")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_OF_WHOLE: Final = re.compile(re.escape(WHOLE) + r"\.([A-Za-z0-9_]*)")
_FORM: Final = "[events.parts.answered] and below it when = { … } and the fields that it tells"
_OF_TIMES: Final = ("time", "timezone", "hour", "day_end")


def parts_rule(source: str, given: dict[str, Any], defaults: Defaults) -> PartsRule:
    """Return the rule with parts that a table of `[[events]]` tells; WrongError for a wrong one."""
    return _Given(given, defaults).rule(source, given)


class _Given:
    """The tables of a rule with parts as a file has them, and what is made of them; WrongError for a wrong one."""

    def __init__(self, given: dict[str, Any], defaults: Defaults) -> None:
        if given["type"] != KIND:
            raise WrongError("parts", f"of no effect on {given['type']}; of all events {KIND} alone is told in parts")
        for key in _NOT_BESIDE:
            if key in given:
                raise WrongError(key, "of no effect beside parts, as a call is known by its id and what is known of it")
        self._defaults = defaults
        self._takes: dict[str, str] = {}
        self._tables = _tables(given["parts"])
        self._optional = [name for name, one in self._tables.items() if _flag(one, "optional", name)]
        self._several = [name for name, one in self._tables.items() if _flag(one, "several", name)]
        if len(self._optional) == len(self._tables):
            raise WrongError("parts", "all of them are optional, so that no call is ever whole; leave one without")
        self.patience_ms = _patience(given.get("patience_s", PATIENCE_S))
        above = {key: value for key, value in given.items() if key not in _OF_RULE}
        self._whole = {key: value for key, value in above.items() if _OF_WHOLE.search(repr(value))}
        self._shared = {key: value for key, value in above.items() if key not in self._whole}
        self.call = self._call(given)
        self._above = {key: self._filled(key, value, self._several) for key, value in self._shared.items()}
        self.order = _order(given, defaults)
        self.parts = tuple(self._part(name, table) for name, table in self._tables.items())
        self._look_for_what_is_needed()

    def rule(self, source: str, given: dict[str, Any]) -> PartsRule:
        """Return the rule that the tables tell, of the events of `source`."""
        applies = condition(given["when"]) if "when" in given else _always
        return PartsRule(source, self.patience_ms, applies, self.call, self.order, self.parts, self._putting())

    def _putting(self) -> Putting:
        known = {one.field.name for part in self.parts for one in (*part.fields, *part.times)}
        of_whole = [self._of_whole(name, value, known) for name, value in self._whole.items()]
        used = {name for value in self._whole.values() for name in _OF_WHOLE.findall(repr(value))}
        for part in self.parts:
            for one in part.times:
                if one.field.name not in used:
                    raise (
                        WrongError(
                            f"times, {one.field.name}",
                            f'of no effect, as nothing is made of it; write "{WHOLE}.{one.field.name}" in a field',
                        )
                        .within(part.name)
                        .within("parts")
                    )
        needed = [name for name in self._tables if name not in self._optional]
        open_ended = [name for name in needed if name in self._several]
        ranks = {name: number for number, name in enumerate(self._tables)}
        return Putting(ranks, needed, open_ended, self._takes, of_whole)

    def _call(self, given: dict[str, Any]) -> Filled:
        if "call" not in given:
            raise WrongError("call", 'missing above parts; write what records of one call share: call = "{call_id}"')
        return self._filled("call", given["call"], self._several)

    def _part(self, name: str, table: dict[str, Any]) -> Part:
        try:
            return self._made(name, table)
        except WrongError as wrong:
            raise wrong.within(name).within("parts") from None

    def _made(self, name: str, table: dict[str, Any]) -> Part:
        if WHOLE in repr(table):
            raise WrongError("", f"made of {WHOLE}, the whole call; write that field above the parts")
        own = {key: value for key, value in table.items() if key not in _OF_PART}
        if "call" in own:
            raise WrongError("call", "of no effect in a part; write it above the parts, for all of them")
        for key in PARTY:
            if key in own and name in self._optional:
                raise WrongError(key, "of no effect in an optional part, for which no call waits; leave optional out")
        several = [name] if name in self._several else []
        shared = [one for key, one in self._above.items() if key not in own]
        fields = [*shared, *(self._filled(key, value, several) for key, value in own.items())]
        times = self._times(table)
        if not fields and not times and name in self._optional:
            raise WrongError("", "of no effect, as it tells nothing, and no call waits for it; leave it out")
        if "id" in table and not several:
            raise WrongError("id", "of no effect without several = true, as a call has one of it")
        test = condition(table["when"]) if "when" in table else _always
        return Part(name, test, tuple(fields), times, _id(table))

    def _filled(self, name: str, given: Any, several: list[str]) -> Filled:
        field = _field(name)
        try:
            if isinstance(given, dict) and "take" in given:
                given = dict(given)
                self._take(field, given.pop("take"), several)
            return filled(field, given, self._defaults)
        except WrongError as wrong:
            raise wrong.within(name) from None

    def _take(self, field: Field, given: Any, several: list[str]) -> None:
        name = field.name
        take = one_of("take", given, _TAKES)
        if field.kind is Kind.TIME or name in {*PARTY, "call"}:
            raise WrongError("take", f"of no effect on {name}, of which a call has one; leave it out")
        if take == "sum" and (field.kind is not Kind.SECONDS or not several):
            raise WrongError("take", 'a sum is of seconds, in a part with several = true; write "last"')
        if self._takes.setdefault(name, take) != take:
            raise WrongError("take", f"another one than above; write the same wherever {name} is told")

    def _times(self, table: dict[str, Any]) -> tuple[Filled, ...]:
        given = table.get("times", {})
        if not isinstance(given, dict):
            raise WrongError("times", f'{kind_of(given)}; write what is no field: times = {{ joined = "{{at}}" }}')
        made = []
        for name, value in given.items():
            if name in FIELDS[KIND] or not _NAME.fullmatch(name) or "-" in name:
                raise WrongError(f"times, {name}", "a field of the event, or no name; write a name of your own")
            try:
                made.append(filled(Field(name, Kind.TIME, required=False, choices=()), value, self._defaults))
            except WrongError as wrong:
                raise wrong.within(f"times, {name}") from None
        return tuple(made)

    def _of_whole(self, name: str, value: Any, known: set[str]) -> Filled:
        field = _field(name)
        if name in PARTY:
            raise WrongError(name, f"made of {WHOLE}; it is of one record: name a column")
        others = [one for one in _names(value) if not one.startswith(WHOLE)]
        if others:
            raise WrongError(name, f'made of the whole call and of "{others[0]}", a column; take that into a part')
        unknown = [one for one in _OF_WHOLE.findall(repr(value)) if one not in known]
        if unknown:
            hint = did_you_mean(unknown[0], known)
            raise WrongError(name, f'"{WHOLE}.{unknown[0]}": no part tells that{hint}; write it into a part')
        tables = [value, *(value.get("between", []) if isinstance(value, dict) else [])]
        for key in (*_OF_TIMES, "take"):
            if any(isinstance(one, dict) and key in one for one in tables):
                raise WrongError(key, f"of no effect on what is made of {WHOLE}; leave it out").within(name)
        try:
            return filled(field, value, self._defaults._replace(times=CANONICAL, squeeze=None, decimal="point"))
        except WrongError as wrong:
            raise wrong.within(name) from None

    def _look_for_what_is_needed(self) -> None:
        for part in self.parts:
            for one in part.fields:
                if one.field.name in self._whole:
                    raise WrongError(one.field.name, f"told by part {part.name}, and made of {WHOLE}; leave one out")
        told = {
            one.field.name for part in self.parts if part.name not in self._optional for one in part.fields
        } | self._whole.keys()
        where = "write it above the parts, or in one that is not optional"
        for name in NEEDED:
            if name not in told:
                raise WrongError(name, f"told by no part that each call has, and {KIND} needs it; {where}")
        if not any(name in told for name in PARTY):
            raise WrongError("number", f"told by no part that each call has, and lead neither; {where}")


def _field(name: str) -> Field:
    known = FIELDS[KIND]
    if name not in known or name in _NOT_BESIDE:
        raise WrongError(name, f"{KIND} has no such field{did_you_mean(name, known)}; see docs/events.md")
    return known[name]


def _names(value: Any) -> list[str]:
    """Return the columns that a field is made of, and those that it is chosen by."""
    names = [name for one in made_of(value) for name in one]
    for way in value if isinstance(value, list) else [value]:
        if isinstance(way, dict):
            names += [name for table in tables_of(way.get("when")) for name in table]
    return names


def _tables(given: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(given, dict) or not given:
        raise WrongError("parts", f"{kind_of(given)}; write {_FORM}")
    for name, one in given.items():
        if not isinstance(one, dict) or not _NAME.fullmatch(name):
            raise WrongError(f"parts, {name}", f"{kind_of(one)}; write {_FORM}")
    return given


def _flag(table: dict[str, Any], key: str, name: str) -> bool:
    given = table.get(key, False)
    if isinstance(given, bool):
        return given
    raise WrongError(key, f"{kind_of(given)}; write true or false").within(name).within("parts")


def _patience(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= _LONGEST_PATIENCE_S:
        raise WrongError("patience_s", f"{kind_of(given)}; write seconds, 1 to {_LONGEST_PATIENCE_S}")
    return 1000 * given


def _order(given: dict[str, Any], defaults: Defaults) -> Filled | None:
    if "order" not in given:
        return None
    if not list(made_of(given["order"])):
        raise WrongError(
            "order", f'{kind_of(given["order"])}; write what says which record is earlier: order = "{{sequence}}"'
        )
    try:
        return filled(Field("order", Kind.WHOLE, required=False, choices=()), given["order"], defaults)
    except WrongError as wrong:
        raise wrong.within("order") from None


def _id(table: dict[str, Any]) -> Text | None:
    if "id" not in table:
        return None
    made = text(table["id"]) if isinstance(table["id"], str) else None
    if made is None or not made.holes:
        raise WrongError("id", f'{kind_of(table["id"])}; write what no two of these share: id = "{{leg_id}}"')
    return made


def _always(_record: Mapping[str, Any]) -> bool:
    return True
