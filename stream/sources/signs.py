"""What calls that are left out look like, by which the likeliest reason is found."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

SignKind = Literal["trunk", "digits", "outbound context", "inbound context", "context", "house"]
_MOST: Final = 1000  # signs that are told apart; a floor has far fewer


class Sign(NamedTuple):
    """One look; `name` is what a setting would name, or its shape: never a number, and empty where it may be one."""

    kind: SignKind
    name: str = ""


class Signs:
    """Counts the looks of left-out calls, each once a call."""

    def __init__(self) -> None:
        self._counted: Counter[Sign] = Counter()

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._counted)

    def add(self, sign: Sign) -> None:
        """Count a call that looks so."""
        known = sign in self._counted or len(self._counted) < _MOST
        self._counted[sign if known else Sign(sign.kind)] += 1

    def copy(self) -> Signs:
        """Return as many of the same."""
        other = Signs()
        other.become(self)
        return other

    def become(self, other: Signs) -> None:
        """Count what `other` has counted, and nothing else."""
        self._counted = other._counted.copy()

    def of(self, kind: SignKind) -> int:
        """Return how many calls look so."""
        return sum(count for sign, count in self._counted.items() if sign.kind == kind)

    def names(self, kind: SignKind, most: int) -> list[str]:
        """Return the commonest names of a look."""
        named = ((sign.name, count) for sign, count in self._counted.items() if sign.kind == kind and sign.name)
        return [name for name, _ in sorted(named, key=lambda one: (-one[1], one[0]))[:most]]


@runtime_checkable
class ShowsSigns(Protocol):
    """A source that says what the calls it leaves out look like."""

    @property
    def signs(self) -> Signs:
        """What they look like so far."""


def signs_of(source: object) -> Signs:
    """Return what the left-out calls of a source look like; nothing of one that does not say so."""
    return source.signs if isinstance(source, ShowsSigns) else Signs()
