"""The settings of 3CX: its clock, the columns of its call detail records, and what its extensions are called."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from stream.settings.fields import Absentable, Names, Words, Zone, setting


class ThreecxSettings(BaseModel):
    """How call detail records of 3CX are read."""

    threecx_timezone: Annotated[Zone | None, Absentable] = setting(
        None,
        "The time zone of the times in 3CX's records, which have no offset; by default the floor's.",
        'an IANA time zone: "UTC"',
    )
    threecx_cdr_columns: Words = setting(
        [],
        "The columns of 3CX's records as its page of CDR output fields has them, where it is an order of your own.",
        '["historyid", "time-start", …], or in the environment with commas',
    )
    threecx_names: Names = setting(
        {},
        "Names for 3CX's extensions (reps), queues and ring groups, by number; by default those that it writes.",
        '{"201" = "rep-04", "800" = "sales", …}',
    )

    @property
    def threecx_zone(self) -> ZoneInfo | None:
        """The configured time zone of the records, if there is one."""
        return None if self.threecx_timezone is None else ZoneInfo(self.threecx_timezone)
