"""What spoke for which way a call of a capture went, where one call is asked for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from stream.sources.explaining import Asked

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.messages import Block, Message
    from stream.sources.dial_plan.weighing import Verdict


class Explaining:
    """Gathers what was weighed in each call (one Linkedid), and hands over that of the call that is asked for."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._said: defaultdict[str, list[str]] = defaultdict(list)
        self._call = asked.call.partition("/")[0]

    def weighed(self, call: str, what: str, verdict: Verdict[Any]) -> None:
        """Take what was weighed of a call, which is `what`; said twice over, it is written once."""
        lines = [f"{what}: {verdict.says or 'unknown'}", *(f"  {line}" for line in verdict.lines())]
        to = self._asked.found if call == self._call else self._said[call]
        if lines[-len(lines) :] != to[-len(lines) :]:
            to += lines

    def reads(self, block: Block, message: Message) -> None:
        """Take that a message is read, which may be the one whose call is asked for."""
        line = self._asked.line
        if line is None or not block.line <= line <= block.line + block.data.count(b"\n"):
            return
        self._call = message.get("linkedid") or message.get("destlinkedid") or message.get("uniqueid")
        self._asked.found += self._said.pop(self._call, [])

    def told(self, event: dict[str, Any]) -> None:
        """Take an event that was told."""
        call = str(event.get("call", "")).partition("/")[0]
        if not call:
            return
        if call == self._call:
            self._asked.told(event)
        elif self._asked.line is not None:
            aside = Asked(None, call)
            aside.told(event)
            self._said[call] += aside.found
