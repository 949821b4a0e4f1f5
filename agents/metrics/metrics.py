"""The metrics of a worker: the sums of its own partitions, computed at each scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.metrics import metric_defs as d
from agents.metrics.bands import BANDS, band_of
from agents.metrics.labels import as_shown
from agents.metrics.waiting import write_at_risk, write_due, write_lead_alerts, write_opening, write_waiting
from agents.metrics.week import write_hours_of_week, write_states_of_reps
from stream.events.money import decimals_of
from stream.journeys.due import ToDo
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID
from stream.kpi.codes import detail_of
from stream.kpi.money import spent_within
from stream.kpi.rules import DELAY_BOUNDS
from stream.kpi.service import UNKNOWN, state_at
from stream.kpi.windows import WINDOWS, span_of
from stream.settings.labels import LIMITED_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from agents.lead_alerts import LeadAlertStats
    from agents.metrics.exposition import Out
    from agents.metrics.labels import Labels
    from agents.metrics.pipeline import Pipeline
    from agents.metrics.targets import Targets
    from agents.metrics.waiting import Opening
    from agents.peers.floor_view import FloorView
    from stream.journeys.reader import Snapshot
    from stream.kpi.cells import Cell
    from stream.web.metric import Metric

REP_STATES = ("available", "ringing", "talking", "wrap_up", "paused", "offline")
_BOUNDS = (*(f"{bound / 1000:.1f}" for bound in DELAY_BOUNDS), "+Inf")
_OF_REPS = tuple(one.measure for one in d.BY_REP)
_CODED_QUEUE = {one.measure: one for one in d.BY_QUEUE}


class FloorMetrics:
    """All metrics of Ringboard at one worker."""

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

    def write(self, out: Out) -> None:
        """Compute all metrics now, and add their samples to `out`."""
        labels = self._labels
        now = self._view.clock.now_ms()
        own = self._view.own(now, by_rep=(), due=ToDo())
        windows = WindowMetrics(own.snapshot, labels, self._view.zone)
        windows.write(out)
        self._write_reps(now, out)
        self._write_live(own.snapshot, windows.queues, out)
        write_waiting(own.snapshot, self._opening, labels, out)
        write_due(own.snapshot, labels, out)
        write_at_risk(own.snapshot, labels, out)
        write_states_of_reps(own.snapshot, labels, out)
        write_hours_of_week(self._view, own.snapshot.as_of, labels, out)
        write_lead_alerts(self._lead_alerts, out)
        write_opening(own.snapshot.as_of, self._opening, out)
        self._write_targets(out)
        self._pipeline.write(out, labels)
        for label in LIMITED_LABELS:
            out.add(d.LABELS_OVER_LIMIT, (label,), labels.over(label))

    def _write_live(self, now: Snapshot, names: Iterable[str], out: Out) -> None:
        label = self._labels.of
        campaigns = {label("campaign", owner[0]) for owner, _ in now.sums["30d"] if owner[0]}
        waiting: dict[tuple[str, str], int] = {(band, name): 0 for name in sorted(campaigns) for band, _ in BANDS}
        oldest = dict.fromkeys(campaigns, 0)
        limits = self._opening.limits
        for lead in now.leads:
            campaign, waited = label("campaign", lead.owner[0]), now.as_of - lead.since
            for band, _ in BANDS:
                waiting.setdefault((band, campaign), 0)
            if limits.given_up(lead.since, now.as_of):
                continue
            waiting[band_of(limits.waited(lead.since, now.as_of)), campaign] += 1
            oldest[campaign] = max(oldest.get(campaign, 0), waited)
        for (band, campaign), count in waiting.items():
            out.add(d.LEADS_WAITING, (band, campaign), count)
        for campaign, waited in oldest.items():
            out.add(d.OLDEST_LEAD, (campaign,), waited / 1000)
        queues = {name: [0, 0] for name in names}
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
            for state in (*REP_STATES, UNKNOWN):
                reps.setdefault((state, team), 0)
            reps[state_at(rep.state, rep.since, now.as_of, rep.lasts), team] += 1
        for where, count in reps.items():
            out.add(d.REPS, where, count)

    def _write_reps(self, now: int, out: Out) -> None:
        label = self._labels.of
        found: dict[str, dict[tuple[str, str, str], Cell]] = {}
        for window, cells in self._view.own_reps(now, d.REP_WINDOWS, _OF_REPS).items():
            of_window = found[window] = {}
            for (campaign, team, rep), cell in cells.items():
                named = label("campaign", campaign), label("team", team), label("rep", rep)
                total = of_window.setdefault(named, {})
                for measure, amount in cell.items():
                    total[measure] = total.get(measure, 0) + amount
        every = sorted({named for of_window in found.values() for named in of_window})
        for window, of_window in found.items():
            for named in every:
                where, cell = (window, *named), of_window.get(named, {})
                for one in d.BY_REP:
                    out.add(one.metric, where, cell.get(one.measure, 0))

    def _write_targets(self, out: Out) -> None:
        for campaign, targets in (("", self._targets.floor), *self._targets.by_campaign.items()):
            for kpi, target in targets.items():
                unit, shown = BY_ID[kpi].unit, as_shown(campaign)
                if unit == "ratio":
                    out.add(d.TARGET_RATIO, (kpi, shown), target)
                else:
                    out.add(d.TARGET_VALUE, (kpi, shown, unit), target)


class WindowMetrics:
    """The windows of a snapshot as gauges: a campaign and team of any window has samples for all windows."""

    def __init__(self, now: Snapshot, labels: Labels, zone: tzinfo) -> None:
        self._now = now
        self._labels = labels
        self._zone = zone
        self._cells: dict[str, dict[tuple[str, str], Cell]] = {window: {} for window in WINDOWS}
        self._add_up()
        #: The queues of any window, and those in which a call waits, as labels show them.
        self.queues = sorted({labels.of("queue", name) for name in self._queue_names()})

    def _add_up(self) -> None:
        label = self._labels.of
        for window, totals in self._cells.items():
            for (campaign, team, _), cell in self._now.sums[window]:
                total = totals.setdefault((label("campaign", campaign), label("team", team)), {})
                for code, amount in cell.items():
                    total[code] = total.get(code, 0) + amount

    def _queue_names(self) -> set[str]:
        names = {call.queue for call in self._now.calls}
        for cells in self._cells.values():
            for cell in cells.values():
                for code in cell:
                    if type(code) is str:
                        measure, detail = detail_of(code)
                        if measure in _CODED_QUEUE:
                            names.add(detail)
        return names

    def write(self, out: Out) -> None:
        """Add all samples to `out`."""
        cells = self._cells
        owners = sorted({owner for of_window in cells.values() for owner in of_window})
        for window in WINDOWS:
            for owner in owners:
                self._write_owner((window, *owner), cells[window].get(owner, {}), out)
            self._write_details(window, cells[window], out)
        self._write_queues(out)
        self._write_spend(out)

    @staticmethod
    def _write_owner(where: tuple[str, ...], cell: Cell, out: Out) -> None:
        for one in d.BY_OWNER:
            out.add(one.metric, where, cell.get(one.measure, 0) * one.scale)
        for rule, measure in d.BY_RULE:
            if cell.get(measure):
                out.add(d.BREACHES, (*where, rule), cell[measure])
        for reached, by_reached in d.REACHED:
            for clock, by_clock in d.CLOCKS:
                for limit, by_limit in d.LIMITS:
                    index, held = m.response_index(by_reached, by_clock, by_limit), (*where, reached, clock, limit)
                    for one in d.RESPONSES:
                        out.add(one.metric, held, cell.get(one.measure + index, 0))
                buckets = m.DELAY + m.delay_index(by_reached, by_clock)
                counts = [cell.get(code, 0) for code in range(buckets, buckets + len(_BOUNDS))]
                out.add_buckets(d.DELAYS, (*where, reached, clock), _BOUNDS, counts)
        for one in d.PARTS_OF_DELAYS:
            counts = [cell.get(code, 0) for code in range(one.measure, one.measure + len(_BOUNDS))]
            out.add_buckets(one.metric, where, _BOUNDS, counts)

    def _write_details(self, window: str, cells: dict[tuple[str, str], Cell], out: Out) -> None:
        counts: dict[tuple[Metric, str, tuple[str, ...]], int] = {}
        for (campaign, _), cell in cells.items():
            for code, amount in cell.items():
                if type(code) is str:
                    measure, detail = detail_of(code)
                    detailed = d.BY_DETAIL.get(measure)
                    if detailed is not None:
                        metric, fixed = detailed
                        key = metric, campaign, (*fixed, self._labels.of(metric.labels[-1], detail))
                        counts[key] = counts.get(key, 0) + amount
            for one in d.DISTRIBUTIONS:
                for number in range(m.MOST + 1):
                    amount = cell.get(one.measure + number, 0)
                    if amount:
                        key = one.metric, campaign, (str(number),)
                        counts[key] = counts.get(key, 0) + amount
        for metric, campaign, details in list(counts):
            if metric is d.CHANNEL_RESPONSE:
                # A ratio needs all three outcomes: if no lead of a channel was called in time, its count is 0.
                for outcome, _ in d.OUTCOMES:
                    counts.setdefault((metric, campaign, (details[0], outcome, details[2])), 0)
        for (metric, campaign, details), amount in counts.items():
            out.add(metric, (window, campaign, *details), amount)

    def _write_queues(self, out: Out) -> None:
        for window, cells in self._cells.items():
            sums = {(one.measure, queue): 0 for queue in self.queues for one in d.BY_QUEUE}
            for cell in cells.values():
                for code, amount in cell.items():
                    if type(code) is str:
                        measure, detail = detail_of(code)
                        if measure in _CODED_QUEUE:
                            sums[measure, self._labels.of("queue", detail)] += amount
            for (measure, queue), amount in sums.items():
                one = _CODED_QUEUE[measure]
                out.add(one.metric, (window, queue), amount * one.scale)

    def _write_spend(self, out: Out) -> None:
        label, as_of = self._labels.of, self._now.as_of
        for window in WINDOWS:
            span = span_of(window, as_of, self._zone)
            totals: dict[tuple[str, str, str], int] = {}
            for spend in self._now.spends:
                key = label("campaign", spend.campaign), label("channel", spend.channel), spend.currency
                totals[key] = totals.get(key, 0) + spent_within(spend, span)
            for (campaign, channel, currency), minor in totals.items():
                out.add(d.SPEND, (window, campaign, channel, currency), minor / 10 ** decimals_of(currency))
