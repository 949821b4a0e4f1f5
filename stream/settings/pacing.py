"""The setting of legal pacing: a profile of how often and when a lead may be called. It is no legal advice."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel

from stream.settings.fields import Absentable, setting


class PacingSettings(BaseModel):
    """Which profile the attempts are held to."""

    legal_pacing: Annotated[Literal["FR"] | None, Absentable] = setting(
        None,
        "The profile of legal pacing that attempts are measured by; none: they are not. FR: for one lead at most 4 "
        "attempts in 30 days, Monday to Friday from 10 to 13 and 14 to 20 h but on no holiday, and none for 60 days "
        "after a refusal. It counts, and stops nobody; it is no legal advice.",
        '"FR" or "none"',
    )
