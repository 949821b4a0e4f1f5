"""The bench measures the memory in use: small objects and large ones."""

from __future__ import annotations

import ctypes

import pytest

from benchmarks.heap import in_use

MB = 2**20


@pytest.fixture(autouse=True)
def _glibc() -> None:
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("needs glibc's mallinfo2")


def test_it_grows_by_small_objects_and_shrinks_when_they_are_freed() -> None:
    before = in_use()
    small = [str(number).zfill(40) for number in range(100_000)]
    assert 9 * MB < in_use() - before < 12 * MB
    del small
    assert in_use() - before < MB


def test_it_grows_by_a_large_object() -> None:
    before = in_use()
    large = bytes(50 * MB)
    assert 50 * MB <= in_use() - before < 51 * MB
    del large
    assert in_use() - before < MB
