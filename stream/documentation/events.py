"""docs/events.md: every event with its fields, drawn from the types that read it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

import msgspec

from stream.documentation.words import GENERATED, table
from stream.events.refusal import Reason
from stream.events.types import LONGEST, LONGEST_SECONDS, AnyEvent
from stream.kpi.rules import CONTACT_DISPOSITIONS, OTHER_DISPOSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY: Final = ("id", "at", "source", "revision")
_TOPIC: Final = {"events": "`ringboard.events.v1`", "floor": "`ringboard.floor.v1`", "spend": "`ringboard.spend.v1`"}
_KEYS: Final = {
    "spend.recorded": "campaign",
    "rep.state": "rep",
    "queue.joined": "call",
    "queue.left": "call",
}

_HEAD: Final = f"""# The events

{GENERATED}

One JSON object per Kafka record, or per line of a file. Required fields are marked ★. Fields that are not listed are
ignored; one that is missing or ill-typed has its record refused, with a reason that names it, onto
`ringboard.rejected.v1` (see [operations](operations.md)).

| Field | Form | Meaning |
|---|---|---|
| `id` ★ | text | Unique. The same id is the same event: sent twice, it counts once. |
| `type` ★ | one of those below | What happened. |
| `at` ★ | time | When it happened. Kafka's own timestamp is never used for it. |
| `source` | text | Where it comes from. |
| `revision` | whole number | Of two contents under one id the greater revision stands; 0 by default. |

- A **time** is RFC 3339 with an offset (`"2024-01-05T10:00:00+01:00"`) or whole milliseconds since the epoch.
- A field that ends in **`_s`** is a number of seconds, fractions allowed, from 0 to {LONGEST_SECONDS:,}.
- A **text** has up to {LONGEST} characters.
- A **number** may be written as people write it, nationally (`default_region`) or internationally, as `tel:` or `sip:`.
  It becomes a pseudonym before it is stored or sent anywhere: no telephone number reaches a topic, a label or a log.
- A call names its lead, its number, or both. A number is linked to a lead by `lead.requested`, whichever comes first.
"""

_AFTER_TYPES: Final = """
`call.started` and `call.answered` feed live views only: `call.ended` alone carries the whole call, so it is enough. Of
several `call.ended` of one call the latest stands, whole. Of two contents under one `id` and one `revision` the first
in the log stands, and the conflict is counted. All that happened to a merged lead happened to the one it is; a lead
that was withdrawn counts nowhere, while a call to it was placed all the same. Both hold as soon as they are known.
A stay in a queue is known by `call` and `queue`; where another waits for the call, by `queued_as` in place of `call`.
Others may tell a call without its number (`anonymous`): it counts once where the `call.ended` that has the number says
`"also_withheld": true`.
Topics begin with `app_id`, which is `ringboard` by default.

## Dispositions

"""
_AFTER_DISPOSITIONS: Final = """
Map your system's codes onto these with the setting `dispositions`; a code that maps to nothing is no verdict, and is
counted. `refused` closes nothing by itself: it is a no, and four of them may come before a yes.

## Examples

A request from a web form, the call that answers it, a verdict that comes later, and the sale; what a campaign cost, and
a rep's state. On the wire each is one line.

"""
_EXAMPLES: Final = (
    {
        "id": "f-1",
        "type": "lead.requested",
        "at": "2024-01-05T10:00:00+01:00",
        "lead": "L-77",
        "campaign": "solar-home",
        "number": "06 39 98 00 01",
        "channel": "search",
    },
    {
        "id": "c-9",
        "type": "call.ended",
        "at": "2024-01-05T10:14:20+01:00",
        "call": "C-501",
        "direction": "outbound",
        "placed_at": "2024-01-05T10:12:00+01:00",
        "answered_at": "2024-01-05T10:12:09+01:00",
        "talk_s": 131,
        "number": "+33639980001",
        "rep": "rep-04",
        "team": "north",
        "disposition": "conversation",
    },
    {
        "id": "d-3",
        "type": "call.disposed",
        "at": "2024-01-05T10:20:00+01:00",
        "call": "C-501",
        "number": "+33639980001",
        "disposition": "interested",
        "rep": "rep-04",
    },
    {
        "id": "w-2",
        "type": "lead.won",
        "at": "2024-01-19T16:40:00+01:00",
        "lead": "L-77",
        "rep": "rep-04",
        "amount": "4382.50",
        "currency": "EUR",
    },
    {
        "id": "s-1",
        "type": "spend.recorded",
        "at": 1704439200000,
        "campaign": "solar-home",
        "amount": "1000.00",
        "currency": "EUR",
        "from": "2024-01-01T00:00:00+01:00",
        "to": "2024-02-01T00:00:00+01:00",
        "channel": "search",
    },
    {"id": "r-8", "type": "rep.state", "at": 1704446040000, "rep": "rep-04", "state": "talking", "team": "north"},
)


def render() -> str:
    """Return docs/events.md."""
    rows = (_row(cls) for cls in get_args(AnyEvent))
    contacts = ", ".join(f"`{name}`" for name in sorted(CONTACT_DISPOSITIONS))
    others = ", ".join(f"`{name}`" for name in sorted(OTHER_DISPOSITIONS))
    reasons = ", ".join(f"`{reason.value}`" for reason in Reason)
    return (
        f"{_HEAD}\n## Types\n\n"
        + table(("Type", "Meaning", "Fields", "Topic", "Kafka key"), rows)
        + _AFTER_TYPES
        + f"- Contacts: {contacts}.\n- No contacts: {others}.\n"
        + _AFTER_DISPOSITIONS
        + "".join(f"```json\n{json.dumps(example, indent=1)}\n```\n" for example in _EXAMPLES)
        + f"\n## Reasons for a refusal\n\n{reasons}.\n"
    )


def _row(cls: type[Any]) -> tuple[str, ...]:
    info = msgspec.inspect.type_info(cls)
    name = str(info.tag)  # type: ignore[attr-defined]
    fields = " ".join(_fields(cls))
    meaning = re.sub(r"\s+", " ", (cls.__doc__ or "").strip())
    return f"`{name}`", meaning, fields, _TOPIC[cls.kind], _key(name)


def _fields(cls: type[Any]) -> Iterator[str]:
    for field in sorted(msgspec.structs.fields(cls), key=lambda field: not field.required):
        if field.encode_name in _EVERY:
            continue
        choices = _choices(field.type)
        star = "★" if field.required else ""
        yield f"`{field.encode_name}`{star}" + (f" ({', '.join(choices)})" if choices else "")


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((choices for inner in get_args(kind) if (choices := _choices(inner))), ())


def _key(name: str) -> str:
    if name in _KEYS:
        return _KEYS[name]
    if name.startswith("call."):
        return "lead, else the number's pseudonym, else the call"
    return name.partition(".")[0]
