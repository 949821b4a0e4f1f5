"""The settings that bound the labels of the metrics: how many values each may have before the rest are one."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, Field
from pydantic_settings import NoDecode

from stream.settings.fields import FromJson, setting

LimitedLabel = Literal["campaign", "team", "rep", "queue", "channel", "reason"]
LIMITED_LABELS: Final[tuple[LimitedLabel, ...]] = get_args(LimitedLabel)
"""The labels whose values come from events. Every other label has values that the code or ISO 4217 lists."""
_Limit = Annotated[int, Field(ge=1, le=10_000)]


class LabelSettings(BaseModel):
    """How many values the metrics show of each label."""

    label_limit: int = setting(
        100,
        "The most values of one label in the metrics; the rest are shown as other.",
        "a whole number from 1 to 10000",
        ge=1,
        le=10_000,
    )
    label_limits: Annotated[dict[LimitedLabel, _Limit], NoDecode, FromJson] = setting(
        {},
        "The same for single labels.",
        f"{{rep = 300}} with {', '.join(LIMITED_LABELS[:-1])} or {LIMITED_LABELS[-1]}, and a whole number up to 10000",
    )

    def limit_of(self, label: LimitedLabel) -> int:
        """Return how many values of a label are shown."""
        return self.label_limits.get(label, self.label_limit)
