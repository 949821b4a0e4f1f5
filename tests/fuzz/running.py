"""`make fuzz`: damaged inputs through every reader, way in and fold, by several processes."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.fuzz.fuzzing import Harm, fuzz, run_one
from tests.fuzz.targets import TARGETS


def fuzzed(name: str, count: int, seed: int) -> tuple[bool, str]:
    """Fuzz a target; return whether it is unharmed, and what to print."""
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    try:
        slowest = fuzz(name, TARGETS[name], count, seed)
    except Harm as harm:
        return False, f"{name}: HARM after {time.monotonic() - began:.0f} s: {harm}"
    return True, f"{name}: {count} inputs in {time.monotonic() - began:.0f} s, the slowest {slowest:.3f} s of CPU"


def main() -> int:
    """Run what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs, shared among the targets")
    parser.add_argument("--seed", type=int, default=1, help="what the inputs are made of")
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this one (may be given again)")
    parser.add_argument("--hex", help="one input, as a failure shows it, for the only target")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at a time")
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    if asked.hex is not None:
        run_one(TARGETS[names[0]](), bytes.fromhex(asked.hex))
        return 0
    began, unharmed = time.monotonic(), 0
    each = -(-asked.count // len(names))
    # A process for each target: what one keeps in memory is not taken for another's.
    with ProcessPoolExecutor(asked.processes, max_tasks_per_child=1) as pool:
        for done in as_completed(pool.submit(fuzzed, name, each, asked.seed) for name in names):
            fine, line = done.result()
            unharmed += fine
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    took = time.monotonic() - began
    sys.stdout.write(f"{unharmed} of {len(names)} targets unharmed by {each * len(names)} inputs, in {took:.0f} s\n")
    return int(unharmed < len(names))
