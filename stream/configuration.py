"""All settings, those of the sources among them, and how a process loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pydantic import create_model

from stream.settings.fields import setting
from stream.settings.loading import load
from stream.settings.model import PROFILE_MEANING, Settings
from stream.sources.registry import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping


def _all_settings() -> type[Settings]:
    profiles: dict[str, Mapping[str, str]] = {"none": {}}
    profiles |= {one.name: one.dispositions() for one in SOURCES if one.dispositions is not None}
    names = [f'"{name}"' for name in profiles]
    groups = tuple(group for one in SOURCES for group in one.settings)
    profile: Any = Literal[tuple(profiles)]
    form = f"{', '.join(names[:-1])} or {names[-1]}"
    made: Any = create_model(
        "Settings",
        __base__=(Settings, *groups),
        __module__=__name__,
        dispositions_profile=(profile, setting("none", PROFILE_MEANING, form)),
    )
    made.profiles = profiles
    made.webhooks = {one.webhook.name: one.webhook.secret for one in SOURCES if one.webhook is not None}
    made.signatures = frozenset(one.name for one in SOURCES if one.signature is not None)
    return cast("type[Settings]", made)


AllSettings: Final = _all_settings()


def load_settings(**given: Any) -> Settings:
    """
    Return the settings; what is `given` (by a command's options, say) stands above all else.

    Raises RingboardError, of one line that names the key and its right form, for the first mistake found.
    """
    return load(AllSettings, given)


def reference() -> str:
    """Return docs/settings.md."""
    from stream.settings.reference import render  # noqa: PLC0415  only the documentation needs it

    return render(AllSettings, first=[name for name in AllSettings.model_fields if name in Settings.__annotations__])


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201
