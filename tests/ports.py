"""A free port for a process that a test starts, one that no other test and no client takes meanwhile."""

from __future__ import annotations

import os
import random
import re
import socket

# Below what systems give to outgoing connections, and beside what brokers choose for themselves. Processes that run
# tests at the same time (pytest-xdist) have each a share of their own, and draw no port twice before all were drawn:
# what a test starts may take seconds until it listens. Another run on the same machine is told apart by chance alone.
PORTS = range(10_000, 20_000)


def _shuffled() -> list[int]:
    place = re.search(r"[0-9]+$", os.environ.get("PYTEST_XDIST_WORKER", ""))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = PORTS[int(place[0]) if place else 0 :: count]
    return random.SystemRandom().sample(share, len(share))


_coming = _shuffled()


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    for _ in range(len(PORTS)):
        if not _coming:
            _coming.extend(_shuffled())
        port = _coming.pop()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port between {PORTS[0]} and {PORTS[-1]} is free")
