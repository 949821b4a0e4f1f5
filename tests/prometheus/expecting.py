"""What a panel's query must be answered: read off the plain floor, or off the series as they were scraped."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.metrics.metric_defs import BREACHES, BY_RULE
from agents.metrics.pipeline_defs import LEADS_LATE, LEADS_LEFT_OUT
from agents.metrics.targets import is_met
from grafana.boards import queries as q
from grafana.boards.selection import EVERYTHING
from stream.kpi.catalogue import BY_ID
from stream.kpi.formulas import Cost, Count, Distribution
from stream.kpi.reading import quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from grafana.rules.levels import Level
    from tests.prometheus.plain import Plain
    from tests.prometheus.stack import Sample

HOSTILE = '"}{<script>`\\E\N{BELL}'
SHOWN = '"}{<script>??E\N{BELL}'
# Some are met, others not, whichever way is good, and one is nothing.
TARGETS = {kpi: 0.4 if BY_ID[kpi].unit == "ratio" else 30 for kpi in BY_ID} | {"loss_rate": 0, "cost_per_customer": 1e6}
OWN_TARGETS = {"Spring": {"contact_rate": 0.99, "cost_per_lead": 1}, HOSTILE: {"contact_rate": 0.2}}

Answer = dict[tuple[str, ...], float]


class Chosen(NamedTuple):
    """What a viewer has chosen; None is all."""

    window: str = "30d"
    campaign: tuple[str, ...] | None = None
    team: tuple[str, ...] | None = None
    rep: tuple[str, ...] | None = None
    queue: tuple[str, ...] | None = None

    def fill(self, expression: str) -> str:
        """Put it into a query, as Grafana does: several values escaped, with bars between them."""
        for name in ("campaign", "team", "rep", "queue"):
            values = self.shown(name)
            put = EVERYTHING if values is None else "|".join(map(_escaped, values))
            several = values is not None and len(values) > 1
            expression = expression.replace(f"${{{name}:regex}}", f"({put})" if several else put)
        expression = expression.replace("$rep_window", self.rep_window).replace("$window", self.window)
        return expression.replace("$__rate_interval", "2m")

    def shown(self, name: str) -> tuple[str, ...] | None:
        values: tuple[str, ...] | None = getattr(self, name)
        return None if values is None else tuple(shown(value) for value in values)

    @property
    def rep_window(self) -> str:
        return self.window if self.window in {"today", "30d"} else "today"

    def window_of(self, asked: str) -> str:
        return asked.replace("$rep_window", self.rep_window).replace("$window", self.window)


def shown(name: str) -> str:
    """As a label has it."""
    return SHOWN if name == HOSTILE else name


def _escaped(value: str) -> str:
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", value)


class WeekAgo(NamedTuple):
    """The floor as it stood a week before, and the moments that its clock may have shown in the scrape of then."""

    plain: Plain
    moments: list[int]


class Looked(NamedTuple):
    """What there was at a moment: series as scraped, and the moments that the floor's clock showed in the scrapes."""

    plain: Plain
    at: float
    moments: list[int]
    series: dict[str, list[Sample]]
    week_ago: WeekAgo | None = None

    def samples(self, means: q.OfSamples, scope: tuple[str, ...], chosen: Chosen) -> Answer:
        """Add up what was scraped, in plain Python."""
        wanted = dict(means.labels)
        if means.window is not None:
            wanted["window"] = chosen.window_of(means.window)
        several = {name: values for name in scope if (values := chosen.shown(name)) is not None}
        groups: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
        for labels, value in self.series[means.metric]:
            fits = all(labels.get(name, "") == value for name, value in wanted.items())
            if fits and all(labels.get(name, "") in values for name, values in several.items()):
                groups[tuple(labels.get(name, "") for name in means.by)].append(value)
        hows: dict[str, Callable[[list[float]], float]] = {"sum": math.fsum, "max": max, "min": min}
        how = hows[means.how]
        made = {key: how(values) for key, values in groups.items()}
        return {key: value for key, value in made.items() if means.more_than is None or value > means.more_than}


def by_of(means: q.Meaning) -> tuple[str, ...]:
    """Name the labels that an answer must have, in order."""
    match means:
        case q.OfKpi(kpi=kpi, by=by):
            return (*by, "currency") if isinstance(BY_ID[kpi].formula, Cost) else by
        case q.OfTargetReached(kpi=kpi):
            return ("currency",) if isinstance(BY_ID[kpi].formula, Cost) else ()
        case q.OfQuotient(top=top):
            return top.by
        case q.OfQuantile(buckets=buckets):
            return buckets.by
        case q.OfSamples(by=by) | q.OfRate(by=by) | q.OfAge(by=by):
            return by
        case _:
            return ()


def of_kpi(means: q.OfKpi, chosen: Chosen, plain: Plain, as_of: int) -> Answer:
    """Read a KPI off the plain floor."""
    kpi, by, window = means.kpi, means.by, chosen.window_of(means.window)
    formula, scope = BY_ID[kpi].formula, q.scope_of(kpi)
    if isinstance(formula, Distribution) and chosen.team is not None and "team" in scope:
        return {}  # these are not kept by team
    fixed = {name: values for name in scope if (values := getattr(chosen, name)) is not None}
    if by == ("channel",):
        return {} if "team" in fixed else of_channels(kpi, fixed, window, plain, as_of)
    answer: Answer = {}
    for value in plain.values[by[0]] if by else [None]:
        if value is not None and value not in fixed.get(by[0], (value,)):
            continue
        narrowed = {**fixed, **({by[0]: (value,)} if value is not None else {})}
        key = (shown(value),) if value is not None else ()
        answer |= {(*key, *code): number for code, number in plain.of_chosen(kpi, narrowed, window, as_of).items()}
    return answer


def of_channels(kpi: str, fixed: dict[str, tuple[str, ...]], window: str, plain: Plain, as_of: int) -> Answer:
    """Read a KPI by channel off the plain floor."""
    campaigns = fixed.get("campaign")
    if not isinstance(BY_ID[kpi].formula, Cost):
        reading = plain.reading(as_of, window, campaigns)
        return {(name,): float(one["value"]) for name, one in reading.of(BY_ID[kpi])["by_channel"].items()}
    places = [(channel, code) for channel in plain.values["channel"] for code in plain.values["currency"]]
    found = {place: plain.cost_of_channel(as_of, window, *place, campaigns) for place in places}
    return {place: value for place, value in found.items() if value is not None}


def of_breaches(means: q.OfSamples, chosen: Chosen, plain: Plain, as_of: int) -> Answer:
    """Count what broke a rule of legal pacing on the plain floor."""
    assert means.window is not None
    wanted = dict(means.labels).get("rule")
    found: Counter[tuple[str, ...]] = Counter()
    for (campaign, team, _), cell in plain.snapshot(as_of).sums[chosen.window_of(means.window)]:
        if all(values is None or one in values for values, one in ((chosen.campaign, campaign), (chosen.team, team))):
            key = (shown(campaign or ""),) if means.by else ()
            found[key] += sum(cell.get(measure, 0) for rule, measure in BY_RULE if wanted in (None, rule))
    return {key: float(count) for key, count in found.items() if count}


def of_late_leads(means: q.OfSamples, chosen: Chosen, plain: Plain, as_of: int) -> Answer:
    """Count the leads of the plain floor that Alertmanager has to be told of; they are of no campaign or team."""
    if chosen.campaign is not None or chosen.team is not None:
        return {}
    told, left_out = plain.late_leads(as_of)
    stage = dict(means.labels).get("stage")
    return {(): float(left_out if stage is None else told[stage])}


# What is compared with the plain floor itself, and not only with what was scraped.
PLAINLY: dict[str, Callable[[q.OfSamples, Chosen, Plain, int], Answer]] = {
    BREACHES.name: of_breaches,
    LEADS_LATE.name: of_late_leads,
    LEADS_LEFT_OUT.name: of_late_leads,
}


def expected(query: q.Query, chosen: Chosen, looked: Looked) -> list[Answer]:  # noqa: PLR0911  one for each meaning
    """Give what an answer may be: what holds at one of the moments."""
    match query.means:
        case q.OfKpi(ago="1w") as means:
            before = looked.week_ago
            return [{}] if before is None else [of_kpi(means, chosen, before.plain, as_of) for as_of in before.moments]
        case q.OfKpi() as means:
            return [of_kpi(means, chosen, looked.plain, as_of) for as_of in looked.moments]
        case q.OfPending(kpi=kpi):
            cohorts = [plain_cohort(kpi, chosen, looked.plain, as_of) for as_of in looked.moments]
            return [{(): one["pending"]} if one["denominator"] else {} for one in cohorts]
        case q.OfTarget(kpi=kpi):
            return [{(): aim} if (aim := target_of(kpi, chosen)) is not None else {}]
        case q.OfTargetReached(kpi=kpi):
            aim = target_of(kpi, chosen)
            values = [of_kpi(q.OfKpi(kpi), chosen, looked.plain, as_of) for as_of in looked.moments]
            met = [{key: is_met(kpi, value, aim) for key, value in one.items()} for one in values]
            return [{key: float(is_) for key, is_ in one.items() if is_ is not None} for one in met]
        case q.OfSamples(metric=metric) as means if metric in PLAINLY:
            return [PLAINLY[metric](means, chosen, looked.plain, as_of) for as_of in looked.moments]
        case q.OfSamples() as means:
            return [looked.samples(means, query.scope, chosen)]
        case q.OfQuotient(top=top, bottom=bottom, least=least):
            below: defaultdict[tuple[str, ...], float] = defaultdict(float)
            for one in bottom:
                for key, value in looked.samples(one, query.scope, chosen).items():
                    below[key] += value
            above = looked.samples(top, query.scope, chosen)
            return [{key: value / below[key] for key, value in above.items() if below[key] > 0 and below[key] >= least}]
        case q.OfQuantile(share=share, buckets=buckets):
            return [quantiles(share, looked.samples(buckets._replace(by=(*buckets.by, "le")), query.scope, chosen))]
        case q.OfNumber(number=number):
            return [{(): number}]
        case q.OfAge(metric=metric, by=by, how=how):
            moments: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
            for labels, value in looked.series[metric]:
                moments[tuple(labels.get(name, "") for name in by)].append(value)
            pick = max if how == "max" else min
            return [{key: looked.at - pick(found) for key, found in moments.items() if pick(found) > 0}]
        case q.OfComplete():
            return [{(): 1}]
        case _:
            raise AssertionError(query.means)


def plain_cohort(kpi: str, chosen: Chosen, plain: Plain, as_of: int) -> dict[str, Any]:
    return plain.reading(as_of, chosen.window, chosen.campaign, chosen.team).of(BY_ID[kpi])


def target_of(kpi: str, chosen: Chosen) -> float | None:
    """The floor's target for all, else the one that asks for most of those of the campaigns chosen."""
    if chosen.campaign is None or "campaign" not in q.scope_of(kpi):
        return TARGETS.get(kpi)
    own = [
        aim for one in chosen.campaign if (aim := OWN_TARGETS.get(one, TARGETS).get(kpi, TARGETS.get(kpi))) is not None
    ]
    return (min if BY_ID[kpi].better == "down" else max)(own, default=None)


def quantiles(share: float, below: Answer) -> Answer:
    """Read a quantile of each histogram, whose buckets are cumulative."""
    grouped: defaultdict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for labels, count in below.items():
        grouped[labels[:-1]].append((float(labels[-1]), count))
    found: Answer = {}
    for key, buckets in grouped.items():
        counts = [count for _, count in sorted(buckets)]
        each = [int(b - a) for a, b in zip([0.0, *counts], counts, strict=False)]
        if (value := quantile(share, each)) is not None:
            found[key] = value
    return found


def agrees(query: q.Query, found: Answer, chosen: Chosen, looked: Looked) -> bool:
    """Tell whether an answer is right."""
    match query.means:
        case q.OfRate(metric=metric, by=by, more_than=more_than):
            keys = {tuple(labels.get(name, "") for name in by) for labels, _ in looked.series[metric]}
            full = found.keys() == keys if more_than is None else found.keys() <= keys
            return full and all(value >= (more_than or 0) for value in found.values())
        case q.OfRateQuantile():
            return all(value >= 0 for value in found.values())
        case q.OfTargetReached():
            return any(
                found.keys() == one.keys() and all((found[key] >= 1) == bool(met) for key, met in one.items())
                for one in expected(query, chosen, looked)
            )
        case q.OfKpi(kpi=kpi) if isinstance(BY_ID[kpi].formula, Count):
            named = {key: value for key, value in found.items() if "" not in key}
            return any(
                all(near(named.get(key, 0), one.get(key, 0)) for key in named.keys() | one.keys())
                for one in expected(query, chosen, looked)
            )
        case q.OfKpi():
            # What belongs to no campaign or team has an empty label, and no filter of the API finds it.
            named = {key: value for key, value in found.items() if "" not in key}
            return any(same(named, one) for one in expected(query, chosen, looked))
        case _:
            return any(same(found, one) for one in expected(query, chosen, looked))


def same(found: Answer, wanted: Answer) -> bool:
    return found.keys() == wanted.keys() and all(near(value, wanted[key]) for key, value in found.items())


def near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def unlike(found: list[Sample], plain: Plain, level: Level, kpi: str, moments: list[int]) -> list[Any]:
    """List where the samples of a recording rule say something else than the plain floor did at each of `moments`."""
    told = {_labelled(labels): value for labels, value in found}
    off: list[Any] = []
    for labels in plain.places(level):
        value = told.get(_labelled({name: shown(one) for name, one in labels.items()}))
        wanted = [plain.expected(kpi, labels, moment) for moment in moments]
        if value is None:
            nothing = (None, 0) if isinstance(BY_ID[kpi].formula, Count) else (None,)  # where no team ever was
            off += [] if any(one in nothing for one in wanted) else [(labels, value, wanted)]
        elif not any(one is not None and math.isclose(value, one, rel_tol=1e-9) for one in wanted):
            off.append((labels, value, wanted))
    return off


def _labelled(sample: dict[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in sample.items() if name != "__name__")
