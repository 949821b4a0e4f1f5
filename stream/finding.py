"""What a check finds: how it stands, in one line, and what to do."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """One thing that was looked at; `todo` is what to do about it, empty where there is nothing to do."""

    what: str
    state: State
    message: str
    todo: str = ""


def ok(what: str, message: str) -> Finding:
    """Return the finding that it is as it should be."""
    return Finding(what, "ok", message)


def warn(what: str, message: str, todo: str) -> Finding:
    """Return the finding that it works for now, or could not be looked at."""
    return Finding(what, "warn", message, todo)


def fail(what: str, message: str, todo: str) -> Finding:
    """Return the finding that it does not work."""
    return Finding(what, "fail", message, todo)
