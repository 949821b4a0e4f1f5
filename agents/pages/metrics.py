"""The metrics of a worker: its own partitions' sums, read at each scrape; they go where the partitions go."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from agents.pages import metric_defs as d
from agents.pages.answers import BANDS, band_of, decimals_of
from agents.pages.labels import as_shown
from agents.pages.waiting import write_lead_alerts, write_opening, write_waiting
from stream.journeys.reader import by_owner
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID
from stream.kpi.money import spent_within
from stream.kpi.rules import DELAY_BOUNDS
from stream.kpi.windows import WINDOWS, span_of
from stream.settings_labels import LIMITED_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from agents.lead_alerts import LeadAlertStats
    from agents.pages.answers import Targets
    from agents.pages.floor_view import FloorView
    from agents.pages.labels import Labels
    from agents.pages.pipeline import Pipeline
    from agents.pages.waiting import Opening
    from stream.journeys.reader import Snapshot
    from stream.kpi.slices import Cell
    from stream.metric import Metric

REP_STATES = ("available", "ringing", "talking", "wrap_up", "paused", "offline")
_BOUNDS = (*(f"{bound / 1000:.1f}" for bound in DELAY_BOUNDS), "+Inf")
_CODED_QUEUE = {one.measure: one for one in d.BY_QUEUE}


class Gathered:
    """The samples of a scrape, by metric, in the order in which metrics were first named."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def family(self, metric: Metric) -> Family:
        """Give the family of `metric`, which is there from now on."""
        family = self._families.get(metric.name)
        if family is None:
            family = self._families[metric.name] = Family(metric.name, metric.help, metric.kind)
        return family

    def add(self, metric: Metric, values: Iterable[str], amount: float, suffix: str = "") -> None:
        """Add a sample of `metric`, its label `values` in the order of its labels."""
        labels = dict(zip(metric.labels, values, strict=True))
        self.family(metric).samples.append(Sample(metric.name + suffix, labels, amount))

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())


class FloorCollector(Collector):
    """
    A collector of all of Ringboard's metrics.

    `take` reads the shares, in the loop that changes them; `collect`, which may run in a thread, writes what was read.
    """

    def __init__(
        self,
        view: FloorView,
        targets: Targets,
        pipeline: Pipeline,
        *,
        opening: Opening,
        lead_alerts: LeadAlertStats,
        labels: Labels,
    ) -> None:
        self._view = view
        self._opening = opening
        self._lead_alerts = lead_alerts
        self._targets = targets
        self._pipeline = pipeline
        self._labels = labels
        self._taken: Iterable[Family] = ()

    def take(self) -> None:
        """Read everything now."""
        gathered = Gathered()
        labels = self._labels
        own = self._view.own(self._view.clock.now_ms())
        WindowMetrics(own.snapshot, labels, self._view.zone).write(gathered)
        self._write_live(own.snapshot, gathered)
        write_waiting(own.snapshot, self._opening, labels, gathered)
        write_lead_alerts(self._lead_alerts, gathered)
        write_opening(own.snapshot.as_of, self._opening, gathered)
        self._write_targets(gathered)
        self._pipeline.write(gathered, labels)
        for label in LIMITED_LABELS:
            gathered.add(d.LABELS_OVER_LIMIT, (label,), labels.over(label))
        self._taken = gathered

    def collect(self) -> Iterable[Family]:
        """Give what was taken last."""
        return iter(self._taken)

    def describe(self) -> Iterable[Family]:
        """Promise nothing: which metrics there are depends on the partitions."""
        return ()

    def _write_live(self, now: Snapshot, out: Gathered) -> None:
        label = self._labels.of
        campaigns = {label("campaign", owner[0]) for owner, _ in now.sums["30d"]}
        waiting: dict[tuple[str, str], int] = {(band, name): 0 for name in sorted(campaigns) for band, _ in BANDS}
        oldest = dict.fromkeys(campaigns, 0)
        for lead in now.leads:
            campaign, waited = label("campaign", lead.owner[0]), now.as_of - lead.since
            for band, _ in BANDS:
                waiting.setdefault((band, campaign), 0)
            waiting[band_of(waited), campaign] += 1
            oldest[campaign] = max(oldest.get(campaign, 0), waited)
        for (band, campaign), count in waiting.items():
            out.add(d.LEADS_WAITING, (band, campaign), count)
        for campaign, waited in oldest.items():
            out.add(d.OLDEST_LEAD, (campaign,), waited / 1000)
        queues = {label("queue", name): [0, 0] for name in sorted(_queues(now))}
        for call in now.calls:
            queue = queues[label("queue", call.queue)]
            queue[0] += 1
            queue[1] = max(queue[1], now.as_of - call.since)
        for name, (depth, waited) in queues.items():
            out.add(d.QUEUE_DEPTH, (name,), depth)
            out.add(d.QUEUE_OLDEST, (name,), waited / 1000)
        reps: dict[tuple[str, str], int] = {}
        for rep in now.reps:
            team = label("team", rep.team)
            for state in REP_STATES:
                reps.setdefault((state, team), 0)
            reps[rep.state, team] = reps.get((rep.state, team), 0) + 1
        for where, count in reps.items():
            out.add(d.REPS, where, count)

    def _write_targets(self, out: Gathered) -> None:
        for campaign, targets in (("", self._targets.floor), *self._targets.by_campaign.items()):
            for kpi, target in targets.items():
                unit, shown = BY_ID[kpi].unit, as_shown(campaign)
                if unit == "ratio":
                    out.add(d.TARGET_RATIO, (kpi, shown), target)
                else:
                    out.add(d.TARGET_VALUE, (kpi, shown, unit), target)


class WindowMetrics:
    """The windowed sums of a snapshot as gauges: every campaign and team that any window has is in all of them."""

    def __init__(self, now: Snapshot, labels: Labels, zone: tzinfo) -> None:
        self._now = now
        self._labels = labels
        self._zone = zone

    def write(self, out: Gathered) -> None:
        """Add all samples to `out`."""
        label = self._labels.of
        cells: dict[str, dict[tuple[str, str], Cell]] = {}
        reps: dict[str, dict[tuple[str, str, str], Cell]] = {}
        for window in WINDOWS:
            of_window = cells[window] = {}
            of_reps = reps[window] = {}
            for (campaign, team, rep), cell in by_owner(self._now.sums[window]).items():
                owner = label("campaign", campaign), label("team", team)
                _add(of_window.setdefault(owner, {}), cell)
                if window in d.REP_WINDOWS:
                    _add(of_reps.setdefault((*owner, label("rep", rep)), {}), cell)
        owners = sorted({owner for of_window in cells.values() for owner in of_window})
        for window in WINDOWS:
            for owner in owners:
                self._write_owner(window, owner, cells[window].get(owner, {}), out)
            self._write_details(window, cells[window], out)
        for window in d.REP_WINDOWS:
            for owner_rep in sorted({key for window in d.REP_WINDOWS for key in reps[window]}):
                cell = reps[window].get(owner_rep, {})
                for one in d.BY_REP:
                    out.add(one.metric, (window, *owner_rep), cell.get(one.measure, 0))
        self._write_queues(cells, out)
        self._write_spend(out)

    def _write_owner(self, window: str, owner: tuple[str, str], cell: Cell, out: Gathered) -> None:
        for one in d.BY_OWNER:
            out.add(one.metric, (window, *owner), cell.get(one.measure, 0) * one.scale)
        for rule, measure in d.BY_RULE:
            if cell.get(measure):
                out.add(d.BREACHES, (window, *owner, rule), cell[measure])
        for reached, by_reached in d.REACHED:
            for clock, by_clock in d.CLOCKS:
                for limit, by_limit in d.LIMITS:
                    index = m.response_index(by_reached, by_clock, by_limit)
                    for one in d.RESPONSES:
                        amount = cell.get(one.measure + index, 0)
                        out.add(one.metric, (window, *owner, reached, clock, limit), amount)
                buckets = m.DELAY + m.delay_index(by_reached, by_clock)
                counts = [cell.get(buckets + place, 0) for place in range(len(_BOUNDS))]
                _write_delays((window, *owner, reached, clock), counts, out)

    def _write_details(self, window: str, cells: dict[tuple[str, str], Cell], out: Gathered) -> None:
        counts: dict[tuple[Metric, str, tuple[str, ...]], int] = {}
        for (campaign, _), cell in cells.items():
            for code, amount in cell.items():
                if type(code) is str:
                    measure, detail = m.detail_of(code)
                    detailed = d.BY_DETAIL.get(measure)
                    if detailed is not None:
                        metric, told = detailed
                        key = metric, campaign, (*told, self._labels.of(metric.labels[-1], detail))
                        counts[key] = counts.get(key, 0) + amount
            for one in d.DISTRIBUTIONS:
                for number in range(m.MOST + 1):
                    amount = cell.get(one.measure + number, 0)
                    if amount:
                        key = one.metric, campaign, (str(number),)
                        counts[key] = counts.get(key, 0) + amount
        for metric, campaign, told in list(counts):
            if metric is d.CHANNEL_RESPONSE:
                # A share needs all three: of a channel whose leads nobody called in time, that none were is a number.
                for outcome, _ in d.OUTCOMES:
                    counts.setdefault((metric, campaign, (told[0], outcome, told[2])), 0)
        for (metric, campaign, told), amount in counts.items():
            out.add(metric, (window, campaign, *told), amount)

    def _write_queues(self, cells: dict[str, dict[tuple[str, str], Cell]], out: Gathered) -> None:
        queues = sorted({self._labels.of("queue", name) for name in _queues(self._now)})
        for window in WINDOWS:
            sums = {(one.measure, queue): 0 for queue in queues for one in d.BY_QUEUE}
            for cell in cells[window].values():
                for code, amount in cell.items():
                    if type(code) is str:
                        measure, detail = m.detail_of(code)
                        if measure in _CODED_QUEUE:
                            sums[measure, self._labels.of("queue", detail)] += amount
            for (measure, queue), amount in sums.items():
                one = _CODED_QUEUE[measure]
                out.add(one.metric, (window, queue), amount * one.scale)

    def _write_spend(self, out: Gathered) -> None:
        label, as_of = self._labels.of, self._now.as_of
        for window in WINDOWS:
            span = span_of(window, as_of, self._zone)
            totals: dict[tuple[str, str, str], int] = {}
            for spend in self._now.spends:
                if spend.at <= as_of:
                    key = label("campaign", spend.campaign), label("channel", spend.channel), spend.currency
                    totals[key] = totals.get(key, 0) + spent_within(spend, span)
            for (campaign, channel, currency), minor in totals.items():
                out.add(d.SPEND, (window, campaign, channel, currency), minor / 10 ** decimals_of(currency))


def _write_delays(values: tuple[str, ...], counts: list[int], out: Gathered) -> None:
    labels = dict(zip(d.DELAYS.labels, values, strict=True))
    samples = out.family(d.DELAYS).samples
    for bound, below in zip(_BOUNDS, accumulate(counts), strict=True):
        samples.append(Sample(f"{d.DELAYS.name}_bucket", {**labels, "le": bound}, below))


def _add(total: Cell, cell: Cell) -> None:
    for code, amount in cell.items():
        total[code] = total.get(code, 0) + amount


def _queues(now: Snapshot) -> set[str]:
    """Name the queues that any window has, or that somebody waits in."""
    names = {call.queue for call in now.calls}
    for sums in now.sums.values():
        for _, cell in sums:
            for code in cell:
                if type(code) is str:
                    measure, detail = m.detail_of(code)
                    if measure in _CODED_QUEUE:
                        names.add(detail)
    return names
