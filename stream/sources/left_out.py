"""Whether more of a source's calls are left out than can be meant, and what the reasons may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.web.source_metric_defs import FATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stream.web.source_metric_defs import Fate

ENOUGH_CALLS: Final = 20
"""Of fewer calls a share says nothing yet."""
SHARE: Final = 0.1
"""What may be left out of all calls before something is taken to be wrong."""
_MOST_REASONS: Final = 3
_WORDS: Final[dict[Fate, str]] = {"internal": "internal", "unknown": "of no known direction", "refused": "refused"}


class Reason(NamedTuple):
    """Why calls of the fates `explains` may be left out, and the setting, or the command, that mends it."""

    why: str
    todo: str
    explains: Sequence[Fate]


_OF_ANY_SOURCE: Final = (
    Reason("records are not of the form expected", "`ringboard rejected` lists each with the right one", ("refused",)),
    Reason("nothing says which way calls went", "name contexts, trunks, telephones (docs/settings.md)", ("unknown",)),
    Reason("the floor's telephones call each other", "then nothing is to be done", ("internal",)),
    Reason("extension_pattern takes numbers for extensions", "make it narrower, or leave it out", ("internal",)),
)  # fmt: skip


def too_many(fates: Mapping[str, int]) -> bool:
    """Return whether of these calls, counted by fate, more than a tenth is left out; not of a few calls."""
    calls = sum(fates.get(fate, 0) for fate in FATES)
    return calls >= ENOUGH_CALLS and calls - fates.get("counted", 0) > SHARE * calls


def notice(fates: Mapping[str, int], reasons: Iterable[Reason] = ()) -> str | None:
    """
    Return in a line how many calls are left out, and the three likeliest reasons; None where it is not too many.

    The reasons of the vendor go before those of any source, and those that explain more calls before others.
    """
    if not too_many(fates):
        return None
    known = [*reasons, *_OF_ANY_SOURCE]
    ranked = sorted(known, key=lambda reason: -sum(fates.get(fate, 0) for fate in reason.explains))
    fitting = [one for one in ranked if any(fates.get(fate, 0) for fate in one.explains)][:_MOST_REASONS]
    calls = sum(fates.get(fate, 0) for fate in FATES)
    parts = ", ".join(f"{fates[fate]} {word}" for fate, word in _WORDS.items() if fates.get(fate, 0))
    why = "; ".join(f"({place}) {one.why}: {one.todo}" for place, one in enumerate(fitting, 1))
    return f"{calls - fates.get('counted', 0)} of {calls} calls are left out ({parts}); the likeliest reasons: {why}"
