"""The last minute of a day, in which everything happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.prometheus.expecting import HOSTILE


def minutes_of_today(now: int, day: str = "") -> list[dict[str, Any]]:
    """
    Tell what gives every KPI of today a number: two campaigns, two currencies, leads that wait, callers too.

    `day` tells what happened on one day from what happened on another.
    """
    base = now - 50_000
    events: list[dict[str, Any]] = []
    for campaign, team, rep, currency in (("Spring", "north", "ada", "EUR"), (HOSTILE, "south", "bo", "CHF")):
        owner = {"campaign": campaign, "team": team, "rep": rep}
        call = {"type": "call.ended", "direction": "outbound", **owner}
        won, lost, waiting, pressed = (f"{day}{rep}-{kind}" for kind in ("won", "lost", "waiting", "pressed"))
        events += [
            {"type": "lead.requested", "at": base, "lead": won, "channel": "web", **owner},
            {"type": "lead.requested", "at": base, "lead": lost, "channel": "web", **owner},
            {"type": "lead.requested", "at": now - 1_200_000, "lead": waiting, "channel": "post", **owner},
            {**call, "at": base + 3_000, "placed_at": base + 1_000, "call": f"{won}-1", "lead": won, "talk_s": 0},
            {**call, "at": base + 6_000, "placed_at": base + 4_000, "call": f"{won}-2", "lead": won, "talk_s": 95},
            {**call, "at": base + 6_000, "placed_at": base + 4_000, "call": f"{lost}-1", "lead": lost, "talk_s": 0},
            *(
                # The second comes too soon after a no, the fifth is one too many, and all come at lunch.
                {**call, "at": at + 500, "placed_at": at, "call": f"{pressed}-{at}", "lead": pressed, "disposition": no}
                for at, no in ((base + 10_000 + 2_000 * nth, "refused") for nth in range(5))
            ),
            {"type": "lead.qualified", "at": base + 8_000, "lead": won, "rep": rep},
            {"type": "lead.won", "at": base + 9_000, "lead": won, "rep": rep},
            {"type": "lead.lost", "at": base + 9_000, "lead": lost, "reason": "price"},
            {
                "type": "spend.recorded",
                "at": base,
                "campaign": campaign,
                "channel": "web",
                "amount": "90.00",
                "currency": currency,
                "from": base - 1_000,
                "to": base + 20_000,
            },
            *(
                {"type": f"customer.{kind}", "at": base + later, "customer": f"{day}{rep}-{fate}", **owner}
                for fate in ("kept", "lost")
                for kind, later in (("at_risk", 0), (fate, 5_000))
            ),
            {"type": "rep.state", "at": base, "rep": rep, "team": team, "state": "talking"},
            {"type": "rep.state", "at": base + 9_000, "rep": rep, "team": team, "state": "available"},
            {"type": "queue.joined", "at": base + 9_000, "call": f"{day}{rep}-in", "queue": "sales"},
        ]
    return [{"id": f"{day}minute-{place}", **event} for place, event in enumerate(events)]


def noon_somewhere(now: int) -> str:
    """Name a time zone in which it is early afternoon, so that today is neither young nor nearly over."""
    ahead = 13 - datetime.fromtimestamp(now / 1000, UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
