"""Which columns a mapping reads, so that a file without one of them is found out before its first row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.mapping.lookup import text

if TYPE_CHECKING:
    from collections.abc import Iterator

Columns = frozenset[tuple[str, ...]]
"""Columns that have to be there, or one of several."""


def columns_of(rules: list[dict[str, Any]]) -> Columns:
    """Return the columns that `rules` read, as a mapping file has them; not those that may be missing."""
    return frozenset(one for given in rules for one in _of_rule(given) if not any(name.startswith("#") for name in one))


def _of_rule(given: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in given.items():
        if key == "when":
            yield from ((name,) for name, asked in value.items() if not _may_be_absent(asked))
        elif key != "type":
            yield from columns_in(value)


def columns_in(given: Any) -> Iterator[tuple[str, ...]]:
    """Return the columns that one value of a rule is made of, each by itself or as one of several."""
    if isinstance(given, str):
        yield from ((hole.name,) for hole in text(given).holes)
    elif isinstance(given, list):
        for one in given:
            yield from columns_in({"from": one} if isinstance(one, str) else one)
    elif isinstance(given, dict):
        if "from" in given:
            names = given["from"] if isinstance(given["from"], list) else [given["from"]]
            yield tuple(str(name) for name in names)
        for key in ("text", "otherwise"):
            yield from columns_in(given.get(key))
        for key in ("plus", "minus"):
            terms = given.get(key, [])
            yield from columns_in(terms if isinstance(terms, list) else [terms])


def _may_be_absent(asked: Any) -> bool:
    if isinstance(asked, dict):
        return True
    return "" in (asked if isinstance(asked, list) else [asked])
