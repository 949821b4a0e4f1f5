"""Bytewax with windows of its own, tumbling or sliding, that close at the end of the topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
import bytewax.operators.windowing as win
import msgspec
from bytewax.dataflow import Dataflow

from benchmarks.peers.bytewax_flow import Nowhere, Results, run, source
from benchmarks.peers.job_settings import Asked, add, new_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WAIT = timedelta(hours=12)  # the partitions of a full topic are not read in step: nothing may count as late


class Told(msgspec.Struct, gc=False):
    """What of an event the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


def main(asked: Asked) -> None:
    """Run the flow to the end of the topic."""
    read = msgspec.json.Decoder(Told).decode
    results = Results(asked, 2 * asked.expected * (asked.size_ms // asked.hop_ms))

    def by_owner(messages: list[Any]) -> Iterable[tuple[str, Told]]:
        for message in messages:
            call = read(message.value)
            yield call.campaign, call
            yield call.rep, call

    def fold(cell: list[int], call: Told) -> list[int]:
        results.did(1)
        return add(cell, call.amd, call.talk_s, call.delay_s)

    def merge(one: list[int], other: list[int]) -> list[int]:
        return [a + b for a, b in zip(one, other, strict=True)]

    def keep(closed: tuple[str, tuple[int, list[int]]]) -> tuple[str, tuple[int, list[int]]]:
        owner, (window, cell) = closed
        results.live.setdefault(owner, {})[window] = cell
        return closed

    clock = win.EventClock(lambda call: EPOCH + timedelta(milliseconds=call.at), wait_for_system_duration=WAIT)
    length, offset = timedelta(milliseconds=asked.size_ms), timedelta(milliseconds=asked.hop_ms)
    windower: Any = win.SlidingWindower(length, offset, EPOCH) if asked.hopping else win.TumblingWindower(length, EPOCH)
    flow = Dataflow("simple")
    calls = op.flat_map_batch("parse", op.input("in", flow, source(asked)), by_owner)
    windows = win.fold_window("windows", calls, clock, windower, new_cell, fold, merge, ordered=False)
    op.output("out", op.map("keep", windows.down, keep), Nowhere())
    run(asked, flow)
    asked.hand_over(results.totals())


if __name__ == "__main__":
    main(Asked.read())
