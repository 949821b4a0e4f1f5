"""When a rule of a mapping applies: what must stand in a record, place by place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.events.describe import kind_of
from stream.mapping.lookup import Place, as_text, place
from stream.mapping.wrong import WrongError, no_others

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.mapping.lookup import Record

    Condition = Callable[[Record], bool]

_EXAMPLE = 'when = { status = ["Won", "Lost"] }'
_FORM = f"a text, a list of texts, {{not = …}} or {{present = true}}: {_EXAMPLE}"


def condition(given: Any) -> Condition:
    """
    Return what `when` says: every place named in it must hold the text, one of the list, or what its table asks.

    Texts are compared as they are, without the blanks around them; numbers as JSON writes them.
    """
    if not isinstance(given, dict):
        raise WrongError("when", f"{kind_of(given)}; write what each column may be: {_EXAMPLE}")
    try:
        tests = [_test(place(name), asked) for name, asked in given.items()]
    except WrongError as wrong:
        raise wrong.within("when") from None
    return lambda record: all(test(record) for test in tests)


def _test(where: Place, asked: Any) -> Condition:
    if not isinstance(asked, dict):
        wanted = _texts(where.name, asked)
        return lambda record: _plain(where, record) in wanted
    try:
        no_others(asked, ("not", "present"))
    except WrongError as wrong:
        raise wrong.within(where.name) from None
    tests: list[Condition] = []
    if "not" in asked:
        unwanted = _texts(where.name, asked["not"])
        tests.append(lambda record: _plain(where, record) not in unwanted)
    if "present" in asked:
        present = asked["present"]
        if not isinstance(present, bool):
            raise WrongError(f"{where.name}, present", f"{kind_of(present)}; write true or false")
        tests.append(lambda record: _is_present(where, record) is present)
    return lambda record: all(test(record) for test in tests)


def _texts(name: str, asked: Any) -> frozenset[str]:
    wanted = asked if isinstance(asked, list) else [asked]
    if not wanted or not all(isinstance(one, (str, int, float)) for one in wanted):
        raise WrongError(name, f"{kind_of(asked)}; write {_FORM}")
    # What is empty is absent: "" asks for that.
    return frozenset(as_text(one, name) or "" for one in wanted)


def _plain(where: Place, record: Record) -> str:
    value = where.find(record)
    if isinstance(value, (dict, list)):
        return ""
    return as_text(value, where.name) or ""


def _is_present(where: Place, record: Record) -> bool:
    value = where.find(record)
    return bool(value) if isinstance(value, (dict, list)) else as_text(value, where.name) is not None
