"""
What Alertmanager has to be told now, given what it holds and which leads are late: a pure function.

Nothing is remembered between two rounds that Alertmanager does not know as well. So a worker that starts, one that
takes partitions over, and one whose Alertmanager was away all do the same: look, and tell the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.alerts.wording import Labels, as_posted
from stream.kpi.rules import MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stream.alerts.alertmanager import OpenAlert
    from stream.alerts.leads import LateLead
    from stream.alerts.wording import Voice

ENDS_BY_ITSELF_AFTER: Final = 5 * MINUTE
"""Without a worker that tells of it again an alert ends: longer than any restart takes."""
TOLD_AGAIN_AFTER: Final = MINUTE


class Round(msgspec.Struct, frozen=True):
    """What to tell: the alerts to post, those to end, and those that will then be open, each by its labels."""

    fire: list[dict[str, Any]]
    end: list[dict[str, Any]]
    told: dict[Labels, dict[str, str]]


def next_round(
    late: Iterable[LateLead],
    held: Mapping[Labels, OpenAlert],
    told: Mapping[Labels, dict[str, str]],
    *,
    voice: Voice,
    is_own: Callable[[str], bool],
    sure: bool,
    now: int,
) -> Round:
    """
    Tell what differs.

    Args:
        late: the leads of this worker that are late, at each of their stages.
        held: what Alertmanager holds as firing for the floor.
        told: what this worker has told and not ended since, with its annotations.
        voice: how the floor tells of its leads.
        is_own: whether a lead is this worker's, by its id.
        sure: whether all that has happened is known here. If not, nothing new is told, and nothing ended.
        now: the time, in ms.

    """
    wanted = {voice.labels(one): one for one in late}
    if not sure:
        wanted = {labels: one for labels, one in wanted.items() if labels in held}
    fire: list[dict[str, Any]] = []
    open_now: dict[Labels, dict[str, str]] = {}
    ends_at = now + ENDS_BY_ITSELF_AFTER
    for labels, one in wanted.items():
        known = held.get(labels)
        annotations = voice.annotations(one, now)
        open_now[labels] = annotations
        if known is None or known.ends_at < ends_at - TOLD_AGAIN_AFTER:
            fire.append(as_posted(labels, annotations, one.since, ends_at))
    before = {**told, **{labels: one.annotations for labels, one in held.items()}}
    gone = {
        labels: annotations
        for labels, annotations in before.items()
        if labels not in wanted and is_own(dict(labels).get("lead", ""))
    }
    if not sure:
        return Round(fire, [], {**gone, **open_now})
    return Round(fire, [as_posted(labels, told_of, None, now) for labels, told_of in gone.items()], open_now)
