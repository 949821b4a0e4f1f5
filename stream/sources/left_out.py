"""Whether more of a source's calls are left out than can be meant, and what the reasons may be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.sources.signs import Signs
from stream.web.source_metric_defs import FATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stream.sources.signs import SignKind
    from stream.web.source_metric_defs import Fate
    from stream.web.source_metrics import SourceMetrics

ENOUGH_CALLS: Final = 20
"""Of fewer calls a share says nothing yet."""
SHARE: Final = 0.1
"""What may be left out of all calls before something is taken to be wrong."""
_MOST_REASONS: Final = 3
_MOST_NAMED: Final = 3
_WORDS: Final[dict[Fate, str]] = {"internal": "internal", "unknown": "of no known direction", "refused": "refused"}


class Reason(NamedTuple):
    """
    Why calls of the fates `explains` may be left out, and the setting, or the command, that mends it.

    `sign` is what such calls look like, where that shows; what is seen of them stands in `todo` for `{names}`, as the
    list of a setting, or else behind `why`.
    """

    why: str
    todo: str
    explains: Sequence[Fate]
    sign: SignKind | None = None


_FATES: Final[dict[str, Fate]] = {
    "internal call": "internal",
    "internal calls": "internal",
    "call of no known direction": "unknown",
    "leg of a call whose other leg is not there": "unknown",
}
_OF_ANY_SOURCE: Final = (
    Reason("records are not of the form expected", "`ringboard rejected` lists each with the right one", ("refused",)),
    Reason("nothing says which way calls went", "name contexts, trunks, telephones (docs/settings.md)", ("unknown",)),
    Reason("the floor's telephones call each other", "then nothing is to be done", ("internal",), "house"),
    Reason("extension_pattern takes numbers for extensions", "make it narrower, or leave it out", ("internal",)),
)  # fmt: skip


def fates_of(unused: Mapping[str, int]) -> Counter[Fate]:
    """Return how many calls are left out, by fate, of what a reader counts as `unused` by kind."""
    fates: Counter[Fate] = Counter()
    for kind, count in unused.items():
        if (fate := _FATES.get(kind)) is not None:
            fates[fate] += count
    return fates


def count_unused(unused: Mapping[str, int], metrics: SourceMetrics) -> None:
    """Count the calls that a live source left out, and the rows that say nothing, by kind as its reader has them."""
    left_out = fates_of(unused)
    metrics.left_out.inc(left_out["internal"])
    metrics.undirected.inc(left_out["unknown"])
    metrics.unused.inc(sum(unused.values()) - left_out["internal"])


def too_many(fates: Mapping[str, int]) -> bool:
    """Return whether of these calls, counted by fate, more than a tenth is left out; not of a few calls."""
    calls = sum(fates.get(fate, 0) for fate in FATES)
    return calls >= ENOUGH_CALLS and calls - fates.get("counted", 0) > SHARE * calls


def notice(fates: Mapping[str, int], reasons: Iterable[Reason] = (), signs: Signs | None = None) -> str | None:
    """
    Return in a line how many calls are left out, and the three likeliest reasons; None where it is not too many.

    Where `signs` say what the calls look like, the reason whose sign most of them have goes first; else, and after
    these, the reasons that explain more calls go before others, and those of the vendor before those of any source.
    """
    if not too_many(fates):
        return None
    shown = Signs() if signs is None else signs
    known = [one for one in (*reasons, *_OF_ANY_SOURCE) if any(fates.get(fate, 0) for fate in one.explains)]
    fitting = sorted(known, key=lambda reason: _likely(reason, fates, shown), reverse=True)[:_MOST_REASONS]
    calls = sum(fates.get(fate, 0) for fate in FATES)
    parts = ", ".join(f"{fates[fate]} {word}" for fate, word in _WORDS.items() if fates.get(fate, 0))
    why = "; ".join(f"({place}) {_said(one, shown)}" for place, one in enumerate(fitting, 1))
    return f"{calls - fates.get('counted', 0)} of {calls} calls are left out ({parts}); the likeliest reasons: {why}"


def _likely(reason: Reason, fates: Mapping[str, int], signs: Signs) -> tuple[int, int]:
    """Return how many calls look as this reason would have them, and how many it could explain by their fate."""
    explained = sum(fates.get(fate, 0) for fate in reason.explains)
    if reason.sign is not None:
        return signs.of(reason.sign), explained
    return fates.get("refused", 0) if signs and "refused" in reason.explains else 0, explained


def _said(reason: Reason, signs: Signs) -> str:
    names = [] if reason.sign is None else signs.names(reason.sign, _MOST_NAMED)
    listed = ", ".join(f'"{name}"' for name in names) or "…"
    seen = f" ({', '.join(names)})" if names else ""
    return f"{reason.why}{seen if '{names}' not in reason.todo else ''}: {reason.todo.replace('{names}', listed)}"
