"""A mapping: from records of anybody's form to Ringboard's events."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused
from stream.mapping.lookup import ALL

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from stream.mapping.columns import Columns
    from stream.mapping.file_form import FileForm
    from stream.mapping.lookup import Record
    from stream.mapping.parts.rule import PartsRule
    from stream.mapping.parts.told import Told
    from stream.mapping.rules import Rule
    from stream.mapping.senders.sender import Sender


OUTER: Final = "#outer"
"""Where a record of a list has the object around it."""
READ: Final = "#read"
"""Where a row of a file has the moment at which the file is read, in ms since the epoch."""
RECEIVED: Final = "#received"
"""Where a record that was posted has the moment at which it came, in ms since the epoch."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """
    What a mapping file says.

    `name` is the `source` of its events and begins their ids, `about` says what it maps, and `made_up` what of its
    times nobody has recorded (None if all were); `file` is the form of files that it reads, with at least `columns`;
    `decimal` (point or comma) stands before decimals where no field says otherwise;
    `odd_hours` counts the local times so far that the clocks show `twice` or `never`; `sender` is who may post what it
    reads, and how. `parts` reads what records tell of calls that come in parts, None where none do.
    """

    name: str
    about: str
    made_up: str | None
    file: FileForm
    columns: Columns
    decimal: str
    odd_hours: Counter[str]
    _within: str | None
    _looks_around: bool
    _rules: tuple[Rule, ...]
    sender: Sender
    parts: PartsRule | None = None

    def events(self, record: Record, told: Callable[[Told], None] = lambda _told: None) -> Iterator[dict[str, Any]]:
        """
        Yield the canonical events of `record`, before admission; none if no rule applies to it.

        `told` is given what it tells of a call that comes in parts.

        Whoever reads records from Kafka adds the keys `#topic`, `#partition` and `#offset`: ids are made of them
        where the mapping makes none. Raises Refused, after the events that are right, for the first that is wrong.
        """
        wrong: Refused | None = None
        for rule in self._rules:
            try:
                if rule.applies(record):
                    yield from rule.events(record)
            except Refused as refused:
                wrong = wrong or refused
        if self.parts is not None:
            try:
                for one in self.parts.told(record):
                    told(one)
            except Refused as refused:
                wrong = wrong or refused
        if wrong is not None:
            raise wrong

    def events_of(
        self,
        payload: Any,
        known: Callable[[int], Record] = lambda _number: {},
        unused: Callable[[Record], None] = lambda _record: None,
        told: Callable[[Told], None] = lambda _told: None,
    ) -> Iterator[dict[str, Any]]:
        """
        Yield the events of all records in a `payload`; `known` returns what is added to each, by its number.

        `unused` is given each record that no rule takes, `told` what one tells of a call that comes in parts.

        Raises Refused, after the events that are right, for the first record that is wrong: it costs the others
        nothing.
        """
        wrong: Refused | None = None
        records = enumerate(self.records(payload))
        parts: list[Told] = []
        while True:
            try:
                number, record = next(records, (0, None))
                if record is None:
                    break
                taken = False
                for event in self.events({**record, **known(number)}, parts.append):
                    taken = True
                    yield event
                if not taken and not parts:
                    unused(record)
            except Refused as refused:
                wrong = wrong or refused
            for one in parts:
                told(one)
            parts.clear()
        if wrong is not None:
            raise wrong

    def records(self, payload: Any) -> Iterator[Record]:
        """
        Yield the records in a `payload` of JSON: itself, or those of its list; where the mapping says `records`, there.

        Of these each has the object around it at `#outer`, if a rule asks for it.

        Raises Refused, after the good ones, where one is no object.
        """
        if self._within is None:
            yield from _objects(payload)
            return
        there = False
        wrong: Refused | None = None
        for found, around in _along(payload, tuple(self._within.split(".")), {}):
            there = True
            try:
                yield from ({**one, OUTER: around} if self._looks_around else one for one in _objects(found))
            except Refused as refused:
                wrong = wrong or refused
        if not there:
            raise Refused(
                Reason.MISSING_FIELD,
                None,
                f"{self._within}: not there; correct records in the mapping, which says where they are",
            )
        if wrong is not None:
            raise wrong


def _objects(found: Any) -> Iterator[Record]:
    """Yield the object `found`, or those of a list; Refused, after the good ones, where one is no object."""
    wrong: str | None = None
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, AnyMapping):
            yield one
        else:
            wrong = wrong or kind_of(one)
    if wrong is not None:
        raise Refused(Reason.NOT_AN_OBJECT, None, f"{wrong} instead of an object; a record is a JSON object")


def _along(value: Any, path: tuple[str, ...], around: Record) -> Iterator[tuple[Any, Record]]:
    """Yield what stands at the end of `path`, with the object around it; `*` leads into each of a list."""
    if isinstance(value, AnyMapping):
        around = {**value, OUTER: around} if around else value
    for number, step in enumerate(path, 1):
        if step == ALL:
            for one in value if isinstance(value, list) else []:
                yield from _along(one, path[number:], around)
            return
        value = value.get(step) if isinstance(value, AnyMapping) else None
    if value is not None:
        yield value, around
