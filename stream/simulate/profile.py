"""The parameters of a simulated floor's behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# The French ranges of numbers set aside for fiction: none of them is ever assigned.
FICTION_FR: Final = ("+3363998", "+3319900", "+3326191", "+3335301", "+3346571", "+3353649")

CHANNELS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    # channel: its share of the requests, what one request costs there in EUR
    {"search": (0.42, 48.0), "social": (0.28, 27.0), "comparison": (0.20, 39.0), "partner": (0.10, 61.0)}
)

CAMPAIGNS: Final = (
    "solar-home",
    "heat-pump",
    "fibre-pro",
    "insulation",
    "fleet-leasing",
    "health-cover",
    "payroll-online",
    "energy-audit",
)

LOST_REASONS: Final = ("price", "competitor", "no_need", "timing")
RISK_REASONS: Final = ("price", "service", "competitor", "moving")


@dataclass(frozen=True, slots=True)
class Profile:
    """
    How the floor behaves: shares are 0 to 1, `_s` are seconds, `_min` minutes, `_h` hours, `_days` days.

    The defaults come near the benchmarks that are drawn on the boards: about 362 of 1,000 calls become a
    conversation, and about 32 an opportunity.
    """

    # The day of the floor, in its own time zone.
    opens_min: int = 9 * 60
    closes_min: int = 18 * 60
    late_shift_min: int = 0  # every other pair of reps comes and goes so much later
    lunch_from_min: int = 12 * 60
    lunch_spread_min: int = 75
    lunch_min: int = 50
    absent: float = 0.06
    break_after_call: float = 0.012
    break_min: tuple[float, float] = (6.0, 14.0)
    holidays_country: str | None = "FR"
    every_day: bool = False  # open at weekends too
    days_off: int = 0  # of each rep in seven days, in turn; beside the weekends
    prompt: bool = False  # no request waits for its rep's lunch, nor behind another call once half its hour is gone

    # When leads request calls: weights by local hour, and the factor at weekends.
    requests_by_hour: tuple[float, ...] = (
        *(0.15, 0.08, 0.05, 0.04, 0.05, 0.15),
        *(0.4, 0.8, 1.2, 1.8, 2.2, 2.0),
        *(1.5, 1.4, 1.6, 1.6, 1.5, 1.5),
        *(1.7, 2.0, 2.2, 1.9, 1.1, 0.5),
    )
    requests_at_weekends: float = 0.4
    inbound_by_hour: tuple[float, ...] = (
        *(0.0,) * 9,
        *(1.0, 1.35, 1.2, 0.7, 0.75, 1.1, 1.15, 1.05, 0.8),
        *(0.0,) * 6,
    )

    # Who answers: at the first attempt, and the factors by local hour and by attempt.
    human_answers: float = 0.431
    human_by_hour: tuple[float, ...] = (*(0.9,) * 9, 0.9, 1.04, 1.08, 0.86, 0.84, 0.96, 1.02, 1.08, 1.16, *(1.1,) * 6)
    human_by_attempt: tuple[float, ...] = (1.0, 0.96, 0.91, 0.87, 0.82, 0.78, 0.74, 0.7)
    human_when_fresh: float = 1.25
    human_detected: float = 0.9
    machine_answers: float = 0.13
    machine_detected: float = 0.8
    machine_unknown: float = 0.15
    machine_written_down: float = 0.5
    busy: float = 0.05
    failed: float = 0.025
    hangs_up_at_once: float = 0.115
    wrong_number: float = 0.022

    # The outcome of a conversation.
    interest_of_requested: float = 0.285
    interest_of_cold: float = 0.058
    interest_within_the_hour: float = 2.6
    qualifies_at_once: float = 0.8
    wins_unqualified: float = 0.04
    refuses: float = 0.42
    calls_back: float = 0.2
    refusal_is_final: float = 0.45
    cold_refusal_is_final: float = 0.78
    consent_asked: float = 0.04
    consent_given: float = 0.75
    wins: float = 0.3
    never_decided: float = 0.15
    deal_days: tuple[float, float] = (0.8, 0.9)  # mu and sigma of a lognormal
    deal_amount: tuple[float, float] = (8.1, 0.7)
    another_rep_closes: float = 0.3

    # Dispositions: with the call, later, wrong at first, or never.
    verdict_late: float = 0.17
    verdict_revised: float = 0.06
    revised_from_other: float = 0.6
    verdict_never: float = 0.05
    code_unknown: float = 0.003
    redial_in_call: float = 0.02

    # What records contain.
    call_names_number_only: float = 0.12
    call_without_campaign: float = 0.04
    request_without_number: float = 0.03
    request_repeated: float = 0.012
    request_on_called_number: float = 0.05
    request_on_other_leads_number: float = 0.015
    request_left_lying: float = 0.05
    left_lying_h: tuple[float, float] = (0.5, 9.0)
    left_for_good: float = 0.03
    forgets: float = 0.1
    forgotten_for_good: float = 0.3  # of those: neither called again nor closed, so that they go cold
    request_withdrawn: float = 0.008
    withdrawn_min: tuple[float, float] = (2.0, 120.0)
    other_lead_merged: float = 0.6  # of the requests on another lead's number
    record_revised: float = 0.3  # of the revised verdicts: in the call's own record, sent again as a later revision

    # What was there before the first day: leads that nobody worked on since, and risks, for so many days back.
    earlier_days: int = 0
    earlier_leads_per_day: float = 6.0
    earlier_never_called: float = 0.015

    # The inbound queue: calls an hour for each rep who takes them, and the callers' patience.
    inbound_share_of_reps: float = 0.17
    inbound_per_rep_hour: float = 10.5
    inbound_sales: float = 0.6
    inbound_known: float = 0.3
    inbound_held: float = 0.2
    patience_s: float = 110.0
    queue_limit_s: float = 300.0

    # Customers: how many each rep has at the start, and how many come at risk for each rep and day.
    customers_per_rep: int = 40
    risks_per_rep_day: float = 0.5
    risk_kept: float = 0.62
    risk_lost: float = 0.3
    lost_unannounced: float = 0.15

    # The delivery of records.
    loss: float = 0.001
    crm_loses: float = 0.1  # of that
    duplicates: float = 0.006
    late: float = 0.004
    late_h: tuple[float, float] = (0.15, 8.0)
    crm_batches: float = 0.05
