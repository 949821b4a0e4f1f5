"""Labels are no prose: what reads as a number or an e-mail address in one is masked, and a long reason is `other`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, get_args

from stream.events.types import LONGEST, AnyEvent
from stream.privacy.masking import EMAIL, NUMBER, masked

if TYPE_CHECKING:
    from collections.abc import Mapping

LABEL_FIELDS: Final = ("reason", "disposition", "hangup_cause", "campaign", "channel", "queue", "team", "rep", "source")
LONGEST_REASON: Final = 60
OTHER_REASON: Final = "other"
TOO_LONG: Final = "too_long"
WHYS: Final = ("number", "email", TOO_LONG)
"""Why a label is changed, as it is counted."""

_REMEMBERED: Final = 4_096
_MOST_ROUNDS: Final = 4

FIELDS_OF: Final[Mapping[type, tuple[str, ...]]] = {
    kind: tuple(name for name in LABEL_FIELDS if name in kind.__struct_fields__) for kind in get_args(AnyEvent)
}
"""The labels that an event of a type has."""


class FieldLabels(dict[str | None, Any]):
    """
    The labels of one field as they may be kept, by what they came as: `labels[text]`.

    What may stay is remembered, so that it costs one look-up. What is changed is changed, and counted in `counts` by
    field and reason, each time.
    """

    def __init__(self, field: str, region: str, counts: Counter[tuple[str, str]]) -> None:
        super().__init__()
        self[None] = None
        self._field = field
        self._region = region
        self._counts = counts
        self._changed: dict[str, tuple[str, tuple[str, ...]]] = {}

    def __missing__(self, text: str) -> str:
        """Return what may be kept of a label that is not known to be harmless."""
        known = self._changed.get(text)
        if known is None:
            known = kept_label(self._field, text, self._region)
            if not known[1]:
                if len(self) > _REMEMBERED:
                    self.clear()
                    self[None] = None
                self[text] = text
                return text
            if len(self._changed) >= _REMEMBERED:
                self._changed.clear()
            self._changed[text] = known
        label, whys = known
        for why in whys:
            self._counts[self._field, why] += 1
        return label


class Labels:
    """The labels of a process: by field (`labels.campaign`), with `counts` of what was changed by field and reason."""

    def __init__(self, region: str) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.by_field = {name: FieldLabels(name, region, self.counts) for name in LABEL_FIELDS}
        self.reason = self.by_field["reason"]
        self.disposition = self.by_field["disposition"]
        self.campaign = self.by_field["campaign"]
        self.channel = self.by_field["channel"]
        self.queue = self.by_field["queue"]
        self.team = self.by_field["team"]
        self.rep = self.by_field["rep"]

    def take_counts(self) -> Counter[tuple[str, str]]:
        """Return what was changed since the last time."""
        counts = self.counts.copy()
        self.counts.clear()
        return counts

    def clean(self, event: Any) -> bool:
        """Put into `event`, of whatever type, what may be kept of its labels; return whether that changed any."""
        changed = False
        for name in FIELDS_OF[type(event)]:
            text = getattr(event, name)
            label = self.by_field[name][text]
            if label != text:
                setattr(event, name, label)
                changed = True
        return changed


def labels_line(counts: Mapping[tuple[str, str], int]) -> str:
    """Return in one line which labels were changed, by field: the counts of `Labels`."""
    said = {"number": "with a telephone number", "email": "with an e-mail address", TOO_LONG: "too long"}
    return "labels masked: " + ", ".join(
        f"{field} {said.get(why, why)} {count}" for (field, why), count in sorted(counts.items())
    )


def kept_label(field: str, text: str, region: str) -> tuple[str, tuple[str, ...]]:
    """Return what may be kept of the label `text` of `field`, and why it is not all of it; numbers read in `region`."""
    label = text
    whys: dict[str, None] = {}
    for _ in range(_MOST_ROUNDS):  # what is left beside a mask may read as a number of its own
        found = masked(label, region)
        if found == label:
            break
        for why, mask in (("number", NUMBER), ("email", EMAIL)):
            if found.count(mask) > label.count(mask):
                whys[why] = None
        label = found[:LONGEST]
    if field == "reason" and (len(text) > LONGEST_REASON or len(label) > LONGEST_REASON):
        return OTHER_REASON, (*whys, TOO_LONG)
    return label, tuple(whys)
