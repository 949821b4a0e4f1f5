"""Why the broker ended: the line of its logs that explains it, as an error for the user."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from stream.errors import RingboardError

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker.directory import BrokerDirectory

LONGEST = 300  # characters
TAIL = 64 * 1024  # bytes
LEAST_FREE = 64 * 1024  # bytes

# Lines that follow every failure and explain none of them.
_NOISE = re.compile(
    r"^\s*(at |\.\.\. )|^\s*$|^WARNING: |shutting down|Exiting Kafka|controller activation", re.IGNORECASE
)
_SERIOUS = re.compile(r"\b(FATAL|ERROR)\b|Exception|Error:|No space left")
_CAUSE = re.compile(r"^Caused by: (?:[\w.$]+: )?(.+)")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\S+ (?:FATAL|ERROR|WARN|INFO) \S+ ")


def read_output(logs: Path) -> str:
    """Return the last 64 KB of each of the files that Kafka and the Java runtime wrote into the directory `logs`."""
    return "\n".join(_tail(logs / name) for name in ("broker.log", "broker.out"))


def reason_in(output: str) -> str:
    """Return the line that best explains an end, without its time stamp; "" if there is none."""
    lines = output.splitlines()
    causes = [match[1] for line in lines if (match := _CAUSE.match(line))]
    meaningful = [line for line in lines if not _NOISE.search(line)]
    serious = [line for line in meaningful if _SERIOUS.search(line)]
    best = (causes or serious or meaningful or [""])[-1]
    return _STAMP.sub("", best).strip()[:LONGEST]


def explain(what: str, output: str, directory: BrokerDirectory, port: int) -> RingboardError:
    """Return the error for a broker that ended: a known cause found in `output`, else its last meaningful line."""
    root = directory.root
    # On a full disk the log that would say so may be empty.
    if "No space left on device" in output or shutil.disk_usage(root).free < LEAST_FREE:
        return RingboardError(f"{root}: the disk is full; free some space there or name another directory")
    if "Failed to acquire lock on file" in output:
        return RingboardError(f"{root}: another broker is running on this directory; stop it or name another")
    if "Address already in use" in output:
        return RingboardError(f"port {port} was taken while the broker started; start again or choose another port")
    if "AccessDeniedException" in output or "Permission denied" in output:
        return RingboardError(f"{root}: something in this directory cannot be written; correct its permissions")
    return RingboardError(f"{what}: {reason_in(output) or 'it said nothing'} (see {directory.logs})")


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
