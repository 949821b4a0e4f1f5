"""The secrets that senders know: their form, and how one replaces another."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

from stream.settings.fields import Absentable

SHORTEST_SECRET: Final = 16
SECRET_FORM: Final = f"a secret of at least {SHORTEST_SECRET} characters; two with a comma while one replaces the other"


def each_secret(value: SecretStr | None) -> tuple[str, ...]:
    """Return the secrets that a setting holds: two while one replaces the other, none where it is not set."""
    parts = value.get_secret_value().split(",") if value is not None else ()
    return tuple(part.strip() for part in parts if part.strip())


def long_enough(value: SecretStr | None) -> SecretStr | None:
    """Check that each of the secrets in a setting is long enough to be one."""
    if value is not None and any(len(one) < SHORTEST_SECRET for one in each_secret(value)):
        shortest = min(map(len, each_secret(value)))
        raise ValueError(f"a secret of {shortest} characters")
    return value


Secret = Annotated[SecretStr | None, Absentable, AfterValidator(long_enough)]
