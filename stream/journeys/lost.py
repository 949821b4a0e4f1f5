"""What a worker says where its state and the topics it was made from no longer belong together, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

REBUILD: Final = "stop all workers and run `ringboard rebuild`"


def made_anew(topic: str, partition: int, end: int, folded: int) -> str:
    """Return that a topic ends before what was folded of it: its next records would be taken for old ones."""
    return (
        f"{topic}: partition {partition} ends at offset {end}, and the numbers were made of what was there up to "
        f"{folded}: the topic was made anew; {REBUILD}"
    )


def lost_state(changelogs: Iterable[str], partition: int) -> str:
    """Return that changelogs do not contain what the events of a partition led to."""
    names = ", ".join(changelogs)
    return f"{names}: partition {partition} has lost its state while the events before it were already read; {REBUILD}"
