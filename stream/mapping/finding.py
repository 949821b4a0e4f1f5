"""How the text is found that a field is made of: where it stands, what counts as nothing, and what codes mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.conditions import condition
from stream.mapping.lookup import Place, as_text, place, text
from stream.mapping.wrong import WrongError, did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field
    from stream.mapping.lookup import Record

    Find = Callable[[Record], str | None]
    FindAll = Callable[[Record], Iterator[str]]

OF_LISTS: Final = ("where", "which")
FINDING: Final = ("absent", "match", "map", "otherwise", "empty")
_WHICH: Final = ("first", "last")


def finder(field: Field, table: dict[str, Any], where: str, defaults: Defaults) -> Find:
    """
    Return how the text is found: the first that stands in its places, is not absent, and matches; as it is mapped.

    `where` are the places in words. WrongError for what cannot be meant.
    """
    if "from" not in table:
        for key in ("in", *OF_LISTS):
            if key in table:
                raise WrongError(key, 'of no effect without from, which names what is taken: from = "value"')
    find = _first(_candidates(table), _absent(table), _match(table)) if _is_of_columns(table) else _plain(table)
    if "map" in table or "otherwise" in table:
        find = _mapped(find, table, f"{field.name}: {where}", defaults)
    return _filled_up(find, table) if "empty" in table else find


def places_of(table: dict[str, Any]) -> tuple[Place, ...]:
    """Return the places that `from` names, one or several; WrongError for anything else."""
    names = table["from"] if isinstance(table["from"], list) else [table["from"]]
    if not names or not all(isinstance(name, (str, int)) and str(name) for name in names):
        raise WrongError("from", f'{kind_of(table["from"])}; write the name of a column: from = "phone"')
    return tuple(place(str(name)) for name in names)


def _is_of_columns(table: dict[str, Any]) -> bool:
    """Return whether several texts may stand there, or one that is not taken as it is."""
    return "from" in table and (
        isinstance(table["from"], list)
        or any(key in table for key in ("in", "absent", "match", *OF_LISTS))
        or place(str(table["from"])).many
    )


def _plain(table: dict[str, Any]) -> Find:
    if "from" in table:
        return places_of(table)[0].text
    if isinstance(table.get("text"), str):
        made = text(table["text"])
        one = made.holes[0].text if made.between == ("", "") else made.text
        absent, match = _absent(table), _match(table)
        return _first(lambda record: _one(one(record)), absent, match) if absent or match else one
    if "text" in table:
        raise WrongError("text", f"{kind_of(table['text'])}; write a text with columns in braces")
    return lambda _record: None


def _one(found: str | None) -> Iterator[str]:
    if found is not None:
        yield found


def _candidates(table: dict[str, Any]) -> FindAll:
    places = places_of(table)
    if "in" in table:
        return _in_list(table, places)
    for key in OF_LISTS:
        if key in table:
            raise WrongError(key, 'of no effect without in, which names the list: in = "phones"')

    def texts(record: Record) -> Iterator[str]:
        for one in places:
            yield from one.texts(record)

    return texts


def _in_list(table: dict[str, Any], places: tuple[Place, ...]) -> FindAll:
    name = table["in"]
    if not isinstance(name, str) or not name:
        raise WrongError("in", f'{kind_of(name)}; write the path to a list: in = "phones"')
    within = place(name if place(name).path[-1] == "*" else f"{name}.*")
    fits = condition(table["where"], "where") if "where" in table else None
    backwards = one_of("which", table.get("which", "first"), _WHICH) == "last"

    def texts(record: Record) -> Iterator[str]:
        items = [one for one in within.every(record) if isinstance(one, Mapping) and (fits is None or fits(one))]
        for item in reversed(items) if backwards else items:
            for one in places:
                yield from one.texts(item)

    return texts


def _first(texts: FindAll, absent: frozenset[str], match: Callable[[str], str | None] | None) -> Find:
    def find(record: Record) -> str | None:
        for one in texts(record):
            if one in absent:
                continue
            found = one if match is None else match(one)
            if found is not None:
                return found
        return None

    return find


def _absent(table: dict[str, Any]) -> frozenset[str]:
    given = table.get("absent", [])
    if isinstance(given, (str, int, float)):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(one, (str, int, float)) for one in given):
        raise WrongError("absent", f'{kind_of(given)}; write what stands for nothing: absent = ["n/a", "-"]')
    found = frozenset(str(one) for one in given)
    _no_blanks("absent", found, "it counts as nothing already; leave it out")
    return found


def _no_blanks(key: str, texts: frozenset[str], advice: str) -> None:
    """Refuse what no cell can be: a text is compared without the blanks around it, and is never empty."""
    if "" in texts:
        raise WrongError(key + ', ""', f"of no effect on an empty cell: {advice}")
    for one in texts:
        if one != one.strip():
            raise WrongError(key, f"{kind_of(one)} with blanks around it, which are taken off a cell; write it without")


def _match(table: dict[str, Any]) -> Callable[[str], str | None] | None:
    if "match" not in table:
        return None
    pattern = table["match"]
    try:
        expression = re.compile(pattern)
    except (re.error, TypeError):
        raise WrongError(
            "match", f"{kind_of(pattern)} that is no regular expression; write one such as '^Agent/(\\d+)'"
        ) from None

    def matched(value: str) -> str | None:
        match = expression.search(value)
        if match is None:
            return None
        return (match[1] if expression.groups else match[0]) or None

    return matched


def codes_of(given: Any, key: str) -> dict[str, str]:
    """Return a table of codes and what they mean; WrongError where it is none, or names what no cell can be."""
    if not isinstance(given, dict) or not given or not all(isinstance(v, (str, int, float)) for v in given.values()):
        raise WrongError(key, f'{kind_of(given)}; write a table of values: {key} = {{ yes = "interested" }}')
    _no_blanks(key, frozenset(given), 'write empty = "…" beside it')
    return {code: as_text(value, key) or "" for code, value in given.items()}


def _mapped(find: Find, table: dict[str, Any], where: str, defaults: Defaults) -> Find:
    otherwise = table.get("otherwise")
    if otherwise is not None and (isinstance(otherwise, bool) or not isinstance(otherwise, (str, int, float))):
        raise WrongError("otherwise", f'{kind_of(otherwise)}; write what stands for the rest: otherwise = "other"')
    if "map" not in table:
        raise WrongError("otherwise", 'of no effect without map; for an empty cell write empty = "…"')
    given = table["map"]
    if isinstance(given, str):
        if given not in defaults.tables:
            raise WrongError(
                "map", f"{kind_of(given)} that names no table{did_you_mean(given, defaults.tables)}; write it below "
                '[tables.reps], or here: map = { yes = "interested" }'
            )  # fmt: skip
        defaults.looked_up.add(given)
        codes = defaults.tables[given]
    else:
        codes = codes_of(given, "map")
    rest = None if otherwise is None else text(str(otherwise))

    def found(record: Record) -> str | None:
        code = find(record)
        if code is None:
            return None
        if code in codes:
            return codes[code] or None
        if rest is None:
            raise Refused(
                Reason.UNKNOWN_VALUE,
                None,
                f"{where}: {kind_of(code)} that map does not name; add it, or otherwise = …",
            )
        return rest.text(record)

    return found


def _filled_up(find: Find, table: dict[str, Any]) -> Find:
    given = table["empty"]
    if isinstance(given, bool) or not isinstance(given, (str, int, float)) or not str(given).strip():
        raise WrongError("empty", f'{kind_of(given)}; write what stands for an empty cell: empty = "unknown"')
    instead = text(str(given))

    def found(record: Record) -> str | None:
        value = find(record)
        return instead.text(record) if value is None else value

    return found
