"""Weighs what speaks for one answer or another, as which way a call went: the worthiest kind of evidence decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

S = TypeVar("S", bound=str)
Kind = Literal["settings", "context", "dialling", "trunk", "birth", "name"]

# In order of worth: what the floor has configured; the context that a number was dialled in; who dialled how long a
# number; trunks and direct numbers; the context that a channel was born in; what a name or a caller id looks like.
KINDS: Final[tuple[Kind, ...]] = ("settings", "context", "dialling", "trunk", "birth", "name")
_WORTH: Final = {kind: place for place, kind in enumerate(KINDS)}


class Evidence(NamedTuple, Generic[S]):
    """One thing that speaks for `says`; `because` puts it in words, without a number in it."""

    kind: Kind
    says: S
    because: str


class Verdict(NamedTuple, Generic[S]):
    """
    What the evidence comes to: `says` is None where nothing speaks, or all of it is contradicted.

    `evidence` is all there was, the worthiest first; `kind` the kind that decided.
    """

    says: S | None
    kind: Kind | None
    evidence: Sequence[Evidence[S]]

    @property
    def spoke_for(self) -> list[Evidence[S]]:
        """What spoke for it."""
        return [one for one in self.evidence if one.says == self.says]

    @property
    def spoke_against(self) -> list[Evidence[S]]:
        """What spoke for something else, and was outweighed; all of it where nothing could decide."""
        return [one for one in self.evidence if one.says != self.says]

    def lines(self) -> list[str]:
        """Return in words what spoke for what, the worthiest first: `settings for inbound: …`."""
        return [f"{one.kind} for {one.says}: {one.because}" for one in self.evidence]


def weigh(evidence: Iterable[Evidence[S]]) -> Verdict[S]:
    """
    Return what `evidence` comes to: the worthiest kind that does not contradict itself decides.

    A kind that speaks for two things says nothing, and the next is asked: so what stays open is open, never reversed.
    """
    ordered = list(evidence)
    if len(ordered) == 1:
        return Verdict(ordered[0].says, ordered[0].kind, ordered)
    ordered.sort(key=_worth)
    torn: Kind | None = None
    for place, one in enumerate(ordered):
        if one.kind == torn:
            continue
        if all(other.says == one.says for other in ordered[place + 1 :] if other.kind == one.kind):
            return Verdict(one.says, one.kind, ordered)
        torn = one.kind
    return Verdict(None, None, ordered)


def _worth(one: Evidence[S]) -> int:
    return _WORTH[one.kind]


def weaker(*kinds: Kind) -> Kind:
    """Return the least worthy of some kinds: a chain of reasons is as strong as its weakest."""
    return max(kinds, key=_WORTH.__getitem__)
