"""Finds an id that is made of a telephone number as it stands: it would go into the topics, for all to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stream.mapping.columns import made_of
from stream.mapping.wrong import WrongError

if TYPE_CHECKING:
    from collections.abc import Iterable

# In one rule a column means one thing; from rule to rule only what these are made of stays the same.
_IDS: Final = ("id", "call", "lead", "into", "customer", "opportunity")
_NUMBER: Final = "number"


def no_bare_numbers(rules: Iterable[dict[str, Any]]) -> None:
    """Refuse a field that is made of a column which a rule takes a number from, and says no region of."""
    listed = [(count, one) for count, rule in enumerate(rules, 1) for one in _with_parts(rule)]
    numbers = {name for _, rule in listed for name in _names(rule.get(_NUMBER))}
    for count, rule in listed:
        own = _names(rule.get(_NUMBER))
        for key, value in rule.items():
            names = numbers if key in _IDS else own
            if key in {_NUMBER, "when", "type", "repeat", "times"}:
                continue
            ways = value if isinstance(value, list) else [value]
            open_ways = [way for way in ways if not (isinstance(way, dict) and "region" in way)]
            bare = sorted(_names(open_ways) & names)
            if bare:
                raise WrongError(
                    f"events {count} ({rule.get('type')}), {key}",
                    f'made of "{bare[0]}", a telephone number; write {{ from = "{bare[0]}", region = "FR" }} with its '
                    "region, and a pseudonym is put in its place",
                )


def _with_parts(rule: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Yield a rule, and each of its parts with what stands above them."""
    above = {key: value for key, value in rule.items() if key != "parts"}
    yield above
    yield from (above | part for part in rule.get("parts", {}).values())


def _names(value: Any) -> set[str]:
    return {name for one in made_of(value) for name in one}
