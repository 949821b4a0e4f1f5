"""`make fuzz`: damaged inputs through every reader, way in and fold, by several processes."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.fuzz.fuzzing import Cost, Harm, fuzz, run_one
from tests.fuzz.targets import TARGETS


def fuzzed(name: str, count: int, seed: int) -> tuple[Cost | None, str]:
    """Fuzz a target; return what it cost, None where it was harmed, and what to print."""
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    try:
        cost = fuzz(name, TARGETS[name], count, seed)
    except Harm as harm:
        return None, f"{name}: HARM after {time.monotonic() - began:.0f} s: {harm}"
    return cost, f"{name}: {count} inputs in {time.monotonic() - began:.0f} s, {_said(cost)}"


def _said(cost: Cost) -> str:
    return f"the slowest {cost.slowest_s:.3f} s of CPU, memory {cost.grown / 2**20:+.0f} MiB, {cost.peak >> 20} at most"


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
    began = time.monotonic()
    costs: list[Cost] = []
    each = -(-asked.count // len(names))
    # A process for each target: what one keeps in memory is not taken for another's.
    with ProcessPoolExecutor(asked.processes, max_tasks_per_child=1) as pool:
        for done in as_completed(pool.submit(fuzzed, name, each, asked.seed) for name in names):
            cost, line = done.result()
            costs += [cost] if cost is not None else []
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    unharmed = f"{len(costs)} of {len(names)} targets unharmed by {each * len(names)} inputs"
    sys.stdout.write(f"{unharmed}, in {time.monotonic() - began:.0f} s\n")
    if costs:
        worst = Cost(*(max(getattr(cost, name) for cost in costs) for name in ("slowest_s", "grown", "peak")))
        sys.stdout.write(f"{len(names) - len(costs)} escapes; of all targets {_said(worst)}\n")
    return int(len(costs) < len(names))
