"""When a rule of a mapping applies: what must stand in a record, place by place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stream.events.describe import kind_of
from stream.mapping.lookup import Place, as_text, place
from stream.mapping.wrong import WrongError, no_others

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.mapping.lookup import Record

    Condition = Callable[[Record], bool]

_EXAMPLE = '{ status = ["Won", "Lost"] }'
_FORM = f"a text, a list of texts, {{not = …}}, {{match = …}} or {{present = true}}: when = {_EXAMPLE}"


def condition(given: Any, key: str = "when") -> Condition:
    """
    Return what the table at `key` says: every place in it must hold the text, one of the list, or what its table asks.

    Of a list of tables one that holds is enough.

    Texts are compared as they are, without the blanks around them; numbers as JSON writes them. Where a path leads to
    several values (`tags.*`), one that holds is enough, and `not` asks it of none of them. `match` is a regular
    expression that is found in a text, `differs_from` names a place that must not hold the same, and `named` asks
    whether the key is there, also where it is empty.
    """
    if isinstance(given, list) and given:
        ways = [_numbered(number, one, key) for number, one in enumerate(given, 1)]
        return lambda record: any(way(record) for way in ways)
    if not isinstance(given, dict) or not given:
        raise WrongError(key, f"{kind_of(given)}; write what each column may be: {key} = {_EXAMPLE}")
    try:
        tests = [_test(place(name), asked) for name, asked in given.items()]
    except WrongError as wrong:
        raise wrong.within(key) from None
    return _all(tests)


def _numbered(number: int, given: Any, key: str) -> Condition:
    if isinstance(given, list):
        raise WrongError(f"{key}, {number}", f"a list in a list; write {key} = [{_EXAMPLE}, …]")
    try:
        return condition(given, str(number))
    except WrongError as wrong:
        raise wrong.within(key) from None


def _all(tests: list[Condition]) -> Condition:
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _test(where: Place, asked: Any) -> Condition:
    if not isinstance(asked, dict):
        wanted = _texts(where.name, asked)
        if where.many:
            return lambda record: any(one in wanted for one in _each(where, record))
        return lambda record: _plain(where.find(record), where) in wanted
    try:
        no_others(asked, ("not", "match", "differs_from", "present", "named"))
    except WrongError as wrong:
        raise wrong.within(where.name) from None
    if not asked:
        raise WrongError(where.name, f"an empty table; write {_FORM}")
    tests: list[Condition] = []
    if "not" in asked:
        unwanted = _texts(where.name, asked["not"])
        tests.append(lambda record: not any(one in unwanted for one in _each(where, record)))
    if "match" in asked:
        matches = _expression(where.name, asked["match"]).search
        tests.append(lambda record: any(matches(one) for one in _each(where, record)))
    if "differs_from" in asked:
        other = _other(where.name, asked["differs_from"])
        tests.append(lambda record: _plain(where.find(record), where) != _plain(other.find(record), other))
    if "present" in asked:
        present = _flag(where.name, "present", asked)
        tests.append(lambda record: _is_present(where, record) is present)
    if "named" in asked:
        named = _flag(where.name, "named", asked)
        tests.append(lambda record: where.is_named(record) is named)
    return _all(tests)


def _flag(name: str, key: str, asked: dict[str, Any]) -> bool:
    given = asked[key]
    if not isinstance(given, bool):
        raise WrongError(f"{name}, {key}", f"{kind_of(given)}; write true or false")
    return given


def _other(name: str, given: Any) -> Place:
    if not isinstance(given, str) or not given:
        raise WrongError(
            f"{name}, differs_from", f'{kind_of(given)}; write the column that it is compared with: "previous.owner"'
        )
    return place(given)


def _expression(name: str, given: Any) -> re.Pattern[str]:
    try:
        return re.compile(given)
    except (re.error, TypeError):
        raise WrongError(
            f"{name}, match", f"{kind_of(given)} that is no regular expression; write one such as '^00Q'"
        ) from None


def _texts(name: str, asked: Any) -> frozenset[str]:
    wanted = asked if isinstance(asked, list) else [asked]
    if not wanted or not all(isinstance(one, (str, int, float)) for one in wanted):
        raise WrongError(name, f"{kind_of(asked)}; write {_FORM}")
    # What is empty is absent: "" asks for that.
    return frozenset(as_text(one, name) or "" for one in wanted)


def _each(where: Place, record: Record) -> list[str]:
    """Return the texts that stand there; "" where there is nothing."""
    return [_plain(value, where) for value in where.every(record)] or [""]


def _plain(value: Any, where: Place) -> str:
    if isinstance(value, (dict, list)):
        return ""
    return as_text(value, where.name) or ""


def _is_present(where: Place, record: Record) -> bool:
    return any(
        bool(value) if isinstance(value, (dict, list)) else as_text(value, where.name) is not None
        for value in where.every(record)
    )
