"""A worker gives back to the machine what it has read and folded, and keeps no buffers for a next time."""

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
from stream.settings import Settings

def memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def fetch():
    all_at_once = b"f" * (12 * 2**20)
    del all_at_once
    parts = []
    for _ in range(8):
        parts.append(b"f" * (3 * 2**20))
        kept.append(b"k" * 5000)
    told.append(memory())
    parts.clear()
    told.append(memory())

kept = []
told = []

def make_app(settings):
    told.append(memory())
    thread = threading.Thread(target=fetch)
    thread.start()
    thread.join()
    raise RingboardError("that was all")

key = SecretStr("a key of the tests, and of nothing else")
settings = Settings(pseudonym_key=key, web_port=free_port())
assert run_worker(settings, make_app) == EX_CONFIG
print(*told)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory a process has")
def test_a_worker_gives_back_the_memory_of_what_it_has_fetched() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    before, meanwhile, after = (int(part) for part in done.stdout.split())
    assert meanwhile - before > 20 * MB, "it has had nothing to give back"
    assert after - before < 4 * MB, f"{(after - before) / MB:.0f} MB are left of {(meanwhile - before) / MB:.0f}"
