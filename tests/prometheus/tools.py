"""The programs of Prometheus and Alertmanager that tests run, where this machine has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(sys.executable).parent
# `make test-current` names a folder here: its programs and no others.
CURRENT = os.environ.get("TEST_PROGRAMS")


def program(name: str) -> str:
    """Find `name` beside this Python or on the PATH, or in CURRENT alone; without it the test is skipped."""
    if CURRENT is not None:
        return str(Path(CURRENT) / name)
    found = shutil.which(name, path=str(HERE)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: make prometheus")
    return found


def run(name: str, *arguments: str | Path) -> str:
    """Run a program that must succeed, and return all that it says."""
    done = subprocess.run([program(name), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
