"""Runs a command of Ringboard as its user does, with no other settings than those given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from click.testing import CliRunner

from stream.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WITHIN_S: Final = 280.0  # on a machine with much else to do; the command itself says what it can within seconds
_ENTRY: Final = "from stream.cli import main; main()"


class Ended(NamedTuple):
    """How a command ended: its code, and all that it wrote."""

    code: int
    out: str
    err: str

    @property
    def checks(self) -> dict[str, dict[str, str]]:
        """What `ringboard check --json` found, by what it looked at."""
        found: Any = json.loads(self.out)
        return {one["what"]: one for one in found["checks"]}


def environment(settings: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of a process with these settings, and no others of Ringboard's."""
    clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("RINGBOARD_")}
    return clean | {"RINGBOARD_DATA_DIR": str(folder), "RINGBOARD_CONFIG": ""} | dict(settings)


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-c", _ENTRY, *words]


def ringboard_here(settings: Mapping[str, str], folder: Path, *words: str) -> Ended:
    """Run a command in this process: the same, without a second for its imports."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().startswith("RINGBOARD_"):
                patch.delenv(name)
        for name, value in environment(settings, folder).items():
            patch.setenv(name, value)
        patch.chdir(folder)
        done = CliRunner().invoke(main, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def ringboard(settings: Mapping[str, str], folder: Path, *words: str) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(
        command(*words),
        env=environment(settings, folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def python(settings: Mapping[str, str], folder: Path, code: str) -> Ended:
    """Run some Python to its end."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment(settings, folder),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
