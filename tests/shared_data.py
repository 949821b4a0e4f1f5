"""Recorded input that lies beside the repository: where it is, or a test that says that it skips."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


def recording(*parts: str) -> Path:
    """Return the path of a recording; skip the test where it is not there."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the recording {'/'.join(parts)} lies beside the repository, and is not there")
    return path
