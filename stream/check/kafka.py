"""The broker's part of the check: does it answer, are the topics right, whose key is it, and what time has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.check.state import check_stamp, check_state, sources_and_tables
from stream.errors import BrokerAwayError, RefusedError, RingboardError
from stream.finding import fail, ok, warn
from stream.kafka.authorised import lacking
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import compare_fingerprint, known_fingerprint
from stream.kafka.create_topics import may_not_create
from stream.kafka.fitting import CONFIGS, misfits
from stream.kafka.inspecting import BrokerFailsError, clock_difference_ms, described
from stream.kafka.rights import refusal, rights_of, rights_to_create
from stream.kafka.topics import topics
from stream.logs.words import BROKER, away
from stream.privacy.identity import identity_of, missing_key_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.clock import Clock
    from stream.finding import Finding
    from stream.kafka.connection import Connection
    from stream.kafka.inspecting import Described
    from stream.kafka.rights import Process, Right
    from stream.kafka.topics import Topic
    from stream.settings.model import Settings

START: Final = "start one (`ringboard broker`), or set RINGBOARD_BROKER"
_KEY: Final = "pseudonym key"
CLOCK_WARN_MS: Final = 2_000
CLOCK_FAIL_MS: Final = 10_000  # beyond, other workers do not believe what this one announces


async def check_kafka(settings: Settings, clock: Clock, process: Process = "worker") -> list[Finding]:
    """Look at the broker that `settings` name, at what is on it, and whether `process` may do what it has to."""
    try:
        connection = connection_of(settings)
    except RingboardError as error:
        return [fail("broker", *_parts(error))]
    wanted = expected_topics(settings)
    names = [topic.name for topic in wanted]
    rights = rights_of(process, topics(settings))
    try:
        there = await described(connection, names, CONFIGS)
        missing_rights = await lacking(connection, rights, names)
    except BrokerAwayError as error:
        return [fail("broker", away(BROKER, error.what), error.todo or START)]
    except RefusedError as error:
        return [fail("broker", error.what, error.todo or START)]
    except BrokerFailsError as error:
        return [fail("broker", away(BROKER, str(error)), START)]
    findings = [_answers(settings), *_rights(connection, process, missing_rights)]
    # Of the others a login may not even see whether they are there.
    seen = [topic for topic in wanted if any(one.resource == "topic" and one.covers(topic.name) for one in rights)]
    try:
        findings += await _topics(settings, connection, seen, there, missing_rights)
    except RingboardError as error:
        findings.append(warn("topics", f"not looked at ({error})", "check again"))
    if topics(settings).control.name not in there:
        return [
            *findings,
            _own_key(settings, None),
            warn("clock", "not compared with the broker's", "start `ringboard worker` once, then check again"),
        ]
    findings.append(await _key(settings, connection))
    if findings[-1].state == "ok":  # under another key nothing there can be believed
        findings.append(await check_stamp(settings, identity_of(settings)))
    return [*findings, *await check_state(settings, there), await _clock(settings, clock)]


def _answers(settings: Settings) -> Finding:
    if settings.broker_security == "SASL_PLAINTEXT" and settings.broker_sasl in {"PLAIN", "OAUTHBEARER"}:
        return warn(
            "broker",
            f"{settings.broker} answers; {settings.broker_sasl} over SASL_PLAINTEXT can be read on the way",
            "set RINGBOARD_BROKER_SECURITY to SASL_SSL, or log in by SCRAM",
        )
    return ok("broker", f"{settings.broker} answers")


def _parts(error: RingboardError) -> tuple[str, str]:
    what, _, todo = str(error).rpartition("; ")
    return what, todo


def expected_topics(settings: Settings) -> list[Topic]:
    """Return the topics that a floor has when its worker runs: what it reads and writes, and its changelogs."""
    return [*topics(settings), *(table for _, _, tables in sources_and_tables(settings) for table in tables)]


def _rights(connection: Connection, process: Process, missing: Sequence[Right]) -> list[Finding]:
    if not missing:
        return [ok("rights", f"all that {process} needs where the topics are there")]
    found = []
    for right in missing:
        what, todo = refusal(connection, [right])
        found.append(fail(f"right to {right}", what, todo))
    return found


async def _topics(
    settings: Settings,
    connection: Connection,
    wanted: Sequence[Topic],
    there: Described,
    missing_rights: Sequence[Right],
) -> list[Finding]:
    unseen = [right for right in missing_rights if right.resource == "topic"]
    missing = [
        topic for topic in wanted if topic.name not in there and not any(right.covers(topic.name) for right in unseen)
    ]
    findings = [
        finding for topic in wanted if topic.name in there for finding in _topic(topic, *there[topic.name], settings)
    ]
    if missing:
        message = f"{len(missing)} of {len(wanted)} are not there yet: {', '.join(topic.name for topic in missing)}"
        findings.append(warn("topics", message, "start `ringboard worker`, which creates them"))
        forbidden = await may_not_create(connection, missing, settings.replication_factor)
        findings += _rights_to_create(settings, connection, forbidden)
    if wanted and not findings and not unseen:
        findings.append(ok("topics", f"all {len(wanted)} are there, with their partitions and settings"))
    return findings


def _rights_to_create(settings: Settings, connection: Connection, forbidden: Sequence[str]) -> list[Finding]:
    if not forbidden:
        return []
    rights = rights_to_create(topics(settings))
    lacks = [right for right in rights if any(right.covers(name) for name in forbidden)]
    return [
        warn(f"right to {right}", what, f"{todo}, or create the topics beforehand (docs/kafka.md)")
        for right in lacks
        for what, todo in [refusal(connection, [right])]
    ]


def _topic(topic: Topic, partitions: int, config: Mapping[str, str], settings: Settings) -> list[Finding]:
    found = misfits(topic, partitions, config, partitions_set=topic.partitions == settings.partitions)
    return [(fail if one.wrong else warn)(f"topic {topic.name}", one.message, one.todo) for one in found]


async def _key(settings: Settings, connection: Connection) -> Finding:
    topic = topics(settings).control.name
    try:
        if missing_key_file(settings) is not None:
            return _own_key(settings, await known_fingerprint(connection, topic))
        own = _own_key(settings, None)
        if own.state != "ok":
            return own
        identity = identity_of(settings)
    except RingboardError as error:
        return warn(_KEY, f"not compared with the floor's ({error})", "check again")
    try:
        agreed = await compare_fingerprint(connection, topic, identity)
    except RingboardError as error:
        what, _, todo = str(error).partition("; ")
        return (
            fail(_KEY, what.removeprefix("pseudonym_key: "), todo)
            if todo
            else warn(_KEY, f"not compared with the floor's ({what})", "check again")
        )
    return ok(_KEY, f"fingerprint {identity.fingerprint()}, as the floor's") if agreed else own


def _own_key(settings: Settings, floor: str | None) -> Finding:
    path = missing_key_file(settings)
    if path is not None:  # a check makes none
        if floor is None:
            return warn(_KEY, f"none yet; it is made at {path} when first needed", "keep a copy of it once it is there")
        todo = "set RINGBOARD_PSEUDONYM_KEY, or copy pseudonym.key, from the machine that began"
        return fail(_KEY, f"none here, and the floor's numbers are under {floor}", todo)
    try:
        identity = identity_of(settings)
    except RingboardError as error:
        return fail(_KEY, str(error), "correct the file, or set RINGBOARD_PSEUDONYM_KEY")
    return ok(_KEY, f"fingerprint {identity.fingerprint()}; the floor has none yet")


async def _clock(settings: Settings, clock: Clock) -> Finding:
    try:
        off = await clock_difference_ms(connection_of(settings), topics(settings).control.name, clock)
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
