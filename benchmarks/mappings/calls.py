"""What the benches of mappings send: calls as a cloud telephone system posts them, and as a dialler exports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

FIRST_S: Final = 1_767_600_000
MAPPING: Final = """
name = "cloud"
time = "epoch"
[[events]]
type = "call.ended"
when = { event = "call.ended" }
call = "{data.id}"
direction = "{data.direction}"
placed_at = "{data.started_at}"
answered_at = "{data.answered_at}"
at = "{data.ended_at}"
talk_s = { between = ["data.answered_at", "data.ended_at"] }
number = [
  { when = { "data.direction" = "outbound" }, from = "data.to" },
  { when = { "data.direction" = "inbound" }, from = "data.from" },
]
rep = "{data.user.name}"
team = { in = "data.groups", where = { kind = "sales" }, from = "name" }
campaign = "{data.tags.0}"
"""
OF_A_DIALLER: Final = """
name = "dialler"
timezone = "Europe/Paris"
time = "day-first"
[[events]]
type = "call.ended"
call = "{id}"
direction = { from = "way", map = { out = "outbound", in = "inbound" } }
placed_at = "{start}"
at = { from = "start", plus = "length" }
talk_s = "{talk}"
number = "{number}"
rep = "{agent}"
campaign = "{campaign}"
disposition = { from = "outcome", absent = ["-"], map = { OK = "interested" }, otherwise = "{outcome}" }
"""


def posted(number: int) -> dict[str, Any]:
    """Return a call as it is posted."""
    placed = FIRST_S + number
    return {
        "event": "call.ended",
        "token": "not read here",
        "timestamp": placed + 75,
        "data": {
            "id": f"c-{number}",
            "direction": "outbound" if number % 4 else "inbound",
            "status": "done",
            "started_at": placed,
            "answered_at": placed + 12 if number % 3 else None,
            "ended_at": placed + 75,
            "from": "0199000001",
            "to": f"+3363998{number % 10_000:04}",
            "user": {"id": number % 40, "name": f"rep-{number % 40:02}", "email": "rep@example.org"},
            "groups": [{"kind": "site", "name": "North"}, {"kind": "sales", "name": f"team-{number % 4}"}],
            "tags": [f"campaign-{number % 8}", "first call"],
            "recording": None,
            "cost": "0.012",
        },
    }


def write_csv(path: Path, count: int) -> None:
    """Write so many calls of one day to `path`, as a dialler exports them."""
    with path.open("w", encoding="utf-8") as file:
        file.write("id,way,start,length,talk,number,agent,campaign,outcome\n")
        for n in range(count):
            second = n * 36_000 // count
            start = f"05/01/2026 {8 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            file.write(
                f"{n},{'out' if n % 4 else 'in'},{start},{n % 90 + 10},{n % 90 if n % 3 else 0},"
                f"06 39 98 {n // 100 % 100:02} {n % 100:02},rep-{n % 40},campaign-{n % 8},{'OK' if n % 9 else '-'}\n"
            )
