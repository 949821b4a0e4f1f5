"""What happens on the floors whose wallboard is looked at, and what they aim at."""

from __future__ import annotations

from typing import Any

NOTHING = "\u2013"
TARGETS = {
    "contact_rate": 0.52,
    "lead_response_within_1h_attempt_business": 0.9,
    "cost_per_lead": 40,
    "follow_up_rate": 0.1,
}


def a_lead(lead: str, at: int, campaign: str = "Spring", **more: Any) -> dict[str, Any]:
    return {"id": f"r-{lead}", "type": "lead.requested", "at": at, "lead": lead, "campaign": campaign, **more}


def a_call(call: str, lead: str, at: int, talk_s: int = 60) -> dict[str, Any]:
    return {
        "id": f"c-{call}",
        "type": "call.ended",
        "direction": "outbound",
        "call": call,
        "lead": lead,
        "at": at,
        "placed_at": at,
        "talk_s": talk_s,
        "campaign": "Spring",
        "team": "north",
        "rep": "ada",
    }
