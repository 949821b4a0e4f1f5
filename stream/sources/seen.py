"""What the calls of one file have in common: what whoever reads its numbers must know of it."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Final

from stream.sources.signs import Signs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.sources.signs import Sign

_MOST_NAMED: Final = 5


@dataclass(slots=True)
class Seen:
    """
    Counts of a file: `answered` attempts, those `with_ringing` in their talk, those it is `unsure` who answered.

    `with_hold` are those whose talk holds the time in which a rep dialled a transfer.

    `waits_unknown` are the answered callers of whom it tells neither wait nor talk, `leaving_unknown` those who gave up
    at a moment that it does not tell, `queues_passed` those who were in a queue that nothing of theirs names,
    `reps_unknown` prospects in a conference of nobody that is known.

    `detects_machines` if any call has a result of answering-machine detection. `unused` is the source's own.
    """

    answered: int = 0
    with_ringing: int = 0
    with_hold: int = 0
    unsure: int = 0
    waits_unknown: int = 0
    leaving_unknown: int = 0
    queues_passed: int = 0
    reps_unknown: int = 0
    detects_machines: bool = False
    unused: Counter[str] = field(default_factory=Counter)
    contexts: Counter[str] = field(default_factory=Counter)
    signs: Signs = field(default_factory=Signs)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the counts as they are, whatever is counted meanwhile: of calls that will be told of again."""
        before = replace(self, unused=self.unused.copy(), contexts=self.contexts.copy(), signs=self.signs.copy())
        try:
            yield
        finally:
            for one in fields(self):
                value = getattr(before, one.name)
                if isinstance(value, Counter):
                    counts = getattr(self, one.name)  # others hold it too
                    counts.clear()
                    counts.update(value)
                elif isinstance(value, Signs):
                    self.signs.become(value)
                else:
                    setattr(self, one.name, value)

    def undirected(self, context: str, *, inside: bool, sign: Sign | None = None) -> None:
        """
        Count a call that is left out: between telephones of the floor, or of no direction that is known.

        `sign` is what it looks like, if the source says so.
        """
        if sign is not None:
            self.signs.add(sign)
        if inside:
            self.unused["internal call"] += 1
        else:
            self.unused["call of no known direction"] += 1
            self.contexts[context] += 1

    def remarks(self, prefix: str, machines: str) -> Iterator[str]:
        """Yield what is to be known; `prefix` is that of the source's settings, `machines` where its page helps."""
        if self.answered and not self.detects_machines:
            yield (
                "it does not tell answering machines from people: every answered call is judged by its talk alone "
                f"({machines})"
            )
        if self.with_ringing:
            yield (
                f"of {self.with_ringing} answered calls the ringing may be part of the talk: "
                "their telephone was up before they were dialled"
            )
        if self.with_hold:
            yield (
                f"of {self.with_hold} calls that were handed on, the talk holds the seconds in which the rep dialled "
                "the transfer"
            )
        if self.waits_unknown:
            yield (
                f"of {self.waits_unknown} answered callers it does not tell the wait from the talk, as the dial plan "
                "had answered before somebody was rung: both are left out (a queue log, CEL or AMI tell them)"
            )
        if self.leaving_unknown:
            yield (
                f"of {self.leaving_unknown} callers who gave up in a queue it does not tell when, as a telephone that "
                "rang for them may have stopped before: their wait is left out (a queue log, CEL or AMI tell it)"
            )
        if self.queues_passed:
            yield (
                f"{self.queues_passed} callers are told as given up by a queue though no row names it: others of their "
                "extension came out of it where they did, and they were there for as long as its patience"
            )
        if self.reps_unknown:
            yield (
                f"of {self.reps_unknown} prospects in a conference it does not tell the rep: name the reps by their "
                f"conferences in {prefix}_reps"
            )
        if self.contexts:
            named = ", ".join(context or "(none)" for context, _ in self.contexts.most_common(_MOST_NAMED))
            yield (
                f"nothing says which way {self.contexts.total()} calls went, and they are left out; they are of the "
                f"contexts {named}: name those in {prefix}_outbound_contexts or {prefix}_inbound_contexts"
            )
