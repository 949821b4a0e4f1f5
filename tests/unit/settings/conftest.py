"""What every test of settings begins with: none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no file but those of the test."""
    for name in list(os.environ):
        if name.upper().startswith("RINGBOARD_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
