"""The demo's floor: open every day, with targets that it meets here and misses there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from stream.simulate import Profile, Sizes

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# A request of the day is late in the story's scenes only: so the banner comes and goes.
PROFILE: Final = Profile(
    closes_min=20 * 60,
    late_shift_min=120,
    every_day=True,
    requests_by_hour=(
        *(0.1, 0.05, 0.03, 0.03, 0.05, 0.1, 0.3, 0.6, 1.2, 1.8, 2.2, 2.0),
        *(1.6, 1.6, 1.7, 1.8, 1.7, 1.8, 2.0, 2.0, 0.8, 0.5, 0.3, 0.15),
    ),
    days_off=2,
    holidays_country=None,
    prompt=True,
    request_left_lying=0.0,
    break_after_call=0.03,
    break_min=(4.0, 10.0),
    risks_per_rep_day=2.0,
    customers_per_rep=200,
    earlier_days=40,
    loss=0.0,
    late_h=(0.05, 0.4),
)
# Example targets: each is met in some windows and campaigns, and missed in others, so that both are shown.
TARGETS: Final = {
    "contact_rate": 0.365,
    "lead_response_within_1h_attempt": 0.82,
    "lead_response_within_1h_attempt_business": 0.82,
    "follow_up_rate": 0.46,
    "conversion_rate": 0.16,
    "cost_per_lead": 31,
    "loss_rate": 0.36,
}
ALWAYS: Final = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def sizes(zone: ZoneInfo) -> Sizes:
    """Return the sizes of a floor in `zone`."""
    return Sizes(zone=zone, profile=PROFILE)


def floor_settings() -> dict[str, str]:
    """
    Return the worker's settings that belong to this floor, as environment variables' values.

    Its limits run around the clock, since it is shifted in time to be at work whenever somebody looks.
    """
    return {"opening_hours": json.dumps(ALWAYS), "holidays_country": "none"}
