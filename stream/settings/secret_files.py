"""Secrets in files of their own, as an orchestrator mounts them: `RINGBOARD_…_FILE` in place of the value."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel, SecretStr

from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_settings import BaseSettings

SUFFIX: Final = "_FILE"
_LARGEST: Final = 1 << 20
_FORM: Final = "name a file that holds the secret alone"


def secret_names(cls: type[BaseSettings]) -> list[str]:
    """Return the keys of the settings that hold a secret, or several."""
    return [name for name, field in cls.model_fields.items() if _holds_secret(field.annotation)]


def secrets_from_files(cls: type[BaseSettings], prefix: str) -> dict[str, str]:
    """
    Return the secrets whose files the environment names, by their keys; one line break at the end is left out.

    Raises:
        RingboardError: a file cannot be read, is empty or no text, or the secret itself is set too.

    """
    return {
        key: _read(variable, path)
        for key in secret_names(cls)
        for variable, path in _set(os.environ, f"{prefix}{key.upper()}{SUFFIX}")
        if not _refuse_both(prefix + key.upper(), variable)
    }


def with_key(given: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a table whose secret `key` is in a file (`key_file`) or a variable (`key_env`) with the secret itself.

    Raises ValueError where it is in several places, or cannot be read.
    """
    table = dict(given)
    places = [name for name in ("key", "key_file", "key_env") if name in table]
    if len(places) > 1:
        raise ValueError(f"{places[1]}: set, and {places[0]} too; set one of the two")
    if "key_file" in table:
        try:
            table["key"] = _read("key_file", str(table.pop("key_file")))
        except RingboardError as error:
            raise ValueError(str(error)) from None
    elif "key_env" in table:
        name = str(table.pop("key_env"))
        if name.upper().startswith("RINGBOARD_") or not os.environ.get(name):
            raise ValueError(
                "key_env: not set in the environment, or begins with RINGBOARD_; name a variable that has it"
            )
        table["key"] = os.environ[name]
    return table


def _refuse_both(variable: str, of_file: str) -> bool:
    if any(_set(os.environ, variable)):
        raise RingboardError(f"{of_file}: set, and {variable} too; set one of the two")
    return False


def _set(environment: Mapping[str, str], variable: str) -> Iterator[tuple[str, str]]:
    """Yield the variable as it is written, and its value, where it is set: Windows and pydantic mind no case."""
    return ((name, value) for name, value in environment.items() if name.upper() == variable and value)


def _read(variable: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise RingboardError(f"{variable}: {path} cannot be read ({error.strerror}); {_FORM}") from None
    if len(content) > _LARGEST:
        raise RingboardError(f"{variable}: {path} is larger than a secret can be; {_FORM}")
    try:
        secret = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise RingboardError(f"{variable}: {path} is not UTF-8; {_FORM}") from None
    if not secret.strip():
        raise RingboardError(f"{variable}: {path} is empty; {_FORM}")
    return secret


def _holds_secret(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_holds_secret(field.annotation) for field in annotation.model_fields.values())
    return annotation is SecretStr or any(_holds_secret(part) for part in get_args(annotation))
