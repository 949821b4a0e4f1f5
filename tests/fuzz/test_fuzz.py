"""Damaged input goes through every reader, way in and fold: nothing escapes, hangs, or keeps memory."""

from __future__ import annotations

import random
import time
from functools import cache
from mmap import mmap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzzing import LONGEST_S, Harm, Target, fuzz, run_one
from tests.fuzz.mutating import mutated
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable

INPUTS = 50_000
SEED = 20_261_129


@cache
def target(name: str) -> Target:
    return TARGETS[name]()


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_does_no_harm(name: str) -> None:
    fuzz(name, TARGETS[name], INPUTS // len(TARGETS) + 1, SEED)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_do_no_harm(name: str, data: bytes) -> None:
    run_one(target(name), data)


def _raises(_data: bytes) -> None:
    raise LookupError("no")


def _hangs(_data: bytes) -> None:
    began = time.process_time()
    while time.process_time() - began < 1.2 * LONGEST_S:
        pass


def _hoards(kept: list[mmap]) -> Callable[[bytes], None]:
    def run(_data: bytes) -> None:
        pages = mmap(-1, 2**20)  # of its own: memory that earlier tests have freed would hide the growth
        pages.write(b"x" * len(pages))
        kept.append(pages)

    return run


@pytest.mark.parametrize(("run", "count", "told"), [(_raises, 1, "LookupError: no"), (_hangs, 1, "s of CPU")])
def test_what_does_harm_is_told_with_its_input(run: Callable[[bytes], None], count: int, told: str) -> None:
    with pytest.raises(Harm, match=told) as harm:
        fuzz("x", lambda: Target([b"seed"], run), count, 1)
    data = bytes.fromhex(str(harm.value).partition("fromhex('")[2].partition("'")[0])
    assert data == mutated([b"seed"], random.Random("1 x 0"))


def test_what_keeps_its_input_is_told() -> None:
    kept: list[mmap] = []
    with pytest.raises(Harm, match="memory grew"):
        fuzz("x", lambda: Target([b"seed"], _hoards(kept)), 200, 1)
