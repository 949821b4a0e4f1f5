"""The metrics of the pipeline itself: what this process has handled, and the condition of its partitions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.metrics import pipeline_defs as d
from agents.peers.claims import READY, RECOVERING
from stream.events.refusal import Reason
from stream.events.types import AnyEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agents.metrics.exposition import Out
    from agents.metrics.labels import Labels
    from agents.peers.floor_view import EngineView
    from stream.journeys.ages import Ages
    from stream.journeys.floor import Floor
    from stream.web.metric import Metric

_TOTAL = "_total"
EVENT_TYPES = tuple(sorted(str(kind.__struct_config__.tag) for kind in AnyEvent.__args__))


class PagesCounts(NamedTuple):
    """The counts of the pages: open streams and connections, connections closed, and requests `refused` by reason."""

    streams: Callable[[], int]
    connections: Callable[[], int]
    closed: Callable[[], int]
    refused: Mapping[Any, int]


class Pipeline:
    """
    Writes the metrics of one process.

    `floor` has the counts of its partitions' states, None if they count elsewhere; `workers` returns how many workers
    there are; `pages` has the counts of the pages, `refused` how much of what other workers say was not believed.
    """

    def __init__(
        self,
        engine: EngineView,
        floor: Floor | None,
        workers: Callable[[], int],
        pages: PagesCounts,
        refused: Mapping[tuple[str, str], int],
    ) -> None:
        self._engine = engine
        self._floor = floor
        self._workers = workers
        self._pages = pages
        self._refused = refused
        self._version = _version()

    def write(self, out: Out, labels: Labels) -> None:
        """Add all samples to `out`."""
        if self._floor is not None:
            self._write_counts(self._floor, out, labels)
        self._write_engine(out)
        self._write_partitions(out)
        out.add(d.WORKERS, (), self._workers())
        for named, count in self._refused.items():
            out.add(d.PEERS_REFUSED, named, count, _TOTAL)
        out.add(d.STREAMS, (), self._pages.streams())
        out.add(d.CONNECTIONS, (), self._pages.connections())
        out.add(d.CONNECTIONS_CLOSED, (), self._pages.closed(), _TOTAL)
        for reason, count in self._pages.refused.items():
            out.add(d.PAGES_REFUSED, (str(reason),), count, _TOTAL)
        out.add(d.BUILD, (self._version, platform.python_version()), 1, "_info")

    def _write_counts(self, floor: Floor, out: Out, labels: Labels) -> None:
        events = dict.fromkeys(EVENT_TYPES, 0)
        rejected = dict.fromkeys((str(reason) for reason in Reason), 0)
        attempts: dict[tuple[str, str], int] = {}
        counted = dict.fromkeys(d.COUNTED, 0)
        for named, count in floor.counts.items():
            match named:
                case ("events", kind):
                    events[kind] = count
                case ("rejected", reason):
                    rejected[str(reason)] = count
                case ("attempts", campaign, outcome):
                    where = labels.of("campaign", campaign), outcome
                    attempts[where] = attempts.get(where, 0) + count
                case ("unmapped_dispositions", code):
                    out.add(d.UNMAPPED, (code,), count, _TOTAL)
                case ("labels", field, why):
                    out.add(d.LABELS, (field, why), count, _TOTAL)
                case (name,) if name in counted:
                    counted[name] = count
        for kind, count in events.items():
            out.add(d.EVENTS, (kind,), count, _TOTAL)
        for reason, count in rejected.items():
            out.add(d.REJECTED, (reason,), count, _TOTAL)
        for where, count in attempts.items():
            out.add(d.ATTEMPTS, where, count, _TOTAL)
        for name, count in counted.items():
            out.add(d.COUNTED[name], (), count, _TOTAL)
        self._write_ages(d.AGES, floor.ages, out)
        self._write_ages(d.RESPONSES, floor.responses, out)

    @staticmethod
    def _write_ages(metric: Metric, ages: Ages, out: Out) -> None:
        bounds = (*(str(float(bound)) for bound in ages.bounds), "+Inf")
        out.add_buckets(metric, (), bounds, list(ages.counts))
        out.add(metric, (), sum(ages.counts), "_count")
        out.add(metric, (), ages.sum_ms / 1000, "_sum")

    def _write_engine(self, out: Out) -> None:
        counters: Any = getattr(self._engine, "counters", None)
        if counters is None:
            return
        for name, metric in d.ENGINE.items():
            out.add(metric, (), getattr(counters, name, 0), _TOTAL if metric.kind == "counter" else "")
        for topic, count in counters.records_by_topic.items():
            out.add(d.APPLIED, (topic,), count, _TOTAL)

    def _write_partitions(self, out: Out) -> None:
        engine, status = self._engine, self._engine.status()
        for group in engine.groups.values():
            of_group = [one for one in status if one.group == group.name]
            out.add(d.READY, (group.name,), sum(one.state == READY for one in of_group))
            out.add(d.OWNED, (group.name,), len(of_group))
            out.add(d.EXPECTED, (group.name,), group.partitions)
            for partition, state in engine.states(group.name).items():
                self._write_state((group.name, str(partition)), state, out)
        for one in status:
            if one.state == RECOVERING:
                done = one.restored / one.total if one.total else 0.0
                out.add(d.RESTORE_PROGRESS, (one.group, str(one.partition)), min(done, 1.0))
        for (topic, partition), lag in engine.lag().items():
            out.add(d.LAG, (topic, str(partition)), lag)

    def _write_state(self, place: tuple[str, str], state: Any, out: Out) -> None:
        journeys = getattr(state, "journeys", None)
        if journeys is None:
            return
        out.add(d.JOURNEYS, place, len(journeys))
        out.add(d.CELLS, place, state.slices.cells)
        if journeys.latest:
            out.add(d.WATERMARK, place, journeys.latest / 1000)


def _version() -> str:
    try:
        return version("ringboard")
    except PackageNotFoundError:
        return "unknown"
