"""A worker gives back to the machine what it has fetched, and no thread keeps free memory from the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MB = 2**20
# As in catch-up: a thread fetches much at once, then partition by partition, and of each a little is kept.
PROGRAM = """
import os, threading
from pathlib import Path
from pydantic import SecretStr
from agents.exits import EX_CONFIG
from agents.worker import run_worker
from benchmarks.ports import free_port
from stream.errors import RingboardError
from stream.settings.model import Settings

def memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def fetch():
    all_at_once = b"f" * (12 * 2**20)
    del all_at_once
    parts = []
    for _ in range(8):
        parts.append(b"f" * (3 * 2**20))
        kept.append(b"k" * 5000)
    measured.append(memory())
    parts.clear()
    measured.append(memory())
    blocks = [b"b" * 100_000 for _ in range(200)]
    kept.append(b"k" * 5000)
    measured.append(memory())
    blocks.clear()

kept = []
measured = []

def make_app(settings):
    measured.append(memory())
    thread = threading.Thread(target=fetch)
    thread.start()
    thread.join()
    blocks = [b"b" * 100_000 for _ in range(200)]
    measured.append(memory())
    raise RingboardError("that was all")

key = SecretStr("a key of the tests, and of nothing else")
settings = Settings(pseudonym_key=key, web_port=free_port())
assert run_worker(settings, make_app) == EX_CONFIG
print(*measured)
"""


@pytest.fixture(scope="module")
def memory() -> list[int]:
    """Run a worker, and tell how much memory it has at each step of the program."""
    if sys.platform != "linux":
        pytest.skip("asks Linux how much memory a process has")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return [int(part) for part in done.stdout.split()]


def test_a_worker_gives_back_the_memory_of_what_it_has_fetched(memory: list[int]) -> None:
    before, meanwhile, after, *_ = memory
    assert meanwhile - before > 20 * MB, "it has had nothing to give back"
    assert after - before < 4 * MB, f"{(after - before) / MB:.0f} MB are left of {(meanwhile - before) / MB:.0f}"


def test_what_one_thread_has_freed_serves_another(memory: list[int]) -> None:
    *_, held_by_one, held_by_another = memory
    more = held_by_another - held_by_one
    assert more < 4 * MB, f"{more / MB:.0f} MB more for the same again"
