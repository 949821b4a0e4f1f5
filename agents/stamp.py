"""Which settings the state was made with: the stamp in the control topic, which every worker compares with its own."""

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

STAMP: Final = "stamp"  # its key in the control topic
SCHEMA: Final = "schema"
MEANING: Final = (  # the settings that make other numbers of the same events
    "timezone",
    "min_talk_s",
    "min_talk_s_by_campaign",
    "follow_up_within_h",
    "early_follow_up_h",
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
    """Return the stamp of `settings`: by name a short form of each thing that the state depends on."""
    meaning = {name: getattr(settings, name) for name in MEANING}
    # By what the codes mean, wherever that was said.
    meaning["dispositions"] = settings.known_dispositions
    if settings.legal_pacing is not None:  # left out where it is not set, as in every stamp of before it could be
        meaning["legal_pacing"] = settings.legal_pacing
    return {SCHEMA: str(STATE_SCHEMA)} | {name: _short(value) for name, value in meaning.items()}


def _short(value: Any) -> str:
    """Return a value as it is read, or the digest of a long one."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return text if len(text) <= SHOWN_LENGTH else hashlib.sha256(text.encode()).hexdigest()[:16]


async def check_stamp(control: Control, stamp: Mapping[str, str]) -> None:
    """
    Compare `stamp` with the one of the state, or leave it there if there is none yet.

    Raises:
        RingboardError: the state was made with other settings, or by a version that keeps it in another form; or the
            broker cannot be asked.

    """
    there = (await control.read_all()).get(STAMP)
    if there is None:
        await write_stamp(control, stamp)
        # Two workers may have begun at once. The log has an order: the earlier stamp stands, and is made to.
        there = await control.first(STAMP)
        if there is not None and there != _content(stamp):
            await control.write(STAMP, there)
    was: dict[str, str] = orjson.loads(there) if there is not None else dict(stamp)
    different = [name for name in sorted({*was, *stamp}) if was.get(name) != stamp.get(name)]
    if SCHEMA in different:
        raise RingboardError(
            "the numbers were made by another version of Ringboard "
            f"(schema {was.get(SCHEMA)}, now {stamp.get(SCHEMA)}); stop all workers and run `ringboard rebuild`, "
            "or go back to that version"
        )
    if different:
        raise RingboardError(
            f"the numbers were made with {_told(different, was, stamp)}; set that back, or stop all workers and run "
            "`ringboard rebuild`"
        )


def _told(different: list[str], was: Mapping[str, str], stamp: Mapping[str, str]) -> str:
    pairs = [(name, was.get(name, "nothing"), stamp.get(name, "nothing")) for name in different]
    return ", ".join(
        f"{name} {old} (now {new})" if max(len(old), len(new)) <= SHOWN_LENGTH else f"another {name}"
        for name, old, new in pairs
    )


async def write_stamp(control: Control, stamp: Mapping[str, str]) -> None:
    """
    Put `stamp` in the control topic.

    Raises:
        RingboardError: the broker cannot be asked.

    """
    await control.write(STAMP, _content(stamp))


def _content(stamp: Mapping[str, str]) -> bytes:
    return orjson.dumps(stamp, option=orjson.OPT_SORT_KEYS)
