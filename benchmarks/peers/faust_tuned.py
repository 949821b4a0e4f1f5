"""Faust tuned: events in batches, plain tables with the window in the key, each key written once a batch."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from weakref import ref

import msgspec
from faust.streams import _current_event

from benchmarks.marks import mark
from benchmarks.peers.faust_app import app_of, run
from benchmarks.peers.job_settings import JobSettings, add, new_cell
from benchmarks.simple.events import add_up

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals

BATCH = 4000  # events
WITHIN_S = 0.1


class Call(msgspec.Struct, gc=False):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


def main(settings: JobSettings) -> None:
    """Run the worker; the bench kills it once its totals are written."""
    logging.disable(logging.INFO)  # else Faust makes records that are discarded
    app = app_of(settings, producer_linger_ms=20, producer_max_batch_size=256 * 1024, stream_buffer_maxsize=16_384)
    tables = {
        name: app.Table(name, default=new_cell, partitions=settings.partitions, key_type=str)
        for name in ("campaigns", "reps")
    }
    campaigns, reps = tables["campaigns"], tables["reps"]
    read = msgspec.json.Decoder(Call).decode
    size = settings.size_ms

    @app.agent(app.topic(settings.topic, value_serializer="raw"))
    async def count(calls: Any) -> None:
        app.producer.buffer.max_messages = 5000
        seen = 0
        async for events in calls.take_events(BATCH, within=WITHIN_S):
            if not seen:
                mark("ready")
            changed: dict[str, dict[str, list[int]]] = {"campaigns": {}, "reps": {}}
            cause: dict[str, Any] = {}
            in_campaigns, in_reps = changed["campaigns"], changed["reps"]
            for event in events:
                call = read(event.value)
                window = call.at // size * size
                partition = event.message.partition
                for table, changes, owner in (
                    (campaigns, in_campaigns, call.campaign),
                    (reps, in_reps, call.rep),
                ):
                    key = f"{partition}|{owner}|{window}"
                    cell = changes.get(key)
                    if cell is None:
                        cell = changes[key] = list(table[key])
                        cause[key] = event
                    add(cell, call.amd, call.talk_s, call.delay_s)
            for name, changes in changed.items():
                for key, cell in changes.items():
                    # A table takes its changelog's partition from the current event, which a batch does not set.
                    _current_event.set(ref(cause[key]))
                    tables[name][key] = cell
            seen += len(events)
            if seen >= settings.expected:
                mark("done")
                settings.write_totals({name: _totals(table) for name, table in tables.items()})

    run(app)


def _totals(table: Any) -> Totals:
    parts: dict[str, Totals] = {}
    for key, cell in table.items():
        partition, owner, window = key.split("|")
        parts.setdefault(partition, {})[owner, int(window)] = list(cell)
    return add_up(parts.values())


if __name__ == "__main__":
    main(JobSettings.read())
