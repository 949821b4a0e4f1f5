"""The broker's part of the check: does it answer, are the topics right, whose key is it, and what time has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.errors import BrokerAwayError, RingboardError
from stream.finding import fail, ok, warn
from stream.journeys.events import EventsState
from stream.journeys.floor_state import FloorState
from stream.journeys.spend import SpendState
from stream.kafka.control_topic import FINGERPRINT, Control
from stream.kafka.inspecting import BrokerFailsError, clock_difference_ms, described
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of, missing_key_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.clock import Clock
    from stream.finding import Finding
    from stream.kafka.inspecting import Described
    from stream.kafka.topics import Topic
    from stream.settings.model import Settings

CONFIGS: Final = ("message.timestamp.type", "cleanup.policy")
START: Final = "start one (`ringboard broker`), or set RINGBOARD_BROKER"
CLOCK_WARN_MS: Final = 2_000
CLOCK_FAIL_MS: Final = 60_000


async def check_kafka(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at the broker that `settings` name, and at what is on it."""
    try:
        there = await described(settings.broker, CONFIGS)
    except BrokerAwayError:
        return [fail("broker", f"none answers at {settings.broker}", START)]
    except BrokerFailsError as error:
        return [fail("broker", str(error), START)]
    findings = [ok("broker", f"{settings.broker} answers"), *_topics(settings, there)]
    if topics(settings).control.name in there:
        findings.append(await _key(settings))
        findings.append(await _clock(settings, clock))
    else:
        findings.append(_own_key(settings, None))
        findings.append(
            warn("clock", "not compared with the broker's", "start `ringboard worker` once, then check again")
        )
    return findings


def expected_topics(settings: Settings) -> list[Topic]:
    """Return the topics that a floor has when its worker runs: what it reads and writes, and its changelogs."""
    names = topics(settings)
    sources = ((EventsState, names.events), (FloorState, names.floor), (SpendState, names.spend))
    return [*names, *(names.changelog(table, source) for group, source in sources for table in group.tables)]


def _topics(settings: Settings, there: Described) -> list[Finding]:
    wanted = expected_topics(settings)
    missing = [topic.name for topic in wanted if topic.name not in there]
    findings = [
        finding for topic in wanted if topic.name in there for finding in _topic(topic, *there[topic.name], settings)
    ]
    if missing:
        message = f"{len(missing)} of {len(wanted)} are not there yet: {', '.join(missing)}"
        findings.append(warn("topics", message, "start `ringboard worker`, which creates them"))
    if not findings:
        findings.append(ok("topics", f"all {len(wanted)} are there, with their partitions and settings"))
    return findings


def _topic(topic: Topic, partitions: int, config: Mapping[str, str], settings: Settings) -> list[Finding]:
    what = f"topic {topic.name}"
    findings = []
    if partitions != topic.partitions:
        message = f"{partitions} partitions where {topic.partitions} are needed"
        if topic.partitions == settings.partitions:
            todo = f"set RINGBOARD_PARTITIONS to {partitions}, or another RINGBOARD_APP_ID"
        else:
            todo = "set another RINGBOARD_APP_ID, or have the topic made anew"
        findings.append(fail(what, message, todo))
    for name in CONFIGS:
        has, right = config.get(name), topic.config[name]
        if has is not None and has != right:
            # Retention and compaction go by the time of arrival: by event time, a replay would be deleted at once.
            todo = f"set {name}={right} on it (kafka-configs.sh --alter)"
            findings.append(fail(what, f"{name} is {has} where {right} is needed", todo))
    return findings


async def _key(settings: Settings) -> Finding:
    try:
        known = (await Control(settings.broker, topics(settings).control.name).read_all()).get(FINGERPRINT)
    except RingboardError as error:
        return warn("pseudonym key", f"not compared with the floor's ({type(error).__name__})", "check again")
    return _own_key(settings, known.decode("ascii", "replace") if known else None)


def _own_key(settings: Settings, floor: str | None) -> Finding:
    what = "pseudonym key"
    copy = "set RINGBOARD_PSEUDONYM_KEY, or copy pseudonym.key, from the machine that began"
    path = missing_key_file(settings)
    if path is not None:  # a check makes none
        if floor is None:
            return warn(what, f"none yet; it is made at {path} when first needed", "keep a copy of it once it is there")
        return fail(what, f"none here, and the floor's numbers are under {floor}", copy)
    try:
        identity = identity_of(settings)
    except RingboardError as error:
        return fail(what, str(error), "correct the file, or set RINGBOARD_PSEUDONYM_KEY")
    own = identity.fingerprint()
    if floor is not None and floor != own:
        return fail(what, f"its fingerprint is {own}, the floor's numbers are under {floor}", copy)
    return ok(what, f"fingerprint {own}" + (", as the floor's" if floor else "; the floor has none yet"))


async def _clock(settings: Settings, clock: Clock) -> Finding:
    try:
        off = await clock_difference_ms(settings.broker, topics(settings).control.name, clock)
    except RingboardError as error:
        return warn("clock", f"not compared with the broker's ({error})", "check again")
    if off is None:
        return warn("clock", "not compared: the broker does not stamp records", "see the topics above")
    message = f"{abs(off) / 1000:.1f} s {'behind' if off > 0 else 'ahead of'} the broker's"
    todo = "set this machine's time, or the broker's, by NTP"
    if abs(off) >= CLOCK_FAIL_MS:
        return fail("clock", message, todo)
    return (
        warn("clock", message, todo)
        if abs(off) >= CLOCK_WARN_MS
        else ok("clock", f"within {_within(off)} s of the broker's")
    )


def _within(off_ms: int) -> str:
    return "0.1" if abs(off_ms) <= 100 else f"{abs(off_ms) / 1000:.1f}"  # noqa: PLR2004 - as exact as the way there
