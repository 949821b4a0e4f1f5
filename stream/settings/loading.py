"""Reading the settings from the environment and the file, and one line for what is wrong there."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args, get_origin

from pydantic import ValidationError

from stream.errors import RingboardError
from stream.events.describe import kind_of, shape_of
from stream.settings import validators
from stream.settings.secret_files import SUFFIX, secret_names, secrets_from_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails
    from pydantic_settings import BaseSettings

ENV_PREFIX = "RINGBOARD_"
CONFIG_ENV = "RINGBOARD_CONFIG"
CONFIG_FILE = "ringboard.toml"

# Kubernetes puts these beside every container, for each service: they are none of ours.
_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_[0-9]+_(TCP|UDP|SCTP)(_|$)")

_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_OF_NUMBERS: Final = ("int_", "float_", "greater_", "less_", "finite_")
_OF_KEYS: Final = {"missing": "missing", "extra_forbidden": "no such key"}
_OF_PERSONS: Final = ("_reps", "_names")
"""The tables whose keys may be names of people."""

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
    from_files = secrets_from_files(cls, ENV_PREFIX)
    try:
        return cls(**{**from_files, **given})
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        line = _line(cls, mistakes[0], given, in_file)
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        raise RingboardError(line + more) from None


def wanted_alone(key: str) -> str | None:
    """Return what the environment or the file says of one setting, whatever is wrong with the others, or with it."""
    variable = ENV_PREFIX + key.upper()
    found = next((value for name, value in os.environ.items() if name.upper() == variable and value), None)
    if found is not None:
        return found
    try:
        value = _read_file().get(key)
    except RingboardError:
        return None
    return value if isinstance(value, str) else None


def _refuse_unknown_variables(cls: type[BaseSettings]) -> None:
    known = {CONFIG_ENV, *(ENV_PREFIX + name.upper() for name in cls.model_fields)}
    known |= {ENV_PREFIX + name.upper() + SUFFIX for name in secret_names(cls)}
    for name, value in sorted(os.environ.items()):
        upper = name.upper()
        linked = _OF_KUBERNETES.search(upper) or (upper.endswith("_PORT") and value.startswith(("tcp://", "udp://")))
        if upper.startswith(ENV_PREFIX) and upper not in known and not linked:
            raise RingboardError(
                f"{name}: no such setting{validators.did_you_mean(upper, known)}; see docs/settings.md"
            )


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
    if mistake["type"] == "extra_forbidden" and len(mistake["loc"]) == 1:
        return f"{name}: no such setting{validators.did_you_mean(key, set(cls.model_fields))}; see docs/settings.md"
    field = cls.model_fields[key]
    extra = field.json_schema_extra
    form = extra["form"] if isinstance(extra, dict) else ""
    place = _within(key, mistake["loc"][1:], table=_is_table(field.annotation))
    return f"{name}{place}: {_wrong(mistake, secret=key in secret_names(cls))}; write {form}"


def _wrong(mistake: ErrorDetails, *, secret: bool) -> str:
    """Return what is wrong with a value, by its shape; a number is shown where one belongs, unless it is secret."""
    kind, value = mistake["type"], mistake["input"]
    if kind == "value_error":
        return str(mistake["ctx"]["error"])
    if mistake["loc"][-1] == "[key]":
        return "no name that may stand here"
    if kind in _OF_KEYS:
        return _OF_KEYS[kind]
    number = isinstance(value, str) and _NUMBER.fullmatch(value) and kind.startswith(_OF_NUMBERS)
    return f"got {kind_of(value) if secret else value if number else shape_of(value)}"


def _is_table(annotation: Any) -> bool:
    return annotation is dict or get_origin(annotation) is dict or any(map(_is_table, get_args(annotation)))


def _within(key: str, parts: tuple[int | str, ...], *, table: bool) -> str:
    """Return where in a table or a list the mistake is; a name that may be a person's is not repeated."""
    shown = []
    for part in parts:
        if isinstance(part, int):
            shown.append(f"entry {part + 1}")
        elif table and part != "[key]":
            plain = validators.is_code(part) and not key.endswith(_OF_PERSONS)
            shown.append(part if plain else "one of its entries")
    return "".join(f", {one}" for one in shown)


def _place(key: str, given: Mapping[str, Any], in_file: Mapping[str, Any]) -> str:
    """Return a key as the user wrote it: the variable, or the file and the key."""
    variable = ENV_PREFIX + key.upper()
    if key in given:
        return key
    for name in (variable, variable + SUFFIX):
        if any(one.upper() == name and value for one, value in os.environ.items()):
            return name
    return f"{config_file()}: {key}" if key in in_file else key
