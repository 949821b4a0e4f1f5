"""The state's part of the check: whether a worker with these settings would take it, and whether anything has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.check.first_steps import on_one_line
from stream.errors import RingboardError
from stream.finding import fail, ok, warn
from stream.journeys.events import EventsState
from stream.journeys.floor_state import FloorState
from stream.journeys.lost import lost_state, made_anew
from stream.journeys.spend import SpendState
from stream.journeys.stamp import compare_stamp, stamp_of
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control
from stream.kafka.inspecting import offsets_of_group, spans_of
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stream.finding import Finding
    from stream.kafka.inspecting import Described
    from stream.kafka.topics import Topic
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings

    Place = tuple[str, int]

_STAMP: Final = "settings of the numbers"
_STATE: Final = "state"
_EVENTS: Final = "events"


def sources_and_tables(settings: Settings) -> list[tuple[Topic, tuple[Topic, ...], tuple[Topic, ...]]]:
    """Return for each state of a floor its topic, what is folded beside that, and the changelogs it is kept in."""
    names = topics(settings)
    return [
        (source, beside, tuple(names.changelog(table, source) for table in group.tables))
        for group, source, beside in (
            (EventsState, names.events, (names.links, names.events_history)),
            (FloorState, names.floor, (names.floor_history,)),
            (SpendState, names.spend, ()),
        )
    ]


async def check_stamp(settings: Settings, identity: Identity) -> Finding:
    """Return whether the numbers were made with what `settings` say of their meaning; else with the worker's words."""
    control = Control(connection_of(settings), topics(settings).control.name, identity)
    try:
        made = await compare_stamp(control, stamp_of(settings))
    except RingboardError as error:
        what, _, todo = str(error).partition("; ")
        return fail(_STAMP, what, todo) if todo else warn(_STAMP, f"not compared ({what})", "check again")
    return ok(_STAMP, "those of now" if made else "no worker has made any yet")


async def check_state(settings: Settings, there: Described) -> list[Finding]:
    """Return whether the state belongs to the topics it was made from, and whether an event has ever come."""
    connection = connection_of(settings)
    every = sources_and_tables(settings)
    wanted = [topic.name for source, beside, tables in every for topic in (source, *beside, *tables)]
    places = [(name, number) for name in wanted if name in there for number in range(there[name][0])]
    try:
        spans = await spans_of(connection, places)
        folded = await offsets_of_group(connection, settings.app_id)
    except RingboardError as error:
        return [warn(_STATE, f"not looked at ({error})", "check again")]
    findings = []
    lost = next(_lost(settings, spans, folded), None)
    if lost is not None:
        what, _, todo = lost.partition("; ")
        findings.append(fail(_STATE, what, todo))
    elif folded:
        findings.append(ok(_STATE, "what the topics have led to"))
    sources = {topic.name for source, beside, _ in every for topic in (source, *beside)}
    if not any(end for (name, _), (_, end) in spans.items() if name in sources):
        findings.append(warn(_EVENTS, "none has come yet", on_one_line()))
    return findings


def _lost(settings: Settings, spans: Mapping[Place, tuple[int, int]], folded: Mapping[Place, int]) -> Iterator[str]:
    """Yield, in the words of a worker that refuses it, where the state and its topics do not belong together."""
    nothing = (0, 0)
    for source, beside, tables in sources_and_tables(settings):
        for number in range(source.partitions):
            read = {topic.name: folded.get((topic.name, number), 0) for topic in (source, *beside)}
            begun = any(offset > spans.get((name, number), nothing)[0] for name, offset in read.items())
            gone = [table.name for table in tables if not spans.get((table.name, number), nothing)[1]]
            if begun and gone:
                yield lost_state(gone, number)
                continue
            for name, offset in read.items():
                end = spans.get((name, number), nothing)[1]
                if offset > end:
                    yield made_anew(name, number, end, offset)
