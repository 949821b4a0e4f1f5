"""Why a whole HTTP request is refused, and the answer to its sender."""

from __future__ import annotations

from enum import StrEnum


class HttpReason(StrEnum):
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


class HttpRefusalError(Exception):
    """
    Nothing of the request is taken: the `reason`, the HTTP `status`, and the `message` for the sender, in one line.

    `retry_s` says when to try again; with `closes` the rest of the body is not read; `challenge` is the header
    WWW-Authenticate of the answer.
    """

    def __init__(
        self,
        reason: HttpReason,
        status: int,
        message: str,
        *,
        retry_s: float | None = None,
        closes: bool = False,
        challenge: str | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
        self.message = message
        self.retry_s = retry_s
        self.closes = closes
        self.challenge = challenge
