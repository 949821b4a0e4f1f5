"""A cloud telephone system that tells a call in several records, and one whose records are legs: as mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stream.mapping.mapping import Mapping
    from stream.mapping.parts.told import Told
    from stream.mapping.parts.whole import Whole

CLOUD = """
name = "cloud"
[[events]]
type = "call.ended"
call = "{id}"
direction = "{direction}"
number = "{customer}"
talk_s = { between = ["#whole.answered_at", "#whole.at"] }
[events.parts.created]
when = { event = "created" }
placed_at = "{at}"
[events.parts.answered]
when = { event = "answered" }
optional = true
answered_at = "{at}"
rep = "{user}"
[events.parts.ended]
when = { event = "hungup" }
at = "{at}"
[events.parts.rated]
when = { event = "rated" }
optional = true
disposition = { from = "verdict", take = "last" }
"""
LEGS = """
name = "pbx"
[[events]]
type = "call.ended"
call = "{call}"
direction = "inbound"
order = "{number}"
[events.parts.caller]
when = { leg = "caller" }
number = "{who}"
placed_at = "{start}"
at = "{end}"
[events.parts.rep]
when = { leg = "rep" }
several = true
id = "{number}"
times = { joined = "{start}" }
at = "{end}"
rep = { from = "who", take = "last" }
talk_s = { from = "talk", take = "sum" }
[events.parts.wait]
when = { leg = "never" }
optional = true
hold_s = "{talk}"
"""


def at(second: int) -> str:
    return f"2026-01-05T10:{second // 60:02}:{second % 60:02}+01:00"


def moment(second: int) -> int:
    return 1_767_603_600_000 + 1000 * second


def record(event: str, second: int, **more: Any) -> dict[str, Any]:
    return {"event": event, "id": "c1", "at": at(second), "customer": "+33639980001", "direction": "outbound", **more}


CALL = [
    record("created", 0),
    record("answered", 9, user="Ada"),
    record("hungup", 69),
    record("rated", 90, verdict="interested"),
]


def told(mapped: Mapping, *records: dict[str, Any]) -> list[Told]:
    parts: list[Told] = []
    for one in records:
        assert not list(mapped.events(one, parts.append))
    return parts


def whole(mapped: Mapping, *records: dict[str, Any]) -> Whole:
    assert mapped.parts is not None
    return mapped.parts.putting.whole(told(mapped, *records))
