"""Amounts of money as whole minor units of their ISO 4217 currency: exact, or refused."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused

DECIMALS_OF_MOST: Final = 2
_AMOUNT = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,9}))?")


@cache
def exponents() -> dict[str, int]:
    """Return how many decimals each currency has, by its code."""
    from iso4217 import Currency  # noqa: PLC0415  it reads a large table when it is imported

    return {str(currency.code): currency.exponent for currency in Currency if currency.exponent is not None}


def decimals_of(currency: str) -> int:
    """Return how many decimals `currency` has; those of most for one that ISO 4217 does not list."""
    return exponents().get(currency, DECIMALS_OF_MOST)


def minor_units(amount: str, currency: str) -> int:
    """
    Return `amount` ("1000.5") in minor units of `currency` ("EUR"): 100050.

    Raises Refused for a currency that ISO 4217 does not list, and for an amount that is no decimal number, is
    negative, or has more decimals than the currency.
    """
    exponent = exponents().get(currency)
    if exponent is None:
        raise Refused(
            Reason.UNKNOWN_CURRENCY,
            "currency",
            f'currency: {kind_of(currency)} that ISO 4217 does not list; write a code of three letters: "EUR"',
        )
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise Refused(
            Reason.WRONG_TYPE, "amount", f'amount: {kind_of(amount)} that is no decimal number; write "1000.00"'
        )
    minus, whole, fraction = match[1], match[2], match[3] or ""
    if minus:
        raise Refused(Reason.OUT_OF_RANGE, "amount", "amount: less than 0; write 0 or more")
    if len(fraction) > exponent:
        raise Refused(
            Reason.OUT_OF_RANGE,
            "amount",
            f"amount: {len(fraction)} decimals, and {currency} has {exponent}; write no more than that",
        )
    return int(whole + fraction.ljust(exponent, "0"))
