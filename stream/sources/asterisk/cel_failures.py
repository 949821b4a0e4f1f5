"""Why nobody was reached by a Dial, as the channel events say: by its status, and by the causes of what it rang."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.sources.asterisk.cel_channels import Channel, Ring

_DISPOSITIONS: Final = {
    "BUSY": "busy", "CONGESTION": "failed", "CHANUNAVAIL": "failed", "NOANSWER": "no_answer", "CANCEL": "no_answer",
}  # fmt: skip
_BUSY: Final = frozenset({17})
_NO_ANSWER: Final = frozenset({0, 16, 18, 19, 26, 127})
# There is no such number, whatever the Dial made of it.
_NO_NUMBER: Final = frozenset({1, 2, 3, 22, 28})


def failure(runner: Channel, rung: Iterable[Channel], *, is_last: bool) -> str:
    """
    Return why nobody was reached: the disposition.

    `rung` are the channels that were made for it; what `runner` ended with is of the last Dial that it ran.
    """
    causes = {one.hangup.get("hangupcause") for one in rung}
    status = str(runner.hangup.get("dialstatus", "")).upper() if is_last else ""
    said = _DISPOSITIONS.get(status)
    if said == "busy" or causes & _BUSY:
        return "busy"
    if causes and causes <= _NO_NUMBER:
        return "failed"
    if said is not None:
        return said
    return "no_answer" if not causes or causes & _NO_ANSWER or causes == {None} else "failed"


def cause_of(channel: Channel | None) -> str | None:
    """Return the cause that a channel ended with, if it says one."""
    cause = channel.hangup.get("hangupcause") if channel is not None else None
    return str(cause) if isinstance(cause, int) and cause else None


def failed_cause(runner: Channel, rings: Iterable[Ring]) -> str | None:
    """Return the cause that what was rung ended with, if it says one."""
    causes = (cause_of(one) for ring in rings for one in ring.made)
    return next((cause for cause in causes if cause is not None), None) or cause_of(runner)
