"""The settings that change what a KPI means, as plain numbers."""

from __future__ import annotations

from datetime import UTC
from typing import Final

import msgspec

from stream.kpi.calendar import BusinessCalendar

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

CONTACT_DISPOSITIONS: Final = frozenset({"conversation", "interested", "callback", "refused"})
OTHER_DISPOSITIONS: Final = frozenset(
    {"voicemail", "no_answer", "busy", "failed", "wrong_number", "abandoned", "other"}
)
DISPOSITIONS: Final = CONTACT_DISPOSITIONS | OTHER_DISPOSITIONS

PRESSING_COUNT: Final = 4
PRESSING_SPAN: Final = DAY
GIVEN_UP_BELOW: Final = 5
FOUR_NOES: Final = 4
LIMITS: Final = (5 * MINUTE, HOUR)
DELAY_BOUNDS: Final = (
    *(m * MINUTE for m in (1, 2, 5, 10, 15, 30)),
    *(h * HOUR for h in (1, 2, 4, 8)),
    *(d * DAY for d in (1, 2, 3, 7)),
)
REP_STATE_LASTS: Final = 4 * HOUR
LONGEST_WINDOW: Final = 30 * DAY


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """
    How often, when and how soon after a no a lead may be called; times in ms.

    At most `most` attempts in less than `span`; only within `hours`; none for `rest` after a refusal.
    """

    most: int
    span: int
    rest: int
    hours: BusinessCalendar


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the meaning of the KPIs depends on; times in ms.

    `dispositions` maps a vendor's codes to the canonical ones.
    """

    min_talk: int = 30_000
    min_talk_by_campaign: dict[str, int] = {}
    follow_up: int = 72 * HOUR
    early: int = 4 * HOUR
    dispositions: dict[str, str] = {}
    cold: int = 30 * DAY
    risk: int = 30 * DAY
    answer_within: int = 20_000
    business: BusinessCalendar = BusinessCalendar(UTC, {})
    pacing: Pacing | None = None

    def disposition(self, code: str | None) -> str | None:
        """Translate a vendor's code; None where it maps to nothing."""
        if code is None:
            return None
        mapped = self.dispositions.get(code, code)
        return mapped if mapped in DISPOSITIONS else None

    def talk_limit(self, campaign: str | None) -> int:
        """Return the talk time, in ms, from which an answered attempt of `campaign` is a contact."""
        if campaign is None:
            return self.min_talk
        return self.min_talk_by_campaign.get(campaign, self.min_talk)
