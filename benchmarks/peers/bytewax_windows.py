"""Bytewax with its own windows, tumbling or sliding, which close at the end of the topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
import bytewax.operators.windowing as win
import msgspec
from bytewax.dataflow import Dataflow

from benchmarks.peers.bytewax_flow import DiscardSink, Results, run, source
from benchmarks.peers.job_settings import JobSettings, add, new_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WAIT = timedelta(hours=12)  # partitions are read at different speeds: no event may count as late


class Call(msgspec.Struct, gc=False):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


def main(settings: JobSettings) -> None:
    """Run the flow to the end of the topic."""
    read = msgspec.json.Decoder(Call).decode
    results = Results(settings, 2 * settings.expected * (settings.size_ms // settings.hop_ms))

    def by_owner(messages: list[Any]) -> Iterable[tuple[str, Call]]:
        for message in messages:
            call = read(message.value)
            yield call.campaign, call
            yield call.rep, call

    def fold(cell: list[int], call: Call) -> list[int]:
        results.count(1)
        return add(cell, call.amd, call.talk_s, call.delay_s)

    def merge(one: list[int], other: list[int]) -> list[int]:
        return [a + b for a, b in zip(one, other, strict=True)]

    def keep(closed: tuple[str, tuple[int, list[int]]]) -> tuple[str, tuple[int, list[int]]]:
        owner, (window, cell) = closed
        results.live.setdefault(owner, {})[window] = cell
        return closed

    clock = win.EventClock(lambda call: EPOCH + timedelta(milliseconds=call.at), wait_for_system_duration=WAIT)
    length, offset = timedelta(milliseconds=settings.size_ms), timedelta(milliseconds=settings.hop_ms)
    windower: Any = (
        win.SlidingWindower(length, offset, EPOCH) if settings.hopping else win.TumblingWindower(length, EPOCH)
    )
    flow = Dataflow("simple")
    calls = op.flat_map_batch("parse", op.input("in", flow, source(settings)), by_owner)
    windows = win.fold_window("windows", calls, clock, windower, new_cell, fold, merge, ordered=False)
    op.output("out", op.map("keep", windows.down, keep), DiscardSink())
    run(settings, flow)
    settings.write_totals(results.totals())


if __name__ == "__main__":
    main(JobSettings.read())
