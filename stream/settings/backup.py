"""The settings of back-ups: where they are, and how old one may be; only `ringboard check` looks at them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it
from typing import Annotated

from pydantic import BaseModel, Field, FiniteFloat

from stream.settings.fields import Absentable, setting


class BackupSettings(BaseModel):
    """Where `ringboard backup` keeps its back-up."""

    backup_dir: Annotated[Path | None, Absentable] = setting(
        None,
        "The folder that `ringboard backup` writes to, where `ringboard check` is to look how old it is.",
        'a folder: "/mnt/backup/ringboard"',
    )
    backup_every_h: Annotated[FiniteFloat, Field(gt=0, le=8760)] = setting(
        24.0,
        "Hours after which a back-up in `backup_dir` is too old.",
        "hours, more than 0 and up to 8760",
    )
