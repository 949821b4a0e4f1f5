"""Why the broker ended: the one line of its logs that says it, in words for the user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stream.errors import RingboardError

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 300
TAIL = 64 * 1024

# Lines that follow every failure and explain none of them.
_NOISE = re.compile(
    r"^\s*(at |\.\.\. |Caused by: java\.util\.concurrent)|^\s*$|^WARNING: |shutting down|Exiting Kafka", re.I
)
_SERIOUS = re.compile(r"\b(FATAL|ERROR)\b|Exception|Error:|No space left")
_CAUSE = re.compile(r"^Caused by: (?:[\w.$]+: )?(.+)")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\S+ (?:FATAL|ERROR|WARN|INFO) \S+ ")


def reason_of(logs: Path) -> str:
    """Return the line in the directory `logs` that best explains an end, or an empty text where nothing was said."""
    lines = [line for name in ("broker.log", "broker.out") for line in _tail(logs / name)]
    causes = [match[1] for line in lines if (match := _CAUSE.match(line)) and not _NOISE.match(line)]
    meaningful = [line for line in lines if not _NOISE.search(line)]
    serious = [line for line in meaningful if _SERIOUS.search(line)]
    best = (causes or serious or meaningful or [""])[-1]
    return _STAMP.sub("", best).strip()[:LONGEST]


def storage_failure(directory: Path, said: str, port: int | None = None) -> RingboardError | None:
    """Return the error for a known cause in what Kafka `said`, or None."""
    if "No space left on device" in said:
        return RingboardError(f"{directory}: the disk is full; free some space there or name another directory")
    if "Failed to acquire lock" in said:
        return RingboardError(f"{directory}: another broker is running on this directory; stop it or name another")
    if "Address already in use" in said and port is not None:
        return RingboardError(f"port {port} was taken while the broker started; start again or choose another port")
    if "Permission denied" in said or "AccessDenied" in said:
        return RingboardError(f"{directory}: this directory cannot be written; name one that can, with --dir")
    return None


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
