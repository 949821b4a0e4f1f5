"""Whether the web port is free, and if not, which process listens on it."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

from stream.errors import RingboardError

HOST = "127.0.0.1"
LISTENING = "0A"
LOOK_EVERY_S = 0.1


def need_free(port: int, patience_s: float = 0.0) -> None:
    """
    Wait up to `patience_s` seconds until `port` can be bound on this machine.

    Raises:
        RingboardError: it is still in use then.

    """
    deadline = time.monotonic() + patience_s
    while why := _why_not(port):
        if time.monotonic() >= deadline:
            holder = who_listens(port)
            raise RingboardError(
                f"port {port} is not free ({f'{holder} listens there' if holder else why}): stop that, "
                f"or choose another with --port or RINGBOARD_WEB_PORT"
            )
        time.sleep(LOOK_EVERY_S)


def who_listens(port: int) -> str | None:
    """Return the name and id of the process that listens on `port`; None if unknown (only Linux, own processes)."""
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listeners(table, port)}
    if not sockets:
        return None
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # another user's process, or one that has just ended
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()}, process {process.name},"
    return None


def _why_not(port: int) -> str | None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            return (error.strerror or "it cannot be taken").lower()
    return None


def _listeners(table: str, port: int) -> list[str]:
    try:
        lines = Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []
    fields = (line.split() for line in lines)
    return [one[9] for one in fields if one[3] == LISTENING and int(one[1].rpartition(":")[2], 16) == port]
