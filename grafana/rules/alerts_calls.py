"""The alerts on calls: a fallen contact rate, and callers who wait or give up."""

from __future__ import annotations

from typing import Final

from grafana.rules import limits
from grafana.rules.alert import Alert

_RATE: Final = "campaign_window:ringboard_contact_rate:ratio"

ALERTS: Final = (
    Alert(
        name="RingboardContactRateFallen",
        area="calls",
        severity="warning",
        expression=(
            f'sum by (campaign) ({_RATE}{{window="1h"}})\n'
            f'  < {limits.CONTACT_RATE_FALLEN} * sum by (campaign) ({_RATE}{{window="7d"}})\n'
            'and on (campaign) (sum by (campaign) (ringboard_window_attempts{window="1h"})'
            f" >= {limits.ENOUGH_ATTEMPTS})"
        ),
        pending="10m",
        summary="{{ $labels.campaign }}: the contact rate of the last hour is {{ $value | humanizePercentage }}",
        description=("Far below its own last 7 days. It may be a number shown as spam, a bad list, a dead line."),
        board="floor",
        shows="ringboard_contact_rate:numerator",
        only_while_open=True,
    ),
    Alert(
        name="RingboardQueueWaitLong",
        area="service",
        severity="warning",
        expression=f"max by (queue) (ringboard_queue_oldest_wait_seconds) > {limits.QUEUE_WAIT_S}",
        pending="30s",
        summary="{{ $labels.queue }}: a caller has waited for {{ $value | humanizeDuration }}",
        description="Nobody has taken the oldest call of this queue. See which reps are paused or in wrap-up.",
        board="live",
        shows="ringboard_queue_oldest_wait_seconds",
        only_while_open=True,
    ),
    Alert(
        name="RingboardAbandonedHigh",
        area="service",
        severity="warning",
        expression=(
            f'queue_window:ringboard_abandon_rate:ratio{{window="1h"}} > {limits.ABANDONED}\n'
            f'and on (queue) (sum by (queue) (ringboard_window_queue_offered{{window="1h"}}) >= {limits.ENOUGH_CALLS})'
        ),
        pending="5m",
        summary="{{ $labels.queue }}: {{ $value | humanizePercentage }} of the callers of the last hour gave up",
        description="That is more than 3 %. Put more reps on the queue, or offer to call back.",
        board="service",
        shows="ringboard_abandon_rate:numerator",
        only_while_open=True,
    ),
)
