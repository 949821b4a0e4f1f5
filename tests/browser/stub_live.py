"""What a worker that says what a test wants it to says of what goes on: reps by state, queues, follow-ups due."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final

from agents.pages.live import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

REASONS: Final = (None, "lunch", "Réunion hebdomadaire du plateau, salle 3", None)
QUEUES: Final = (
    "support",
    "Service après-vente international, réclamations et rappels",
    "Krankenzusatzversicherungsneukunden",
    "q3",
)
BANDS: Final = ("late", "1h", "4h", "today", "tomorrow")


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reps_now(names: Sequence[str], teams: Sequence[str], now: datetime, *, whole: bool, large: bool) -> dict[str, Any]:
    """Return what the stream says of reps, one after the other in each of the states; `large`: since long ago."""
    reps: list[dict[str, Any]] = []
    for n, name in enumerate(names):
        minutes = (1439 if large else 1) * (1 + n % 53)
        reps.append(
            {
                "rep": name,
                "team": teams[n % len(teams)],
                "state": STATES[n % len(STATES)],
                "since": _moment(now - timedelta(minutes=minutes)),
                "in_state_s": minutes * 60.0,
                "reason": REASONS[n % len(REASONS)] if STATES[n % len(STATES)] == "paused" else None,
            }
        )
    reps.sort(key=lambda one: (STATES.index(one["state"]), -one["in_state_s"]))
    counts = Counter(one["state"] for one in reps)
    return {"states": {state: counts[state] if whole else None for state in STATES}, "left_out": 0, "reps": reps}


def queues_now(
    count: int, now: datetime, kpis: Sequence[dict[str, Any]], *, whole: bool, large: bool
) -> dict[str, Any]:
    """Return what the stream says of so many queues; `kpis` is what each of them has in turn."""
    queues = []
    for n, name in enumerate(islice(cycle(QUEUES), count)):
        waiting = (0, 1, 12_345 if large else 7)[n % 3]
        wait = timedelta(seconds=(0, 14, 14_000 if large else 61)[n % 3])
        queues.append(
            {
                "queue": name if n < len(QUEUES) else f"{name} {n}",
                "waiting": waiting if whole else None,
                "oldest_since": _moment(now - wait) if waiting else None,
                "oldest_wait_s": wait.total_seconds() if waiting else None,
                "reps": {"logged_in": 1234 if large else 12, "available": n} if whole and n % 2 else None,
                "offered": 40, "answered": 30, "abandoned": 10, "timed_out": 0,
                "kpis": kpis[n % len(kpis)],
            }
        )  # fmt: skip
    return {
        "window": "today",
        "answer_within_s": 20.0,
        "waiting": 8 if whole else None,
        "left_out": 0,
        "queues": queues,
    }


def due_now(names: Sequence[str], teams: Sequence[str], *, whole: bool, large: bool) -> dict[str, Any]:
    """Return the answer on follow-ups that are due; small ones have none within the hour."""
    reps = [
        {
            "rep": name,
            "team": teams[n % len(teams)],
            **{
                band: 0 if band == "1h" and not large else (12_345 if large else n % 9) * (n % 2 + place % 2)
                for place, band in enumerate(BANDS)
            },
        }
        for n, name in enumerate(names)
    ]
    total: Counter[str] = Counter()
    for rep in reps:
        total.update({band: rep[band] for band in BANDS})
    return {
        "due": {band: total[band] if whole else None for band in BANDS},
        "reps": reps if whole else [],
        "reps_left_out": 0 if whole else None,
        "leads": [],
        "left_out": 0 if whole else None,
    }
