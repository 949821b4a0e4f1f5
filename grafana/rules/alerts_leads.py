"""The alerts on leads: those that wait, those answered late, follow-ups, pressure and cost."""

from __future__ import annotations

from typing import Final

from grafana.rules import limits
from grafana.rules.alert import Alert
from stream.kpi.catalogue import BY_BUSINESS, BY_THE_WALL

OPEN: Final = "and on () (max(ringboard_floor_open) == 1)"


def _past_limit(name: str, stage: str, words: str, severity: str) -> Alert:
    """Return an alert on the leads past a stage: limits, clock and opening hours are judged by the metric itself."""
    return Alert(
        name=name,
        area="leads",
        severity=severity,
        expression=f'sum by (campaign) (ringboard_leads_past_limit{{stage="{stage}"}}) > 0',
        pending="",
        summary=f"{{{{ $labels.campaign }}}}: {{{{ $value }}}} leads {words}",
        description="Nobody has tried to reach them. Call those first that can still be saved: the wall lists them so.",
        board="response",
        shows="ringboard_leads_waiting",
    )


def _share(kpi: str) -> tuple[Alert, Alert]:
    clock = "business" if kpi.endswith("_business") else "wall"
    judged = f'and on () (max(ringboard_lead_limit_clock{{clock="{clock}"}}) == 1)'
    rule, target = f"campaign_window:ringboard_{kpi}:ratio", f"campaign:ringboard_{kpi}:target"

    def enough(window: str) -> str:
        labels = f'{{window="{window}",reached="attempt",clock="{clock}",limit="1h"}}'
        parts = " + ".join(
            f"sum by (campaign) (ringboard_window_response_{part}{labels})" for part in ("in_time", "late")
        )
        return f"and on (campaign) ({parts} >= {limits.ENOUGH_REQUESTS})"

    fast = Alert(
        name="RingboardResponseBurnFast",
        area="leads",
        severity="critical",
        expression=(
            f'(1 - sum by (campaign) ({rule}{{window="today"}}))\n'
            f"  > on (campaign) {limits.BURN_FAST} * (1 - {target})\n{enough('today')}\n{judged}"
            + (f"\n{OPEN}" if clock == "business" else "")
        ),
        pending="5m",
        summary="{{ $labels.campaign }}: {{ $value | humanizePercentage }} of today's leads waited for over an hour",
        description=(
            f"That is {limits.BURN_FAST} times what the target leaves room for: somebody has to call now. "
            "See which reps are free, and which leads wait."
        ),
        board="response",
        shows="ringboard_lead_response_within_1h_attempt:numerator",
        labels=(("kpi", kpi),),
    )
    slow = Alert(
        name="RingboardResponseBurnSlow",
        area="leads",
        severity="warning",
        expression=f'sum by (campaign) ({rule}{{window="7d"}})\n  < on (campaign) {target}\n{enough("7d")}\n{judged}',
        pending="1h",
        summary="{{ $labels.campaign }}: {{ $value | humanizePercentage }} of the week's leads were called in the hour",
        description="That is below the target, and has been for an hour: too few reps at the hours when leads come in.",
        board="response",
        shows="ringboard_lead_response_within_1h_attempt:numerator",
        labels=(("kpi", kpi),),
    )
    return fast, slow


_KEPT: Final = 'campaign_window:ringboard_follow_up_rate:ratio{window="7d"}'
# Over two hours, as one moment of a week ago may be missing: that would end the alert and make it pending anew.
_KEPT_A_WEEK_AGO: Final = f"last_over_time({_KEPT}[2h] offset 1w)"

ALERTS: Final = (
    _past_limit("RingboardLeadsDueSoon", "warned", "must be called soon", "info"),
    _past_limit("RingboardLeadsOverdue", "overdue", "were not called in time", "warning"),
    _past_limit("RingboardLeadsEscalated", "escalated", "still wait at twice their limit", "critical"),
    *_share(BY_THE_WALL),
    *_share(BY_BUSINESS),
    Alert(
        name="RingboardFollowUpsMissedRising",
        area="leads",
        severity="warning",
        expression=(
            f"(1 - {_KEPT})\n  > {limits.MISSED_RISEN} * (1 - {_KEPT_A_WEEK_AGO})\n"
            'and on (campaign) (sum by (campaign) (ringboard_window_follow_ups_missed{window="7d"})\n'
            f'  + sum by (campaign) (ringboard_window_follow_ups_kept{{window="7d"}}) >= {limits.ENOUGH_FOLLOW_UPS})'
        ),
        pending="30m",
        summary="{{ $labels.campaign }}: {{ $value | humanizePercentage }} of the week's follow-ups were missed",
        description="Clearly more than a week ago. Leads that were tried once are being forgotten.",
        board="follow-up",
        shows="ringboard_follow_up_rate:numerator",
    ),
    Alert(
        name="RingboardLeadsPressed",
        area="leads",
        severity="warning",
        expression=(
            'sum by (campaign) (ringboard_window_pressing_attempts{window="today"})\n'
            f'  > {limits.PRESSING_SHARE} * sum by (campaign) (ringboard_window_attempts{{window="today"}})\n'
            'and sum by (campaign) (ringboard_window_pressing_attempts{window="today"})'
            f" >= {limits.PRESSING_LEAST}"
        ),
        pending="5m",
        summary="{{ $labels.campaign }}: {{ $value }} attempts today were the fourth or later to one lead within 24 h",
        description="Leads are called too often. Space the attempts out; see which lists are dialled again and again.",
        board="follow-up",
        shows="ringboard_pressing_attempts:sum",
    ),
    Alert(
        name="RingboardLegalPacingBroken",
        area="leads",
        severity="critical",
        expression='sum by (campaign, rule) (ringboard_window_pacing_breaches{window="today"}) > 0',
        pending="",
        summary="{{ $labels.campaign }}: {{ $value }} attempts today broke the pacing rule {{ $labels.rule }}",
        description=(
            "The rule is one of the profile in legal_pacing: too_often, outside_hours, or too_soon after a refusal. "
            "Stop the list that does it. This is no legal advice."
        ),
        board="follow-up",
        shows="ringboard_window_pacing_breaches",
    ),
    Alert(
        name="RingboardCostPerLeadOverTarget",
        area="money",
        severity="warning",
        expression=(
            'campaign_currency_window:ringboard_cost_per_lead:mean{window="7d"}\n'
            "  > on (campaign) group_left () campaign:ringboard_cost_per_lead:target\n"
            'and on (campaign) (sum by (campaign) (ringboard_window_leads_requested{window="7d"})'
            f" >= {limits.ENOUGH_REQUESTS})"
        ),
        pending="30m",
        summary='{{ $labels.campaign }}: a lead costs {{ $value | printf "%.2f" }} {{ $labels.currency }} over 7 days',
        description="That is over the target. See which channel brings leads, and which only costs.",
        board="funnel",
        shows="ringboard_cost_per_lead:denominator",
    ),
    Alert(
        name="RingboardLossRateUp",
        area="money",
        severity="warning",
        expression=(
            'campaign_window:ringboard_loss_rate:ratio{window="7d"}\n'
            f'  > on (campaign) {limits.LOSS_RISEN} * campaign_window:ringboard_loss_rate:ratio{{window="30d"}}\n'
            'and on (campaign) (sum by (campaign) (ringboard_window_risks_kept{window="7d"})\n'
            f'  + sum by (campaign) (ringboard_window_risks_lost{{window="7d"}}) >= {limits.ENOUGH_RISKS})'
        ),
        pending="30m",
        summary="{{ $labels.campaign }}: {{ $value | humanizePercentage }} of the customers at risk were lost",
        description="Clearly more than over 30 days. See the reasons, and who looks after customers at risk.",
        board="funnel",
        shows="ringboard_loss_rate:numerator",
    ),
)
