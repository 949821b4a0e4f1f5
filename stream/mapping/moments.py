"""How a field that is a time is filled: by a column, what is added to it, or how it is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stream.mapping.lengths import terms, total
from stream.mapping.written import moment_of, written_in
from stream.mapping.wrong import WrongError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from stream.mapping.defaults import Defaults
    from stream.mapping.fields import Field
    from stream.mapping.lookup import Record

_OF_COLUMNS: Final = ("time", "hour", "day_end", "absent", "match", "map", "otherwise")


def moment_reader(
    field: Field, table: dict[str, Any], find: Callable[[Record], str | None], where: str, defaults: Defaults
) -> Callable[[Record], int | None]:
    """Return what reads the time of a record in ms since the epoch; WrongError for a wrong `table`."""
    written = written_in(table, defaults)
    adding = terms(field, table, defaults)
    if "value" in table or ("text" in table and not table["text"].count("{")):
        raise WrongError("", 'a time that is always the same is made up: write { made_up = "2026-01-05T09:00:00" }')
    if "made_up" in table:
        for key in _OF_COLUMNS:
            if key in table:
                raise WrongError(key, "of no effect beside made_up, which reads no column; leave it out")
        base = _made_up(table["made_up"], written.zone, defaults)
        return lambda record: base + int(total(adding, record) * 1000)

    def read(record: Record) -> int | None:
        text = find(record)
        if text is None:
            return None
        moment = written.read(field, where, text)
        if defaults.squeeze is not None:
            moment = defaults.squeeze(moment)
        return moment + int(total(adding, record) * 1000) if adding else moment

    return read


def _made_up(given: Any, zone: tzinfo | None, defaults: Defaults) -> int:
    if not defaults.makes_up:
        raise WrongError("made_up", 'a time is made up without a mark; write made_up = "…" above all rules')
    return moment_of("made_up", given, zone)
