"""The errors that end a command: each is one line for the user, naming what is wrong and the right form."""

from __future__ import annotations


class RingboardError(Exception):
    """A failure whose text is one line for the user, without a traceback."""


class BrokerAwayError(RingboardError):
    """The broker does not answer, or no longer answers: long-running callers try again."""
