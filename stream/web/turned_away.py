"""A request of which nothing is taken, and what its sender is told."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """The closed list of reasons: it is a label of the metrics."""

    WRONG_SIGNATURE = "wrong_signature"
    WRONG_KEY = "wrong_key"
    NO_KEY = "no_key"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    PACKED = "packed"
    UNREADABLE = "unreadable"
    TOO_MANY = "too_many"
    BUSY = "busy"
    NO_BROKER = "no_broker"
    NOT_HERE = "not_here"
    FAILED = "failed"


class TurnedAwayError(Exception):
    """
    Nothing of the request is taken: `why`, the HTTP `status`, and one line for the sender.

    `retry_s` says when it may try again; `closes` that the rest of its body is not read.
    """

    def __init__(
        self,
        why: Why,
        status: int,
        told: str,
        *,
        retry_s: float | None = None,
        closes: bool = False,
        asks: str | None = None,
    ) -> None:
        super().__init__(told)
        self.why = why
        self.status = status
        self.told = told
        self.retry_s = retry_s
        self.closes = closes
        self.asks = asks
