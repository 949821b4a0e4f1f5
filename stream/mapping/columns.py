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
    yield from _tested(given)
    for key in ("parts", "times"):  # tables of rules, and of fields
        for one in given.get(key, {}).values():
            yield from _of_rule(one) if isinstance(one, dict) and key == "parts" else made_of(one)
    for key, value in given.items():
        if key not in {"type", "when", "parts", "times"}:
            yield from made_of(value)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    yield from _tested(one)


def _tested(table: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for one in tables_of(table.get("when")):
        yield from ((name,) for name, asked in one.items() if not _may_be_absent(asked))


def tables_of(when: Any) -> list[dict[str, Any]]:
    """Return the tables of a condition, which has one, or several in a list."""
    return [one for one in (when if isinstance(when, list) else [when]) if isinstance(one, dict)]


def made_of(given: Any) -> Iterator[tuple[str, ...]]:
    """Return the columns that one value of a rule is made of, each by itself or as one of several."""
    if isinstance(given, str):
        yield from ((hole.name,) for hole in text(given).holes)
    elif isinstance(given, list):
        for way in given:
            yield from made_of(way)
    elif isinstance(given, dict):
        yield from _named(given)
        for key in ("text", "otherwise", "empty"):
            yield from made_of(given.get(key))
        for key in ("plus", "minus", "between"):
            terms = given.get(key, [])
            for term in terms if isinstance(terms, list) else [terms]:
                yield from made_of({"from": term} if isinstance(term, str) else term)


def _named(table: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for key in ("in", "each"):
        if key in table:
            yield (str(table[key]),)
    if "from" in table and "in" not in table:
        names = table["from"] if isinstance(table["from"], list) else [table["from"]]
        yield tuple(str(name) for name in names)


def _may_be_absent(asked: Any) -> bool:
    if isinstance(asked, dict):
        return True
    return "" in (asked if isinstance(asked, list) else [asked])
