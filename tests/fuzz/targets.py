"""What damaged input is put through: every reader, every way in, and every fold. None may raise, or blame itself."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode

import msgspec

from agents.peers.peers import Peers
from agents.stamp import _read as read_stamp
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.events.refusal import Reason, Refused
from stream.gateway.app import Gateway
from stream.gateway.meters import Meters
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.parts_log import PartsLog
from stream.gateway.running import mappings_of
from stream.gateway.submission import Submission
from stream.intake.outbox import Intake, Outbox
from stream.intake.rejected import Rejected, read_rejected, rejected_record
from stream.intake.resend import with_fields
from stream.kpi.responses import response_codes
from stream.sources.asterisk.ami.machine import Machine as AmiMachine
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.plan import directions_of
from stream.sources.formats import FORMATS
from stream.sources.freeswitch.machine import Machine
from stream.sources.mapped import Mapped
from stream.sources.own_topic.records import KafkaRecords
from stream.sources.reading import Unreadable
from stream.sources.shift import as_ms, shifted
from stream.sources.twilio.webhook import Legs
from stream.sources.webhooks import Posted
from stream.web.http_refusal import HttpRefusalError
from stream.web.source_metrics import SourceMetrics
from tests.floor_in_memory import FloorInMemory
from tests.fuzz import seeds
from tests.fuzz.fuzzing import Target
from tests.property.test_any_mapping import EVERYTHING, mapping
from tests.unit.events.test_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from stream.kafka.producer import Record
    from stream.settings.model import Settings

_ANEW: Final = 300  # inputs after which what is remembered is let go, so that memory tells a leak


def _settings(**more: Any) -> Settings:
    return load_settings(pseudonym_key="a key of the tests, and of nothing else", app_id="fuzz", **more)


class _Sender:
    """Takes what would go to the broker; what an internal fault put aside is one."""

    def put(self, record: Record) -> None:
        blame(record.value)

    async def relieve(self) -> None: ...

    async def flush(self) -> None: ...


def blame(value: bytes) -> None:
    """Raise AssertionError where `value` is a record that a bug of ours has put aside."""
    kept = read_rejected(value)
    if isinstance(kept, Rejected) and kept.reason == Reason.INTERNAL:
        raise AssertionError(kept.message)


def _outbox(settings: Settings) -> Outbox:
    return Outbox(Intake(settings, FixedClock(NOW)), _Sender())


def _drive(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


def _file(form: str) -> Target:
    settings = _settings()
    outbox = _outbox(settings)

    def run(data: bytes) -> None:
        FORMATS[form].looks(data)
        try:
            for item in FORMATS[form].make(settings).read(io.BytesIO(data)):
                if isinstance(item, Unreadable):
                    outbox.refuse(item.refused, item.data, "a.log", item.line)
                else:
                    outbox.put(item.event, "a.log", item.line)
        except RingboardError as error:
            assert "\n" not in str(error)  # noqa: PT017  that no line can be read is told in one

    return Target(seeds.FILES[form], run)


def _mapped(name: str, data: list[bytes]) -> Target:
    outbox = _outbox(_settings())
    told = mapping(name)
    if name == "everything" and b";" in data[0]:
        import tomllib  # noqa: PLC0415

        from stream.mapping.loading import mapping_of  # noqa: PLC0415

        told = mapping_of(tomllib.loads(EVERYTHING + '\n[file]\nformat = "csv"\ndelimiter = ";"\n'))

    def run(data: bytes) -> None:
        try:
            for item in Mapped(told).read(io.BytesIO(data)):
                if isinstance(item, Unreadable):
                    outbox.refuse(item.refused, item.data, "a.csv", item.line)
                else:
                    outbox.put(item.event, "a.csv", item.line)
        except RingboardError as error:
            assert "\n" not in str(error)  # noqa: PT017

    return Target(data, run)


def _admitted() -> Target:
    outbox = _outbox(_settings())

    def run(data: bytes) -> None:
        outbox.put(data, "a.ndjson", 1)
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(event, dict):
            as_ms(event.get("at"))
            outbox.put(shifted(event, 1000), "a.ndjson", 1, data)

    return Target(seeds.EVENTS, run)


def _rejected() -> Target:
    settings = _settings()
    identity = Intake(settings, FixedClock(NOW)).identity
    refused = Refused(Reason.WRONG_TYPE, "at", "at: wrong")
    kept = [rejected_record(refused, one, identity=identity, at=NOW, source="a", offset=1) for one in seeds.EVENTS]

    def run(data: bytes) -> None:
        read_rejected(data)
        blame(rejected_record(refused, data, identity=identity, at=NOW, source="a", names=len(data) % 2 == 0))
        try:
            with_fields(data, [("at", "1"), ("lead", data[:20].decode("utf-8", "replace"))])
        except RingboardError as error:
            assert "\n" not in str(error)  # noqa: PT017

    return Target([*kept, *seeds.EVENTS], run)


class _Listener:
    def __init__(self, settings: Settings) -> None:
        self.metrics = SourceMetrics("fuzz")
        self._outbox = _outbox(settings)

    async def send(self, event: Any, original: bytes | None = None) -> None:
        self._outbox.put(event, "live", 1, original)

    async def refuse(self, refused: Refused, data: bytes) -> None:
        self._outbox.refuse(refused, data, "live", 1)


def _own_topic() -> Target:
    settings = _settings(connect_kafka_mapping="hubspot", connect_kafka_topic="t")
    records, listener = KafkaRecords(settings), _Listener(settings)

    def run(data: bytes) -> None:
        record = SimpleNamespace(topic="t", partition=0, offset=7, key=data[:7], value=data)
        _drive(records.send(record, listener))  # type: ignore[arg-type]

    return Target(seeds.HUBSPOT, run)


def _freeswitch() -> Target:
    settings = _settings()
    outbox, numbers = _outbox(settings), count()
    state = [Machine(settings)]

    def run(data: bytes) -> None:
        if next(numbers) % _ANEW == 0:
            state[0] = Machine(settings)
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(told, dict):
            # The library gives headers, which are text, or lists of it.
            headers = {str(name): value if isinstance(value, list) else str(value) for name, value in told.items()}
            try:
                events = state[0].take(headers)
            except Refused:
                events = []
        else:
            channels = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
            events = state[0].reconcile(channels, NOW)
        for event in events:
            outbox.put(event, "live", 1)

    return Target([*seeds.ESL, *seeds.CHANNELS], run)


def _asterisk() -> Target:
    settings = _settings()
    outbox, numbers = _outbox(settings), count()
    state: list[AmiMachine] = []

    def run(data: bytes) -> None:
        if next(numbers) % _ANEW == 0:
            state[:] = [AmiMachine(directions_of(settings), 10_000, "LEAD")]
        for block in Splitter().feed(data):
            try:
                message = read(block)
            except Refused as refused:
                outbox.refuse(refused, block.data, "live", 1)
                continue
            for event in state[0].feed(message, NOW):
                outbox.put(event, "live", 1)
        for event in state[0].expire(NOW + 20_000):
            outbox.put(event, "live", 1)

    return Target(seeds.AMI, run)


class _Line:
    """A broker that takes all, and a log of the parts of calls."""

    def __init__(self, gateway: Gateway) -> None:
        self._assemblies = [one.assembly for one in gateway.webhooks.values() if one.assembly is not None]

    async def send(self, records: Any) -> None:
        for record in records:
            blame(record.value)

    async def append(self, part: Any) -> Any:
        of_each = (one.apply(part.value, NOW) for one in self._assemblies)
        return next(events for events in of_each if events is not None)


def _gateway(take: Callable[[Gateway, bytes], None], data: list[bytes]) -> Target:
    settings = _settings(
        gateway_twilio_token="t" * 32,
        gateway_connect_key="k" * 20,
        gateway_aircall_token="a" * 20,
        gateway_sources={"hubspot": {"mapping": "hubspot", "key": "k" * 20, "signed": "hubspot"}},
    )
    clock, numbers = FixedClock(NOW), count()
    state: list[Gateway] = []

    def run(data: bytes) -> None:
        if next(numbers) % _ANEW == 0:
            intake = Intake(settings, clock)
            gateway = Gateway(settings, clock, intake=intake, meters=Meters(), mappings=mappings_of(settings))
            gateway.line = cast("Any", _Line(gateway))
            state[:] = [gateway]
        try:
            take(state[0], data)
        except HttpRefusalError as error:
            assert error.status < 500  # noqa: PT017

    return Target(data, run)


def _own_events(gateway: Gateway, data: bytes) -> None:
    for kind in ("application/json", "application/x-ndjson"):
        submission = Submission(gateway._intake, "events")
        numbers = []
        for number, event in each_event(data, kind):
            numbers.append(number)
            submission.put(event, number)
        _drive(gateway._send(submission))
        answer_of(submission, numbers)


def _posted(data: bytes, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None) -> Posted:
    return Posted("POST", f"http://x:{data[:9].decode('latin-1')}/", query or {}, headers or {}, data, NOW)


def _webhook(gateway: Gateway, name: str, posted: Posted) -> None:
    """Take what was posted as if its sender had been let in, and look at who sent it too."""
    gateway.webhooks[name].confirmation(posted)
    _drive(gateway._take(name, posted))
    gateway.webhooks[name].authorise(posted)


def _amazon(gateway: Gateway, data: bytes) -> None:
    _webhook(gateway, "amazon-connect", _posted(data))


def _aircall(gateway: Gateway, data: bytes) -> None:
    _webhook(gateway, "aircall", _posted(data))


def _hubspot(gateway: Gateway, data: bytes) -> None:
    text = data[:40].decode("latin-1")
    posted = _posted(data, {"X-HubSpot-Signature-v3": text, "X-HubSpot-Request-Timestamp": text[:9]})
    _drive(gateway._take_mapped("hubspot", posted))
    gateway._signatures["hubspot"](["k" * 20], posted)


def _twilio(gateway: Gateway, data: bytes) -> None:
    try:
        form = json.loads(data)
    except (ValueError, RecursionError):
        form = {}
    # A form is text that was UTF-8, or is replaced.
    form = form if isinstance(form, dict) else {}
    fields = {_as_utf_8(name): _as_utf_8(value) for name, value in form.items()}
    query = {"lead": fields.get("From", ""), **fields}
    for body in (urlencode(fields).encode(), data):
        _webhook(gateway, "twilio", _posted(body, {"X-Twilio-Signature": "x"}, query))


def _as_utf_8(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _legs() -> Target:
    numbers = count()
    state: list[PartsLog] = []
    settings = _settings()
    intake = Intake(settings, FixedClock(NOW))

    def run(data: bytes) -> None:
        number = next(numbers)
        if number % _ANEW == 0:
            state[:] = [PartsLog(settings, {"twilio": Legs()}, cast("Any", None), FixedClock(NOW))]
        state[0]._take(SimpleNamespace(offset=number, value=data, timestamp=NOW))
        events = state[0]._answers.get(number, [])
        assert not isinstance(events, Refused), events
        submission = Submission(intake, "twilio")
        for event in events:
            submission.put(event)
        for record in submission.records:
            blame(record.value)

    return Target(seeds.FACTS_OF_LEGS, run)


def _control() -> Target:
    def run(data: bytes) -> None:
        peers = Peers("me", "http://x", None, bootstrap="x", topic="c", clock=FixedClock(NOW))  # type: ignore[arg-type]
        peers._take(b"worker/x", data)
        peers._take(data[:20], data)
        peers.others()
        try:
            read_stamp(data)
        except RingboardError as error:
            assert "\n" not in str(error)  # noqa: PT017

    return Target(seeds.CONTROL, run)


def _fold(topic: str, data: list[bytes], keys: tuple[bytes | None, ...]) -> Target:
    """The fold of one topic; what earlier inputs left in the state is there, until it begins anew."""
    numbers = count()
    state: list[FloorInMemory] = []

    def run(data: bytes) -> None:
        number = next(numbers)
        if number % _ANEW == 0:
            state[:] = [FloorInMemory(clock=FixedClock(NOW), partitions=1)]
            response_codes.cache_clear()  # it holds the calendars of the floors before, and a process has one floor
        floor = state[0]
        names = floor.floor.topics
        name = {"history": next(iter(names.histories.values()))}.get(topic) or getattr(names, topic)
        floor.send(name.name, keys[number % len(keys)] or data[:9], data or None, 0)
        if number % 3 == 0:
            floor.drain()
        if number % 50 == 49:
            floor.clock.advance(2 * seeds.HOUR)
            floor.settle()
            floor.snapshot()
        if number % _ANEW == _ANEW - 1:
            floor.restart().snapshot()
        log = floor.logs[names.rejected.name, 0]
        for record in log[-5:]:
            blame(record.value or b"")

    return Target(data, run)


def _changelog() -> Target:
    """A changelog that somebody else wrote to: here a fault may be told, but none may end the worker."""
    by_group: defaultdict[str, list[bytes]] = defaultdict(list)
    for group, table, key, value in seeds.changelogs():
        by_group[group].append(seeds.packed([group, table, key, value]))
    every = [one for entries in by_group.values() for one in entries]
    numbers = count()
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=1)

    def run(data: bytes) -> None:
        try:
            group, table, key, value = msgspec.msgpack.decode(data, type=tuple[str, str, bytes, bytes | None])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            group, table, key, value = "events", "journeys", data[:5], data
        for kept in (floor.changelogs, floor.logs, floor._read):
            kept.clear()
        if (group, 0) not in floor.states or table not in next(g for g in floor.groups if g.name == group).tables:
            group, table = "events", ("journeys", "slices")[next(numbers) % 2]
        floor.changelogs[group, 0].append((table, key, value))
        floor.restart()
        floor.clock.advance(1000)
        floor.settle()
        floor.feed([json.loads(seeds.EVENTS[next(numbers) % len(seeds.EVENTS)])])

    return Target(every, run)


TARGETS: Final[Mapping[str, Callable[[], Target]]] = {
    **{f"file {form}": partial(_file, form) for form in FORMATS},
    "mapped rows": partial(_mapped, "everything", seeds.ROWS),
    "mapped records": partial(_mapped, "everything", seeds.RECORDS),
    "mapped hubspot": partial(_mapped, "hubspot", seeds.HUBSPOT),
    "admitted": _admitted,
    "rejected": _rejected,
    "live kafka": _own_topic,
    "live freeswitch": _freeswitch,
    "live asterisk": _asterisk,
    "gateway events": partial(_gateway, _own_events, [*seeds.EVENTS, b"[" + b",".join(seeds.EVENTS[:4]) + b"]"]),
    "gateway amazon-connect": partial(_gateway, _amazon, seeds.AMAZON),
    "gateway aircall": partial(_gateway, _aircall, seeds.AIRCALL),
    "gateway hubspot": partial(_gateway, _hubspot, seeds.HUBSPOT),
    "gateway twilio": partial(_gateway, _twilio, seeds.TWILIO),
    "log of parts": _legs,
    "control": _control,
    "fold events": partial(_fold, "events", seeds.EVENTS, (b"L1", b"n1", b"K1")),
    "fold history": partial(_fold, "history", seeds.EVENTS, (b"L1",)),
    "fold links": partial(_fold, "links", [*seeds.LINKS, *seeds.LINKS, *seeds.EVENTS], (b"L1", None, b"\xff")),
    "fold floor": partial(_fold, "floor", seeds.EVENTS, (b"r1",)),
    "fold spend": partial(_fold, "spend", seeds.EVENTS, (b"Spring",)),
    "changelog": _changelog,
}
