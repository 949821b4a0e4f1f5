"""The plain floor that what is recorded and drawn is compared with: the same events, folded without a broker."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from agents.metrics import metric_defs as d
from stream.alerts.leads import late_leads, latest, limits_of
from stream.clock import FixedClock, SystemClock
from stream.events.money import exponents
from stream.kpi import measures as m
from stream.kpi.catalogue import BY_ID
from stream.kpi.codes import detail_of, detailed
from stream.kpi.formulas import Cost
from stream.kpi.money import spend_by_currency, spent_within
from stream.kpi.reading import Filters, Reading
from stream.kpi.slices import add_up
from stream.kpi.windows import WINDOWS, span_of
from tests.floor_in_memory import FloorInMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grafana.rules.levels import Level


Chosen = tuple[str, ...] | None
"""Names, or all."""


class Plain:
    """The same floor, folded without a broker, and read at any moment."""

    def __init__(
        self, events: list[dict[str, Any]], partitions: int, *, now: int | None = None, **settings: Any
    ) -> None:
        clock = FixedClock(SystemClock().now_ms() if now is None else now)
        self.floor = FloorInMemory(clock=clock, partitions=partitions, settings=settings).feed(events)
        self.zone = self.floor.settings.zone
        self.values = {
            name: sorted({event[name] for event in events if event.get(name)})
            for name in ("campaign", "team", "rep", "queue", "channel", "currency")
        }
        self.snapshot = cache(self.floor.snapshot)
        self.kpis = cache(self._kpis)
        self.of_queues = cache(self._of_queues)

    def _kpis(self, as_of: int, window: str, filters: Filters) -> dict[str, Any]:
        shot = self.snapshot(as_of)
        return shot.reading(window, filters, self.zone, exponents().__getitem__).all()

    def _of_queues(self, as_of: int, window: str, queues: tuple[str, ...]) -> dict[str, Any]:
        """Read the service KPIs of some queues, which the API does not tell apart."""
        cell: dict[int | str, int] = {}
        for code, amount in add_up(cell for _, cell in self.snapshot(as_of).sums[window]).items():
            if type(code) is str and detail_of(code)[1] in queues:
                measure = detail_of(code)[0]
                cell[measure] = cell.get(measure, 0) + amount
        return Reading(cell, None, exponents().__getitem__).all()

    def reading(
        self, as_of: int, window: str, campaigns: Chosen = None, teams: Chosen = None, reps: Chosen = None
    ) -> Reading:
        """Read a window of several campaigns, teams and reps; None is all."""
        shot = self.snapshot(as_of)
        wanted = (campaigns, teams, reps)
        cells = (
            cell
            for owner, cell in shot.sums[window]
            if all(names is None or one in names for names, one in zip(wanted, owner, strict=True))
        )
        span = span_of(window, as_of, self.zone)
        spends = [spend for spend in shot.spends if campaigns is None or spend.campaign in campaigns]
        spent = None if teams or reps else spend_by_currency(spends, span, None)
        return Reading(add_up(cells), spent, exponents().__getitem__)

    def of_chosen(
        self, kpi: str, chosen: dict[str, tuple[str, ...]], window: str, as_of: int
    ) -> dict[tuple[str, ...], float]:
        """Give a KPI of what is chosen, by the currency if it has one; nothing where there is none."""
        if "queue" in chosen:
            answer = self.of_queues(as_of, window, chosen["queue"])[kpi]
        else:
            narrowed = (chosen.get(name) for name in ("campaign", "team", "rep"))
            answer = self.reading(as_of, window, *narrowed).of(BY_ID[kpi])
        if not isinstance(BY_ID[kpi].formula, Cost):
            return {} if answer["value"] is None else {(): float(answer["value"])}
        each = answer.get("by_currency") or {answer["currency"]: answer}
        return {(code,): float(one["value"]) for code, one in each.items() if one["value"] is not None}

    def late_leads(self, as_of: int) -> tuple[Counter[str], int]:
        """Count the leads that Alertmanager has to be told of, by stage; and the alerts that one worker leaves out."""
        limits = limits_of(self.floor.settings, self.floor.floor.rules)
        late = late_leads(self.snapshot(as_of).leads, limits, as_of)
        told, left_out = latest(late, self.floor.settings.lead_alerts_at_most)
        return Counter(one.stage for one in told), left_out

    def cost_of_channel(
        self, as_of: int, window: str, channel: str, currency: str, campaigns: Chosen = None
    ) -> float | None:
        """Give the cost per lead of a channel, which the API does not tell apart either."""
        shot, span = self.snapshot(as_of), span_of(window, as_of, self.zone)
        spent = sum(
            spent_within(one, span)
            for one in shot.spends
            if (one.currency, one.channel) == (currency, channel) and (campaigns is None or one.campaign in campaigns)
        )
        wanted = detailed(m.REQUESTED, channel)
        cells = (cell for owner, cell in shot.sums[window] if campaigns is None or owner[0] in campaigns)
        leads = sum(cell.get(wanted, 0) for cell in cells)
        return spent / 10 ** exponents()[currency] / leads if spent and leads else None

    def expected(self, kpi: str, labels: dict[str, str], as_of: int) -> float | None:
        """Give the number that a sample of `kpi` with `labels` must have; None where there must be none."""
        if "currency" in labels and "channel" in labels:
            campaigns = (labels["campaign"],) if "campaign" in labels else None
            return self.cost_of_channel(as_of, labels["window"], labels["channel"], labels["currency"], campaigns)
        if "channel" in labels:
            told = self.kpis(as_of, labels["window"], Filters(labels.get("campaign")))[kpi]["by_channel"]
            return float(told[labels["channel"]]["value"]) if labels["channel"] in told else None
        if "queue" in labels:
            answer = self.of_queues(as_of, labels["window"], (labels["queue"],))[kpi]
        else:
            filters = Filters(labels.get("campaign"), labels.get("team"), labels.get("rep"))
            answer = self.kpis(as_of, labels["window"], filters)[kpi]
        if "currency" in labels:
            each = answer.get("by_currency") or {answer["currency"]: answer}
            answer = each.get(labels["currency"], {"value": None})
        return None if answer["value"] is None else float(answer["value"])

    def places(self, level: Level) -> Iterator[dict[str, str]]:
        """Yield all label values that samples of `level` may have here."""
        values = {**self.values, "window": d.REP_WINDOWS if "rep" in level.labels else WINDOWS}
        for chosen in product(*(values[label] for label in level.labels)):
            yield dict(zip(level.labels, chosen, strict=True))
