"""The settings of a database that is followed: where it is, which tables, how often and how far back."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  pydantic reads the annotations
from typing import Annotated, Literal

from pydantic import BaseModel, FiniteFloat, SecretStr

from stream.settings.fields import Absentable, Words, setting


class SqlSettings(BaseModel):
    """The database that `ringboard connect sql` reads, and what it costs that."""

    sql_url: Annotated[SecretStr | None, Absentable] = setting(
        None,
        "The database, with a user that may only read, and its password (signs such as @ and / in it as %40 and %2F).",
        '"mysql://user:password@host/database" or "postgresql://user:password@host/database"',
    )
    sql_tables: Words = setting(
        [],
        "The tables to follow: by a name that is known (cdr, cel, queue_log, …), by TABLE=LAYOUT where yours is called "
        "something else, or by TABLE=MAPPING.toml@COLUMN: COLUMN is a number or time that says which row is newer. "
        "Several tables that tell of the same calls count these once.",
        '["cdr", "my_calls=our-calls.toml@changed_at"], or in the environment with commas',
    )
    sql_every_s: FiniteFloat = setting(5.0, "How often to look for new rows.", "seconds from 1 to 3600", ge=1, le=3600)
    sql_window_h: FiniteFloat = setting(
        24.0,
        "How old a row may be when it comes or changes: so much is read again, the newest often, the oldest seldom.",
        "hours from 1 to 168",
        ge=1,
        le=168,
    )
    sql_begin_days: FiniteFloat = setting(
        30.0, "How far back to begin with a table that was never read.", "days from 0 to 3650", ge=0, le=3650
    )
    sql_tls: Literal["no", "yes"] = setting(
        "no", "Whether the database is reached over TLS, and its certificate verified.", '"no" or "yes"'
    )
    sql_tls_ca: Annotated[Path | None, Absentable] = setting(
        None,
        "The authorities (PEM) that its certificate comes from; by default those that the machine trusts.",
        "a file",
    )
