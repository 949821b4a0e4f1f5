"""What the applications of a dial plan mean for a call: which reach somebody, and which are the system's own voice."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

# Those that ring another party, reached or not; and those that join one where the row names it.
DIALS: Final = frozenset({"dial", "retrydial", "followme", "page"})
JOINS: Final = frozenset({"appdial", "appdial2", "appqueue", "bridge", "stasis", "pickup", "transfer", ""})
QUEUE: Final = "queue"
# The telephone system's own voice: who is answered by it has reached nobody.
VOICEMAIL: Final = frozenset({"voicemail", "voicemailmain", "minivmrecord", "vmauthenticate", "record"})
OWN_VOICE: Final = VOICEMAIL | {
    "agi", "eagi", "deadagi", "fastagi", "background", "backgrounddetect", "playback", "controlplayback", "playtones",
    "saydigits", "saynumber", "read", "readexten", "ivr", "waitexten", "musiconhold", "directory", "echo", "milliwatt",
    "congestion", "busy", "zapateller", "privacymanager", "authenticate", "festival", "flite",
}  # fmt: skip
_AMD: Final = re.compile(r"(?<![A-Za-z])(HUMAN|MACHINE|NOTSURE|FAX)(?![A-Za-z])", re.IGNORECASE)
_SECONDS: Final = re.compile(r"[0-9]{1,6}")
_PATIENCE: Final = 3  # of the arguments after the queue: options, URL, announcement, timeout
_TELLING: Final = 8  # digits at the end of a number, which no prefix of a line changes
_SEPARATORS: Final = re.compile(r"[,|]")

Amd = Literal["human", "machine", "fax", "unknown"]
_WORDS: Final[dict[str, Amd]] = {"HUMAN": "human", "MACHINE": "machine", "FAX": "fax", "NOTSURE": "unknown"}


def amd_of(text: str) -> Amd | None:
    """Return what the detection of answering machines said, where `text` holds its AMDSTATUS."""
    match = _AMD.search(text) if text else None
    return _WORDS[match[1].upper()] if match else None


def same_number(one: str, other: str) -> bool:
    """Return whether two numbers are the same but for what a line wants before them."""
    return one[-_TELLING:] == other[-_TELLING:]


def arguments(data: str) -> list[str]:
    """Return the arguments of an application: `support,,,,20` (or with bars, as older ones write them)."""
    return _SEPARATORS.split(data)


@lru_cache(maxsize=4096)
def queue_and_patience(data: str) -> tuple[str, int | None]:
    """Return the queue that `Queue(data)` puts a caller into, and after how many seconds it gives up."""
    queue, *more = arguments(data)
    match = _SECONDS.fullmatch(more[_PATIENCE].strip()) if len(more) > _PATIENCE else None
    return queue.strip(), int(match[0]) if match else None


def dialled(data: str) -> str:
    """Return the first thing that `Dial(data)` rings: `SIP/provider/0639980001`, `PJSIP/0639980001@provider`."""
    return arguments(data)[0].partition("&")[0].strip()
