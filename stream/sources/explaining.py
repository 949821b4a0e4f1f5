"""What `replay --explain` asks of a source: what spoke for what it tells of one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TOLD = ("direction", "rep", "queue", "campaign", "outcome", "disposition", "talk_s", "wait_s", "ring_s", "amd")


@dataclass(slots=True)
class Asked:
    """A call that is asked for, by a `line` of the file or by its `call` id; `found` is what is said of it."""

    line: int | None
    call: str
    found: list[str] = field(default_factory=list)

    def is_of(self, lines: Iterable[int], ids: Iterable[str]) -> bool:
        """Return whether the call with these lines, or ids of it, is the one."""
        return self.line in lines if self.line is not None else self.call in ids

    def told(self, event: Mapping[str, Any]) -> None:
        """Add what an event of the call tells, without the number."""
        # A rep at a telephone outside is called by its number, which a plus begins.
        said = ", ".join(
            f"{name} {'at a number' if str(event[name]).startswith('+') else event[name]}"
            for name in _TOLD
            if name in event
        )
        unknown = [name for name in ("rep", "talk_s", "wait_s") if name not in event]
        absent = f"; absent: {', '.join(unknown)}" if event["type"] == "call.ended" and unknown else ""
        self.found.append(f"{event['type']}: {said}{absent}")


@runtime_checkable
class Explains(Protocol):
    """A source that can say what spoke for what it tells: it fills `asked`, where one is set before it reads."""

    asked: Asked | None


def asked_for(text: str) -> Asked:
    """Return what is asked for by `text`: a number is a line, anything else the id of a call."""
    return Asked(int(text), "") if text.isdecimal() and len(text) < len("1000000000") else Asked(None, text)
