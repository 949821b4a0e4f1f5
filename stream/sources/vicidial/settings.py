"""The settings of VICIdial's tables: their clock, and whether its leads are the floor's."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from stream.settings.fields import Absentable, Words, Zone, setting


class VicidialSettings(BaseModel):
    """How VICIdial's tables are read."""

    vicidial_timezone: Annotated[Zone | None, Absentable] = setting(
        None,
        "The time zone of the server, for rows whose times stand in its clock alone; by default what other rows show.",
        'an IANA time zone: "America/New_York"',
    )
    vicidial_leads: Literal["no", "yes"] = setting(
        "no",
        "Whether a call names its lead_id as its lead, for a CRM whose requests name the same; else its number does.",
        '"no" or "yes"',
    )
    vicidial_transfer_groups: Words = setting(
        [],
        "In-groups that reps hand their own outbound calls to: a row of theirs is part of such a call, not a caller.",
        '["CLOSERS", …], or in the environment with commas; * stands for anything',
    )

    @property
    def vicidial_zone(self) -> ZoneInfo | None:
        """The configured time zone of the server, if there is one."""
        return None if self.vicidial_timezone is None else ZoneInfo(self.vicidial_timezone)
