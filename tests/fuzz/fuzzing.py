"""Puts damaged input through a target, and says of the first that does harm how it is made again."""

from __future__ import annotations

import contextlib
import gc
import random
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fuzz.mutating import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST_S: Final = 1.0
MOST_GROWTH: Final = 64 * 1024 * 1024
_WARM_UP: Final = 0.3  # of all inputs: caches of bounded size fill meanwhile
_PAGE: Final = 4096
_STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Target:
    """What `run` is given, which must raise nothing: `seeds` that are right, damaged."""

    seeds: Sequence[bytes]
    run: Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a target's inputs cost: CPU seconds of the slowest, bytes that memory grew by, and its greatest size."""

    slowest_s: float
    grown: int
    peak: int


class Harm(AssertionError):  # noqa: N818  it is what a test fails with
    """What an input did that none may do."""


def fuzz(name: str, make: Callable[[], Target], count: int, seed: int) -> Cost:
    """
    Put `count` inputs through the target that `make` makes; return what they cost.

    Input `i` is made of `seed`, the target's name and `i` alone. Raises Harm where one raises, takes too long, or
    memory grows.
    """
    target = make()
    slowest, warm = 0.0, 0
    for number in range(count):
        data = mutated(target.seeds, random.Random(f"{seed} {name} {number}"))
        slowest = max(slowest, run_one(target, data, f"{name}, seed {seed}, input {number}"))
        if number == round(_WARM_UP * count):
            warm = resident()
    grown = resident() - warm if warm else 0
    if grown > MOST_GROWTH:
        raise Harm(f"{name}, seed {seed}: memory grew by {grown / 2**20:.0f} MiB over {count} inputs")
    return Cost(slowest, grown, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def run_one(target: Target, data: bytes, told: str = "an input") -> float:
    """Put `data` through `target`, and return the CPU seconds it took; `told` is what it is called."""
    again = f"{told}: bytes.fromhex({data.hex()!r})" if len(data) < 20_000 else f"{told}: {len(data)} bytes"
    began = time.process_time()
    try:
        target.run(data)
    except Exception as error:
        raise Harm(f"{type(error).__name__}: {error}\n{again}") from error
    took = time.process_time() - began
    if took > LONGEST_S:
        # Once more: what is slow is slow again, what was a collection of garbage is not.
        began = time.process_time()
        with contextlib.suppress(Exception):
            target.run(data)
        took = min(took, time.process_time() - began)
        if took > LONGEST_S:
            raise Harm(f"it took {took:.1f} s of CPU\n{again}")
    return took


def resident() -> int:
    """Return how many bytes of memory this process has now; 0 where the system does not say."""
    gc.collect()
    return int(_STATM.read_text().split()[1]) * _PAGE if _STATM.exists() else 0
