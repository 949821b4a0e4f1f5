"""Reading the settings from the environment and the file, and one line for what is wrong there."""

from __future__ import annotations

import difflib
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from stream.errors import RingboardError
from stream.events.describe import kind_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails
    from pydantic_settings import BaseSettings

ENV_PREFIX = "RINGBOARD_"
CONFIG_ENV = "RINGBOARD_CONFIG"
CONFIG_FILE = "ringboard.toml"

# Kubernetes puts these beside every container, for each service: they are none of ours.
_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_[0-9]+_(TCP|UDP|SCTP)(_|$)")

AnySettings = TypeVar("AnySettings", bound="BaseSettings")


def config_file() -> Path:
    """Return the file the settings are read from, which need not exist."""
    return Path(os.environ.get(CONFIG_ENV) or CONFIG_FILE)


def data_folder() -> Path:
    """Return the folder of Ringboard in the user's data folder, by the custom of the platform."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "ringboard"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "ringboard"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ringboard"


def cache_folder() -> Path:
    """Return the folder of Ringboard in the user's cache, by the custom of the platform: what can be fetched again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "ringboard" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ringboard"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringboard"


def load(cls: type[AnySettings], given: Mapping[str, Any]) -> AnySettings:
    """Return the settings, or raise RingboardError of one line for the first mistake."""
    _refuse_unknown_variables(cls)
    in_file = _read_file()
    try:
        return cls(**given)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        line = _line(cls, mistakes[0], given, in_file)
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        raise RingboardError(line + more) from None


def _refuse_unknown_variables(cls: type[BaseSettings]) -> None:
    known = {CONFIG_ENV, *(ENV_PREFIX + name.upper() for name in cls.model_fields)}
    for name, value in sorted(os.environ.items()):
        upper = name.upper()
        linked = _OF_KUBERNETES.search(upper) or (upper.endswith("_PORT") and value.startswith(("tcp://", "udp://")))
        if upper.startswith(ENV_PREFIX) and upper not in known and not linked:
            raise RingboardError(f"{name}: no such setting{_did_you_mean(upper, known)}; see docs/settings.md")


def _read_file() -> Mapping[str, Any]:
    path = config_file()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if os.environ.get(CONFIG_ENV):
            raise RingboardError(f"{CONFIG_ENV}: there is no file {path}; name one, or leave it unset") from None
        return {}
    except OSError as error:
        raise RingboardError(f"{path}: cannot be read ({error.strerror}); make it readable, or remove it") from None
    except UnicodeDecodeError:
        raise RingboardError(f"{path}: not UTF-8; write it as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)$", str(error))
        raise RingboardError(
            f"{path}: not TOML {place[0] if place else ''}; correct it there".replace("  ", " ")
        ) from None


def _line(cls: type[BaseSettings], mistake: ErrorDetails, given: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    if not mistake["loc"]:  # settings that do not go together: the text is all ours
        return str(mistake["ctx"]["error"])
    key = str(mistake["loc"][0])
    name = _place(key, given, in_file)
    if mistake["type"] == "extra_forbidden":
        return f"{name}: no such setting{_did_you_mean(key, set(cls.model_fields))}; see docs/settings.md"
    field = cls.model_fields[key]
    extra = field.json_schema_extra
    form = extra["form"] if isinstance(extra, dict) else ""
    secret = "Secret" in str(field.annotation)
    if mistake["type"] == "value_error":
        wrong = str(mistake["ctx"]["error"])
    else:
        wrong = f"got {kind_of(mistake['input']) if secret else shape_of(mistake['input'])}"
    return f"{name}: {wrong}; write {form}"


def _place(key: str, given: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    """Return a key as the user wrote it: the variable, or the file and the key."""
    variable = ENV_PREFIX + key.upper()
    if key in given:
        return key
    if any(name.upper() == variable and value for name, value in os.environ.items()):
        return variable
    return f"{config_file()}: {key}" if key in in_file else key


def _did_you_mean(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
