"""The copy of `ringboard.toml` in a back-up: with it a floor is set up again as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from stream.backup.segments import write_file
from stream.settings.loading import CONFIG_FILE, config_file

if TYPE_CHECKING:
    from pathlib import Path

Copied = Literal["copied", "no file", "has the key"]

_KEY: Final = re.compile(rb"^\s*[\"']?pseudonym_key[\"']?\s*=", re.MULTILINE)


def copy_settings(folder: Path) -> Copied:
    """
    Copy the file of the settings to `folder`, for its owner alone, and return whether that was done.

    A file that has the key of the pseudonyms stays out: with the key beside them they can be led back to numbers.
    """
    path = config_file()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "no file"
    if _KEY.search(content):
        return "has the key"
    write_file(folder / CONFIG_FILE, content)
    return "copied"
