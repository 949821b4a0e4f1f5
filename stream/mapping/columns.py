"""Which columns a mapping reads, so that a file without one of them is found out before its first row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.mapping.lookup import text

if TYPE_CHECKING:
    from collections.abc import Iterator

Columns = frozenset[tuple[str, ...]]
"""Columns that have to be there, or one of several."""


def columns_of(rules: list[dict[str, Any]]) -> Columns:
    """Name the columns that `rules` read, as a mapping file has them; not those that may be missing."""
    return frozenset(one for told in rules for one in _of_rule(told) if not any(name.startswith("#") for name in one))


def _of_rule(told: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in told.items():
        if key == "when":
            yield from ((name,) for name, asked in value.items() if not _may_be_absent(asked))
        elif key != "type":
            yield from columns_in(value)


def columns_in(told: Any) -> Iterator[tuple[str, ...]]:
    """Name the columns that one value of a rule is made of, each by itself or as one of several."""
    if isinstance(told, str):
        yield from ((hole.name,) for hole in text(told).holes)
    elif isinstance(told, list):
        for one in told:
            yield from columns_in({"from": one} if isinstance(one, str) else one)
    elif isinstance(told, dict):
        if "from" in told:
            names = told["from"] if isinstance(told["from"], list) else [told["from"]]
            yield tuple(str(name) for name in names)
        for key in ("text", "otherwise"):
            yield from columns_in(told.get(key))
        for key in ("plus", "minus"):
            terms = told.get(key, [])
            yield from columns_in(terms if isinstance(terms, list) else [terms])


def _may_be_absent(asked: Any) -> bool:
    if isinstance(asked, dict):
        return True
    return "" in (asked if isinstance(asked, list) else [asked])
