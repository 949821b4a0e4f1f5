"""A free port for a process that a test starts, one that no other test and no client takes meanwhile."""

from __future__ import annotations

import random
import socket

# Below what systems give to outgoing connections, and beside what brokers choose for themselves. Tests that run at the
# same time draw from it at random: that two draw one port before the first of them listens is one chance in thousands.
PORTS = range(10_000, 20_000)


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port between {PORTS[0]} and {PORTS[-1]} is free")
