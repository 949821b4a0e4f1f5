"""Bytewax by the batch: batches are parsed and grouped by owner; a stateful operator has its own windows."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from benchmarks.peers.bytewax_flow import DiscardSink, Results, run, source
from benchmarks.peers.job_settings import JobSettings, new_cell
from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CONTACT_S, CONTACTS, TALK

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[int, int, int, bool]
"""A window, a bucket, seconds of talk, and whether it was a contact."""


class Call(msgspec.Struct, gc=False):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


Part = tuple[str, list[Row]]
"""An owner, and some of its rows."""


class Windows(StatefulBatchLogic[Part, None, dict[int, list[int]]]):
    """The windows of one owner."""

    def __init__(self, results: Results, cells: dict[int, list[int]] | None) -> None:
        self.results = results
        self.cells = cells if cells is not None else {}

    def on_batch(self, values: list[Part]) -> tuple[Iterable[None], bool]:
        """Fold some rows of this owner."""
        cells = self.cells
        self.results.live[values[0][0]] = cells
        for _, rows in values:
            for window, bucket, talk, contact in rows:
                cell = cells.get(window)
                if cell is None:
                    cell = cells[window] = new_cell()
                cell[CALLS] += 1
                cell[bucket] += 1
                cell[TALK] += talk
                cell[CONTACTS] += contact
            self.results.count(len(rows))
        return (), StatefulBatchLogic.RETAIN

    def snapshot(self) -> dict[int, list[int]]:
        """Return a copy of the state for the recovery store."""
        return {window: list(cell) for window, cell in self.cells.items()}


def main(settings: JobSettings) -> None:
    """Run the flow to the end of the topic."""
    read = msgspec.json.Decoder(Call).decode
    size = settings.size_ms
    results = Results(settings, 2 * settings.expected)

    def grouped(messages: list[Any]) -> Iterable[tuple[str, Part]]:
        owners: dict[str, list[Row]] = {}
        for message in messages:
            call = read(message.value)
            talk = call.talk_s
            row = (
                call.at // size,
                BUCKETS + bisect_left(BOUNDS, call.delay_s),
                talk,
                talk >= CONTACT_S and call.amd == "human",
            )
            for owner in (call.campaign, call.rep):
                rows = owners.get(owner)
                if rows is None:
                    owners[owner] = [row]
                else:
                    rows.append(row)
        return [(owner, (owner, rows)) for owner, rows in owners.items()]

    flow = Dataflow("simple")
    messages = op.input("in", flow, source(settings))
    rows = op.flat_map_batch("group", messages, grouped)
    folded = op.stateful_batch("windows", rows, lambda cells: Windows(results, cells))
    op.output("out", folded, DiscardSink())
    run(settings, flow)
    settings.write_totals(results.totals())


if __name__ == "__main__":
    main(JobSettings.read())
