"""The errors that end a command: each is one line for the user, naming what is wrong and the right form."""

from __future__ import annotations


class RingboardError(Exception):
    """A failure whose text is one line for the user, without a traceback."""


class BrokerAwayError(RingboardError):
    """The broker does not answer, or no longer answers: long-running callers try again. `todo` is what else to do."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(f"{what}: {todo}" if todo else what)
        self.what, self.todo = what, todo


class RefusedError(RingboardError):
    """The broker answers, and does not let us: trying again does not change that. `todo` is what does."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}; {todo}")
        self.what, self.todo = what, todo
