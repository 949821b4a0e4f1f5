"""Faust as its guide shows it: an agent that folds events one by one, and two windowed tables by event time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faust

from benchmarks.marks import mark
from benchmarks.peers.faust_app import app_of, run
from benchmarks.peers.job_settings import JobSettings, add, new_cell

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals


class Call(faust.Record, serializer="json"):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


def main(settings: JobSettings) -> None:
    """Run the worker; the bench kills it once its totals are written."""
    app = app_of(settings)
    tables = {}
    for name in ("campaigns", "reps"):
        table = app.Table(name, default=new_cell, partitions=settings.partitions)
        size, hop = settings.size_ms / 1000, settings.hop_ms / 1000
        windowed: Any = table.hopping(size, hop) if settings.hopping else table.tumbling(size)
        tables[name] = windowed.relative_to(_moment)
    campaigns, reps = tables["campaigns"], tables["reps"]

    @app.agent(app.topic(settings.topic, value_type=Call))
    async def count(calls: Any) -> None:
        seen = 0
        async for call in calls:
            if not seen:
                mark("ready")
            campaigns[call.campaign].apply(_add, call)
            reps[call.rep].apply(_add, call)
            seen += 1
            if seen == settings.expected:
                mark("done")
                settings.write_totals({name: _totals(windowed) for name, windowed in tables.items()})

    run(app)


def _moment(event: Any) -> float:
    """Return the time of an event, in seconds since the epoch."""
    return float(event.value.at / 1000)


def _add(cell: list[int], call: Any) -> list[int]:
    return add(cell, call.amd, call.talk_s, call.delay_s)


def _totals(windowed: Any) -> Totals:
    return {(owner, round(window[0] * 1000)): list(cell) for (owner, window), cell in windowed.table.data.items()}


if __name__ == "__main__":
    main(JobSettings.read())
