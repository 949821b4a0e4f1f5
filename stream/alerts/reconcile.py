"""
What to post to Alertmanager, given its firing alerts and the leads that are late: a pure function.

The state is Alertmanager's own. So a worker that starts, one that takes partitions over, and one whose Alertmanager was
unreachable all do the same: compare, and post the difference.
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
    from stream.alerts.wording import AlertFormat

ENDS_BY_ITSELF_AFTER: Final = 5 * MINUTE
"""An alert that no worker posts again ends after this time (ms), which is longer than any restart takes."""
POSTED_AGAIN_AFTER: Final = MINUTE
"""An open alert is posted again once its end has come this much (ms) nearer."""


class Changes(msgspec.Struct, frozen=True):
    """The alerts to post, those to end, and the annotations of those that are open afterwards, by their labels."""

    fire: list[dict[str, Any]]
    end: list[dict[str, Any]]
    open: dict[Labels, dict[str, str]]


def reconcile(
    late: Iterable[LateLead],
    firing: Mapping[Labels, OpenAlert],
    posted: Mapping[Labels, dict[str, str]],
    *,
    form: AlertFormat,
    is_own: Callable[[str], bool],
    sure: bool,
    now: int,
) -> Changes:
    """
    Return what to post so that Alertmanager's alerts are those of the late leads.

    Args:
        late: this worker's late leads, once for each stage.
        firing: the floor's alerts that fire in Alertmanager.
        posted: the annotations of what this worker has posted and not ended since.
        form: the labels and texts of the floor's alerts.
        is_own: returns whether a lead, by its id, is this worker's.
        sure: whether this worker knows all that has happened. If not, no alert is opened or ended.
        now: the time, in ms since the epoch.

    """
    wanted = {form.labels(one): one for one in late}
    if not sure:
        wanted = {labels: one for labels, one in wanted.items() if labels in firing}
    fire: list[dict[str, Any]] = []
    open_now: dict[Labels, dict[str, str]] = {}
    ends_at = now + ENDS_BY_ITSELF_AFTER
    for labels, one in wanted.items():
        known = firing.get(labels)
        annotations = form.annotations(one, now)
        open_now[labels] = annotations
        if known is None or known.ends_at < ends_at - POSTED_AGAIN_AFTER:
            fire.append(as_posted(labels, annotations, one.since, ends_at))
    before = {**posted, **{labels: one.annotations for labels, one in firing.items()}}
    gone = {
        labels: annotations
        for labels, annotations in before.items()
        if labels not in wanted and is_own(dict(labels).get("lead", ""))
    }
    if not sure:
        return Changes(fire, [], {**gone, **open_now})
    return Changes(fire, [as_posted(labels, annotations, None, now) for labels, annotations in gone.items()], open_now)
