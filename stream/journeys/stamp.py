"""The stamp in the control topic: the settings that the state was made with; every worker compares it with its own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import orjson

from stream.errors import RingboardError
from stream.journeys.state_schema import STATE_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.kafka.control_topic import Control
    from stream.settings.model import Settings

STAMP: Final = "stamp"  # the key of its record in the control topic
SCHEMA: Final = "schema"
MEANING: Final = (  # the settings under which the same events give other numbers
    "timezone",
    "min_talk_s",
    "min_talk_s_by_campaign",
    "follow_up_within_h",
    "early_follow_up_h",
    "lead_cold_days",
    "risk_days",
    "opening_hours",
    "holidays_country",
    "dispositions",
    "service_level_s",
    "service_level_formula",
    "journey_days",
    "journey_events",
    "ahead_limit_h",
)
SHOWN_LENGTH: Final = 40


def stamp_of(settings: Settings) -> dict[str, str]:
    """Return the stamp of `settings`: a short form of each value that the state depends on, by name."""
    meaning = {name: getattr(settings, name) for name in MEANING}
    # By what the codes mean, whichever setting says so.
    meaning["dispositions"] = settings.known_dispositions
    if settings.legal_pacing is not None:  # stamps written before this setting existed lack it
        meaning["legal_pacing"] = settings.legal_pacing
    return {SCHEMA: str(STATE_SCHEMA)} | {name: _short(value) for name, value in meaning.items()}


def _short(value: Any) -> str:
    """Return `value` as JSON, or the digest of a long one."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return text if len(text) <= SHOWN_LENGTH else hashlib.sha256(text.encode()).hexdigest()[:16]


async def check_stamp(control: Control, stamp: Mapping[str, str]) -> None:
    """
    Compare `stamp` with the stamp of the state, or write it if there is none yet.

    A stamp that is not signed is that of an earlier version, or a stranger's: if it agrees with `stamp`, that is
    written anew, and signed; if not, this worker does not start.

    Raises:
        RingboardError: the state was made with other settings, or by a version with another form of state; or the
            broker does not answer.

    """
    there = (await control.read_all()).get(STAMP)
    unsigned = await control.anybodys(STAMP) if there is None else []
    if unsigned:
        there = unsigned[-1].value
        if _read(there) == dict(stamp):
            await write_stamp(control, stamp)
    elif there is None:
        await write_stamp(control, stamp)
        # Two workers may start at once: the stamp that comes first in the log is the one that holds.
        there = await control.first(STAMP)
        if there is not None and there != content_of(stamp):
            await control.write(STAMP, there)
    if there is not None:
        _compare(there, stamp)


async def compare_stamp(control: Control, stamp: Mapping[str, str]) -> bool:
    """
    Return whether the state has a stamp, which is `stamp`; write nothing.

    Raises:
        RingboardError: a worker with `stamp` would refuse to start, as `check_stamp` says; or the broker does not
            answer.

    """
    there = (await control.read_all()).get(STAMP)
    if there is None:
        unsigned = await control.anybodys(STAMP)
        there = unsigned[-1].value if unsigned else None
    if there is None:
        return False
    _compare(there, stamp)
    return True


def _compare(there: bytes, stamp: Mapping[str, str]) -> None:
    was = _read(there)
    different = [name for name in sorted({*was, *stamp}) if was.get(name) != stamp.get(name)]
    if SCHEMA in different:
        raise RingboardError(
            "the numbers were made by another version of Ringboard "
            f"(schema {was.get(SCHEMA)}, now {stamp.get(SCHEMA)}); stop all workers and run `ringboard rebuild`, "
            "or go back to that version"
        )
    if different:
        raise RingboardError(
            f"the numbers were made with {_listed(different, was, stamp)}; set that back, or stop all workers and run "
            "`ringboard rebuild`"
        )


def _read(value: bytes) -> dict[str, str]:
    try:
        was = orjson.loads(value)
    except orjson.JSONDecodeError:
        was = None
    if not isinstance(was, dict) or not all(isinstance(text, str) for text in was.values()):
        raise RingboardError(
            f"the record {STAMP!r} of the control topic is no stamp of settings; stop all workers and run "
            "`ringboard rebuild`"
        )
    return was


def _listed(different: list[str], was: Mapping[str, str], stamp: Mapping[str, str]) -> str:
    pairs = [(name, was.get(name, "nothing"), stamp.get(name, "nothing")) for name in different]
    return ", ".join(
        f"{name} {old} (now {new})" if max(len(old), len(new)) <= SHOWN_LENGTH else f"another {name}"
        for name, old, new in pairs
    )


async def write_stamp(control: Control, stamp: Mapping[str, str]) -> None:
    """
    Write `stamp` to the control topic.

    Raises:
        RingboardError: the broker does not answer.

    """
    await control.write(STAMP, content_of(stamp))


def content_of(stamp: Mapping[str, str]) -> bytes:
    """Return the value of the record of `stamp`."""
    return orjson.dumps(stamp, option=orjson.OPT_SORT_KEYS)
