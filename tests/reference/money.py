"""Spend, spread evenly over the time it was spent for, and what a lead cost."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from tests.reference.config import Config
from tests.reference.facts import Event, Facts
from tests.reference.windows import Window


def spent_until(moment: int, record: Event, minor: int) -> int:
    """The minor units of `minor` in all spent at `moment`, rounded half up."""
    begin, end = record["from"], record["to"]
    elapsed = min(max(moment, begin), end) - begin
    return floor(Fraction(minor * elapsed, end - begin) + Fraction(1, 2))


def spend_in(window: Window, campaign: str | None, facts: Facts, config: Config) -> dict[str, Fraction]:
    """The spend in the window by currency, in major units; a currency without any is left out."""
    records = facts.spends
    if campaign is not None:
        records = [record for record in records if record["campaign"] == campaign]
    totals: dict[str, Fraction] = {}
    for record in records:
        unit = 10 ** config.minor_digits[record["currency"]]
        minor = int(Decimal(record["amount"]) * unit)
        spent = spent_until(window.end, record, minor) - spent_until(window.start, record, minor)
        totals[record["currency"]] = totals.get(record["currency"], Fraction(0)) + Fraction(spent, unit)
    return {currency: total for currency, total in totals.items() if total}


def cost(spend: dict[str, Fraction], among: Sequence[Any], *, of_a_rep_or_team: bool) -> dict[str, Any]:
    """The spend per one of `among`: no value without spend, without any of them, in two currencies, or for a rep."""
    number = len(among)
    if of_a_rep_or_team or not spend:
        return {"value": None, "numerator": None, "denominator": number, "currency": None}
    by_currency = {
        currency: {
            "value": total / number if number else None,
            "numerator": total,
            "denominator": number,
        }
        for currency, total in spend.items()
    }
    if len(by_currency) > 1:
        return {
            "value": None,
            "numerator": None,
            "denominator": number,
            "currency": None,
            "by_currency": by_currency,
        }
    [(currency, only)] = by_currency.items()
    return {**only, "currency": currency}
