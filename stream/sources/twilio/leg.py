"""What is known of one leg of a call: the callbacks that reported it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stream.sources.twilio.facts import ENDED, Party

if TYPE_CHECKING:
    from stream.sources.twilio.facts import Fact

MOST_FACTS: Final = 40  # Twilio makes about six of a leg
_NOBODY: Final = Party()


@dataclass(slots=True)
class Leg:
    """What is known of one leg: its callbacks by what tells them apart, the first of each."""

    sid: str
    facts: dict[tuple[str, str, int], Fact] = field(default_factory=dict)

    def take(self, fact: Fact) -> bool:
        """Take a callback, and return whether it was a new one; one of very many is passed over."""
        if fact.name in self.facts or len(self.facts) >= MOST_FACTS:
            return False
        self.facts[fact.name] = fact
        return True

    def ordered(self) -> list[Fact]:
        """Return the callbacks in the order in which Twilio made them, those without a number last."""
        return sorted(self.facts.values(), key=lambda one: (one.sequence is None, one.sequence or 0, one.at))

    def first_of(self, name: str) -> Any:
        """Return what the first of them that has `name` has for it."""
        return next((value for one in self.ordered() if (value := getattr(one, name)) is not None), None)

    def context(self, name: str) -> str | None:
        """Return what the addresses of the leg's own callbacks say of `name`."""
        of_status = (one for one in self.ordered() if one.status is not None)
        return next((one.context[name] for one in of_status if name in one.context), None)

    @property
    def parent(self) -> str | None:
        """The leg that dialled it; never itself, whatever the callbacks say."""
        parent: str | None = self.first_of("parent")
        return None if parent == self.sid else parent

    @property
    def end(self) -> Fact | None:
        """The last callback of a leg that is over."""
        ends = [one for one in self.ordered() if one.status in ENDED]
        return ends[-1] if ends else None

    @property
    def answered_ms(self) -> int | None:
        """When it was answered, if it was: by its callback, else by its length."""
        end = self.end
        answers = [one.at for one in self.facts.values() if one.status == "in-progress"]
        if answers and (end is None or end.status == "completed"):
            return min(answers)
        if end is not None and end.status == "completed" and end.talked_s:
            return end.at - 1000 * end.talked_s
        return None

    @property
    def placed_ms(self) -> int:
        """When it began, as far as is known."""
        answered = self.answered_ms
        times = [one.at for one in self.facts.values() if one.status is not None]
        return min(times if answered is None else [*times, answered])

    def talked_s(self, until_ms: int) -> float:
        """How long it lasted from its answer; one that is not known to be over did so until `until_ms`."""
        end = self.end
        if end is not None:
            return end.talked_s or 0
        return max(0, until_ms - (self.answered_ms or until_ms)) / 1000

    @property
    def other(self) -> Party:
        """Who is at its far end: who was called, or who calls in."""
        return (
            self.first_of("caller") if self.first_of("direction") == "inbound" else self.first_of("called")
        ) or _NOBODY

    @property
    def rep(self) -> str | None:
        """The rep at its far end, if one is."""
        return self.context("rep") or self.other.rep
