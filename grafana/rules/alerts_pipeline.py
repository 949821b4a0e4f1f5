"""The alerts on Ringboard itself, and the one that inhibits others while the floor is closed."""

from __future__ import annotations

from typing import Final

from grafana.rules import limits
from grafana.rules.alert import Alert
from stream.logs.words import ALERTMANAGER, BROKER, is_away


def _unused_share(window: str) -> str:
    """Return, by source, the share of what came in a window that no rule took; 0 where nothing came."""
    unused = f"sum by (source) (increase(ringboard_gateway_unused_total{window}))"
    events = f"sum by (source) (increase(ringboard_gateway_events_total{window}))"
    return f"({unused} / clamp_min({unused} + ({events} or 0 * {unused}), 1))"


_BROKER_AWAY: Final = is_away(BROKER).replace("the", "The", 1)

ALERTS: Final = (
    Alert(
        name="RingboardFloorClosed",
        area="pipeline",
        severity="none",
        expression="max(ringboard_floor_open) == 0",
        pending="",
        summary="The floor is closed",
        description="By opening_hours and holidays_country. This one is no problem: it keeps others quiet.",
        board="floor",
        shows="ringboard_leads_waiting",
    ),
    Alert(
        name="RingboardNoEvents",
        area="pipeline",
        severity="critical",
        expression=(
            "sum(increase(ringboard_events_total[15m])) == 0\n"
            "and on () (min_over_time(max(ringboard_floor_open)[15m:1m]) == 1)\n"
            # Not after a gap in Prometheus' own data: it must have 15 minutes of samples.
            "and on () (count_over_time(max(ringboard_floor_open)[15m:1m]) >= 15)"
        ),
        pending="",
        summary="No event has come for 15 minutes, though the floor is open",
        description="The telephone system, the CRM or what connects them has stopped. The numbers stand still.",
        board="pipeline",
        shows="ringboard_events_total",
    ),
    Alert(
        name="RingboardLagHigh",
        area="pipeline",
        severity="warning",
        expression=f"sum(ringboard_lag_records) > {limits.LAG_RECORDS}",
        pending="5m",
        summary="{{ $value }} events are not counted yet",
        description="The workers do not keep up, or catch up after a stop. The numbers are behind.",
        board="pipeline",
        shows="ringboard_lag_records",
    ),
    Alert(
        name="RingboardEventsRejected",
        area="pipeline",
        severity="warning",
        expression=(
            "sum by (reason) (increase(ringboard_events_rejected_total[15m]))\n"
            f"  > on () group_left () {limits.REJECTED_SHARE} * sum(increase(ringboard_events_total[15m]))"
        ),
        pending="5m",
        summary='{{ $value | printf "%.0f" }} records were refused in 15 minutes: {{ $labels.reason }}',
        description="What sends them has changed. `ringboard rejected` shows them, and resends them once corrected.",
        board="pipeline",
        shows="ringboard_events_rejected_total",
    ),
    Alert(
        name="RingboardCallsLeftOut",
        area="pipeline",
        severity="warning",
        expression=(
            'sum by (source) (increase(ringboard_source_calls_total{fate!="counted"}[1h]))\n'
            f"  / sum by (source) (increase(ringboard_source_calls_total[1h])) > {limits.CALLS_LEFT_OUT}\n"
            f"and sum by (source) (increase(ringboard_source_calls_total[1h])) >= {limits.ENOUGH_CALLS}"
        ),
        pending="10m",
        summary="{{ $value | humanizePercentage }} of the calls of {{ $labels.source }} are left out",
        description="As internal, of unknown direction, or refused. `ringboard check` names the likeliest reasons.",
        board="pipeline",
        shows="ringboard_source_calls_total",
    ),
    Alert(
        name="RingboardWebhookUnused",
        area="pipeline",
        severity="warning",
        expression=(
            f"{_unused_share('[1h]')}\n"
            f"  > on (source) ({limits.UNUSED_RISEN} + {_unused_share('[1d] offset 1h')}\n"
            f"    or {limits.UNUSED_RISEN} + 0 * {_unused_share('[1h]')})\n"
            "and on (source) "
            f"sum by (source) (increase(ringboard_gateway_unused_total[1h])) > {limits.UNUSED_LEAST - 1}"
        ),
        pending="5m",
        summary="No rule takes {{ $value | humanizePercentage }} of what {{ $labels.source }} sends",
        description="Its form has changed, or it sends something new. `ringboard unused show` has the last of it.",
        board="pipeline",
        shows="ringboard_gateway_unused_total",
    ),
    Alert(
        name="RingboardInternalFault",
        area="pipeline",
        severity="warning",
        expression=(
            "sum by (instance) (\n"
            '  increase(ringboard_events_rejected_total{reason="internal"}[1h])\n'
            '  or increase(ringboard_gateway_refused_total{reason="internal"}[1h])\n'
            '  or increase(ringboard_source_refused_total{reason="internal"}[1h])\n'
            ") > 0"
        ),
        pending="",
        summary="{{ $labels.instance }} put records aside because of a bug of Ringboard's own",
        description="Its log names the record and the line of code, once. The records are kept, and all others count.",
        board="pipeline",
        shows="ringboard_events_rejected_total",
    ),
    Alert(
        name="RingboardBrokerAway",
        area="pipeline",
        severity="critical",
        expression="min by (instance) (ringboard_gateway_ready or ringboard_source_broker_connected) == 0",
        pending="1m",
        summary=f"{_BROKER_AWAY} for {{{{ $labels.instance }}}}",
        description=(
            "What is posted to a gateway is answered with 503; what a live source hears is kept until it is back. "
            "`ringboard check` says what is wrong."
        ),
        board="gateway",
        shows="ringboard_gateway_ready",
    ),
    Alert(
        name="RingboardSourceAway",
        area="pipeline",
        severity="critical",
        expression="min by (instance, source) (ringboard_source_connected) == 0",
        pending="2m",
        summary=f"{is_away('{{ $labels.source }}')}, and {{{{ $labels.instance }}}} hears no calls",
        description="The connection to the telephone system is lost. Its log says why, and so does `ringboard check`.",
        board="sources",
        shows="ringboard_source_connected",
    ),
    Alert(
        name="RingboardWorkerDown",
        area="pipeline",
        severity="warning",
        expression='up{job="ringboard"} == 0',
        pending="1m",
        summary="The worker {{ $labels.instance }} does not answer",
        description="Another one takes its partitions over, if there is one.",
        board="pipeline",
        shows="ringboard_partitions_ready",
    ),
    Alert(
        name="RingboardWorkersDown",
        area="pipeline",
        severity="critical",
        expression='absent(up{job="ringboard"} == 1)',
        pending="1m",
        summary="No worker answers",
        description="There are no numbers, and no lead that waits is told of.",
        board="pipeline",
        shows="ringboard_partitions_ready",
    ),
    Alert(
        name="RingboardPartitionsMissing",
        area="pipeline",
        severity="critical",
        expression=(
            "max by (group) (ringboard_partitions_expected)\n"
            "  - on (group) sum by (group) (ringboard_partitions_ready) != 0"
        ),
        pending="2m",
        summary="{{ $value }} partitions of {{ $labels.group }} are missing",
        description="They are being recovered, or no worker has them. Until then there are no ratios.",
        board="pipeline",
        shows="ringboard_partitions_ready",
    ),
    Alert(
        name="RingboardClockOff",
        area="pipeline",
        severity="warning",
        expression=f"abs(ringboard_clock_seconds - timestamp(ringboard_clock_seconds)) > {limits.CLOCK_OFF_S}",
        pending="5m",
        summary="The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} off",
        description="Or that of Prometheus. Waiting times and windows are wrong by as much. Set both by NTP.",
        board="pipeline",
        shows="ringboard_clock_seconds",
    ),
    Alert(
        name="RingboardLeadAlertsFailing",
        area="pipeline",
        severity="warning",
        expression=(
            "increase(ringboard_lead_alerts_failed_total[10m]) > 0\n"
            "and (time() - (ringboard_lead_alerts_last_success_seconds > 0 or process_start_time_seconds) > 300)"
        ),
        pending="",
        summary=f"{is_away(ALERTMANAGER)} for {{{{ $labels.instance }}}}: nobody is told of a single lead that waits",
        description="Its log says why, and so does `ringboard check`.",
        board="pipeline",
        shows="ringboard_lead_alerts_last_success_seconds",
    ),
    Alert(
        name="RingboardWrongTokens",
        area="pipeline",
        severity="warning",
        expression=(
            "sum by (instance) "
            '(increase(ringboard_page_requests_refused_total{reason=~"wrong_token|slowed_down"}[10m])) '
            f"> {limits.WRONG_TOKENS}"
        ),
        pending="",
        summary="{{ $value | humanize }} requests with a wrong token at {{ $labels.instance }} in ten minutes",
        description="Somebody guesses, or something still has an old token. Its log names the address.",
        board="pipeline",
        shows="ringboard_page_requests_refused_total",
    ),
    Alert(
        name="RingboardForgedRecords",
        area="pipeline",
        severity="warning",
        expression="sum by (what, reason) (increase(ringboard_peers_refused_total[15m])) > 0",
        pending="",
        summary="Workers were sent what no worker of this floor has signed: {{ $labels.what }}, {{ $labels.reason }}",
        description="A stranger, a clock that is wrong, or another version. It changed nothing; their logs say which.",
        board="pipeline",
        shows="ringboard_peers_refused_total",
    ),
)
