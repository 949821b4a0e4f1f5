"""The settings of how files and telephone systems write text and dates, where that is not to be seen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel

from stream.settings import validators
from stream.settings.fields import Absentable, setting


class TextSettings(BaseModel):
    """How text and dates are written that are not UTF-8, or not clear by themselves."""

    text_encoding: Annotated[str | None, Absentable, AfterValidator(validators.encoding)] = setting(
        None,
        "The encoding of names and other text, in files and from telephone systems, where it is not UTF-8; by default "
        "Windows-1252.",
        'an encoding that Python knows: "cp1252", "cp850", "iso8859-15"',
    )
    date_order: Literal["clear", "day-first", "month-first"] = setting(
        "clear",
        "How dates as 2/3/2026 are read in telephone systems' logs; clear: as the ids in the file, or a day after the "
        "12th in it, show.",
        '"clear", "day-first" or "month-first"',
    )
