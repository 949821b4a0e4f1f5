"""What a floor has set that changes the meaning of a KPI, in plain types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

OFFICE_WEEK: Mapping[str, Sequence[str]] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-18:00",))


@dataclass(frozen=True)
class Config:
    """Hours and seconds as people write them; `minor_digits` are the decimals of each currency (ISO 4217)."""

    zone: str = "Europe/Paris"
    min_talk_s: float = 30
    min_talk_s_by_campaign: Mapping[str, float] = field(default_factory=dict)
    follow_up_h: int = 72
    early_h: int = 4
    lead_cold_days: int = 30
    risk_days: int = 30
    opening_hours: Mapping[str, Sequence[str]] = field(default_factory=lambda: OFFICE_WEEK)
    holidays: frozenset[date] = frozenset()
    dispositions: Mapping[str, str] = field(default_factory=dict)
    service_level_s: float = 20
    service_level_formula: int = 4
    minor_digits: Mapping[str, int] = field(default_factory=lambda: {"EUR": 2, "USD": 2, "JPY": 0, "TND": 3})

    def talk_threshold(self, campaign: str | None) -> float:
        """The talk time, in seconds, from which an answered attempt of `campaign` is a contact."""
        if campaign is None:
            return self.min_talk_s
        return self.min_talk_s_by_campaign.get(campaign, self.min_talk_s)
