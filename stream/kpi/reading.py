"""The KPIs read off added-up sums: ratios are made here, last, and nowhere else."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.kpi import catalogue as c
from stream.kpi import formulas as f
from stream.kpi import measures as m
from stream.kpi.codes import detail_of
from stream.kpi.rules import DELAY_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stream.kpi.cells import Cell, Owner

_LEAST_DECIMALS: Final = 4
_MOST_DECIMALS: Final = 10


class Filters(msgspec.Struct, frozen=True):
    """What a reading is narrowed to; a value that something does not have matches no filter."""

    campaign: str | None = None
    team: str | None = None
    rep: str | None = None

    def match(self, owner: Owner) -> bool:
        """Return whether `owner` (campaign, team, rep) passes the filters."""
        campaign, team, rep = owner
        return self.campaign in (None, campaign) and self.team in (None, team) and self.rep in (None, rep)


def narrow(sums: Iterable[tuple[Owner, Cell]], filters: Filters) -> Iterable[Cell]:
    """Return the cells whose owners pass `filters`."""
    return (cell for owner, cell in sums if filters.match(owner))


def quantile(share: float, counts: list[int]) -> float | None:
    """
    Estimate a quantile in seconds from `counts`, one per bucket of `DELAY_BOUNDS` and one beyond, not cumulative.

    As Prometheus' `histogram_quantile`: linear within a bucket, the last finite bound beyond it; None of nothing.
    """
    total = sum(counts)
    if not total:
        return None
    rank = share * total
    below = 0
    lower = 0
    for bound, count in zip(DELAY_BOUNDS, counts, strict=False):
        if below + count >= rank and count:
            return (lower + (bound - lower) * (rank - below) / count) / 1000
        below += count
        lower = bound
    return DELAY_BOUNDS[-1] / 1000


def money(minor: int, exponent: int, parts: int = 1) -> str:
    """Write `minor` units ÷ `parts` in major units: exact where it ends within 10 decimals, never under 4 decimals."""
    value = Decimal(minor) / Decimal(parts).scaleb(exponent)
    rounded = value.quantize(Decimal(1).scaleb(-_MOST_DECIMALS))
    text = f"{rounded:f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(_LEAST_DECIMALS, '0')}"


def _ratio(top: int, bottom: int) -> dict[str, Any]:
    return {"value": top / bottom if bottom else None, "numerator": top, "denominator": bottom}


class Reading:
    """
    The KPIs of one window under one filter.

    `cell` holds the added-up measures; `spend` the minor units by currency, None where spend belongs to nothing that
    is asked for; `exponent_of` gives a currency's decimals; `service_formula` is one of the four of `ServiceLevel`.
    """

    def __init__(
        self,
        cell: Cell,
        spend: Mapping[str, int] | None,
        exponent_of: Callable[[str], int],
        service_formula: int = 4,
    ) -> None:
        self._cell = cell
        self._spend = spend
        self._exponent_of = exponent_of
        self._service_formula = service_formula

    def _get(self, measure: int) -> int:
        return self._cell.get(measure, 0)

    def _sum(self, measures: Iterable[int]) -> int:
        return sum(self._cell.get(measure, 0) for measure in measures)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return every KPI of the catalogue: `value`, `numerator`, `denominator`, `unit`, and what its kind adds."""
        return {kpi.id: self.of(kpi) for kpi in c.CATALOGUE}

    def of(self, kpi: f.Kpi) -> dict[str, Any]:
        """Return one KPI, as `all` does."""
        return {**self._one(kpi.formula), "unit": kpi.unit}

    def _one(self, formula: f.Formula) -> dict[str, Any]:  # noqa: PLR0911  one answer for each kind of formula
        match formula:
            case f.Ratio(top=top, bottom=bottom, scale=scale, by=by, decided=decided, of=of):
                answer = _ratio(self._sum(top), self._sum(bottom))
                if of != 1:
                    answer |= {side: answer[side] / of for side in ("numerator", "denominator")}
                if decided is not None:
                    answer["pending"] = answer["denominator"] - self._get(decided)
                if scale != 1 and answer["value"] is not None:
                    answer["value"] = scale * answer["numerator"] / answer["denominator"]
                return {**answer, "by_" + by: self._ratios(top, bottom)} if by else answer
            case f.Count(measure=measure, by=by):
                count = self._get(measure)
                answer = {"value": count, "numerator": count, "denominator": None}
                return {**answer, "by_" + by: self._details((measure,))} if by else answer
            case f.Percentile(share=share, first=first):
                counts = [self._get(first + bucket) for bucket in range(len(DELAY_BOUNDS) + 1)]
                return {"value": quantile(share, counts), "numerator": None, "denominator": sum(counts)}
            case f.Mean(total=total, count=count, scale=scale):
                answer = _ratio(self._get(total), self._get(count))
                if answer["value"] is not None:
                    answer["value"] *= scale
                return {**answer, "numerator": answer["numerator"] * scale}
            case f.Uplift():
                return self._uplift()
            case f.Cost(per=per):
                return self._cost(self._get(per))
            case f.Distribution(first=first):
                return self._distribution(first)
            case f.ServiceLevel():
                return self._service_level()

    def _details(self, measures: tuple[int, ...]) -> dict[str, int]:
        details: dict[str, int] = {}
        for code, amount in self._cell.items():
            if type(code) is str:
                of, detail = detail_of(code)
                if of in measures and amount:
                    details[detail] = details.get(detail, 0) + amount
        return details

    def _ratios(self, top: tuple[int, ...], bottom: tuple[int, ...]) -> dict[str, dict[str, Any]]:
        tops = self._details(top)
        return {detail: _ratio(tops.get(detail, 0), amount) for detail, amount in self._details(bottom).items()}

    def _uplift(self) -> dict[str, Any]:
        fast, slow = self._get(m.FAST), self._get(m.SLOW)
        fast_share = self._get(m.FAST_QUALIFIED) / fast if fast else None
        slow_share = self._get(m.SLOW_QUALIFIED) / slow if slow else None
        value = None
        if fast_share is not None and slow_share:
            # Of whole numbers, once: the quotient of two rounded quotients is not the nearest.
            value = self._get(m.FAST_QUALIFIED) * slow / (fast * self._get(m.SLOW_QUALIFIED))
        return {"value": value, "numerator": fast_share, "denominator": slow_share}

    def _cost(self, count: int) -> dict[str, Any]:
        if not self._spend:
            return {"value": None, "numerator": None, "denominator": count, "currency": None}
        costs = {
            currency: {
                "value": money(minor, self._exponent_of(currency), count) if count else None,
                "numerator": money(minor, self._exponent_of(currency)),
                "denominator": count,
            }
            for currency, minor in sorted(self._spend.items())
        }
        if len(costs) == 1:
            ((currency, cost),) = costs.items()
            return {**cost, "currency": currency}
        return {"value": None, "numerator": None, "denominator": count, "currency": None, "by_currency": costs}

    def _distribution(self, first: int) -> dict[str, Any]:
        counts = {n: self._get(first + n) for n in range(m.MOST + 1)}
        counts = {n: count for n, count in counts.items() if count}
        total = sum(counts.values())
        mean = _ratio(sum(n * count for n, count in counts.items()), total)
        return {**mean, "distribution": {str(n): count for n, count in counts.items()}}

    def _service_level(self) -> dict[str, Any]:
        within, answered = self._get(m.ANSWERED_WITHIN), self._get(m.ANSWERED_WAIT_KNOWN)
        left_within, left = self._get(m.ABANDONED_WITHIN), self._get(m.UNANSWERED_WAIT_KNOWN)
        match self._service_formula:
            case 1:
                return _ratio(within + left_within, answered + left)
            case 2:
                return _ratio(within, answered)
            case 3:
                return _ratio(within, answered + left)
            case _:
                return _ratio(within, answered + left - left_within)
