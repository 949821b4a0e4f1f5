"""What a check finds: how it stands, in one line, and what to do."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """One thing that was looked at; `todo` is what to do about it, empty where there is nothing to do."""

    what: str
    state: State
    told: str
    todo: str = ""


def ok(what: str, told: str) -> Finding:
    """Say that it is as it should be."""
    return Finding(what, "ok", told)


def warn(what: str, told: str, todo: str) -> Finding:
    """Say that it works for now, or could not be looked at."""
    return Finding(what, "warn", told, todo)


def fail(what: str, told: str, todo: str) -> Finding:
    """Say that it does not work."""
    return Finding(what, "fail", told, todo)
