"""The readers as targets: files, mapped rows, what is admitted and rejected, live sources."""

from __future__ import annotations

import io
import json
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from stream.clock import FixedClock
from stream.errors import RingboardError
from stream.events.refusal import Reason, Refused
from stream.intake.outbox import Intake
from stream.intake.rejected import read_rejected, rejected_record
from stream.intake.resend import with_fields
from stream.sources.asterisk.ami.machine import Machine as AmiMachine
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.plan import directions_of
from stream.sources.formats import FORMATS
from stream.sources.freeswitch.machine import Machine
from stream.sources.mapped import Mapped
from stream.sources.own_topic.records import KafkaRecords
from stream.sources.reading import Unreadable
from stream.sources.shift import as_ms, shifted
from stream.web.source_metrics import SourceMetrics
from tests.fuzz import seeds
from tests.fuzz.fuzzing import Target
from tests.fuzz.sending import ANEW, blame, blaming_outbox, drive, fuzz_settings
from tests.property.test_any_mapping import EVERYTHING, mapping
from tests.unit.events.test_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.settings.model import Settings


def _file(form: str) -> Target:
    settings = fuzz_settings()
    outbox = blaming_outbox(settings)

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
    outbox = blaming_outbox(fuzz_settings())
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
    outbox = blaming_outbox(fuzz_settings())

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
    settings = fuzz_settings()
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
        self._outbox = blaming_outbox(settings)

    async def send(self, event: Any, original: bytes | None = None) -> None:
        self._outbox.put(event, "live", 1, original)

    async def refuse(self, refused: Refused, data: bytes) -> None:
        self._outbox.refuse(refused, data, "live", 1)


def _own_topic() -> Target:
    settings = fuzz_settings(connect_kafka_mapping="hubspot", connect_kafka_topic="t")
    records, listener = KafkaRecords(settings), _Listener(settings)

    def run(data: bytes) -> None:
        record = SimpleNamespace(topic="t", partition=0, offset=7, key=data[:7], value=data)
        drive(records.send(record, listener))  # type: ignore[arg-type]

    return Target(seeds.HUBSPOT, run)


def _freeswitch() -> Target:
    settings = fuzz_settings()
    outbox, numbers = blaming_outbox(settings), count()
    state = [Machine(settings)]

    def run(data: bytes) -> None:
        if next(numbers) % ANEW == 0:
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
    settings = fuzz_settings()
    outbox, numbers = blaming_outbox(settings), count()
    state: list[AmiMachine] = []

    def run(data: bytes) -> None:
        if next(numbers) % ANEW == 0:
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


READERS: Final[Mapping[str, Callable[[], Target]]] = {
    **{f"file {form}": partial(_file, form) for form in FORMATS},
    "mapped rows": partial(_mapped, "everything", seeds.ROWS),
    "mapped records": partial(_mapped, "everything", seeds.RECORDS),
    "mapped hubspot": partial(_mapped, "hubspot", seeds.HUBSPOT),
    "admitted": _admitted,
    "rejected": _rejected,
    "live kafka": _own_topic,
    "live freeswitch": _freeswitch,
    "live asterisk": _asterisk,
}
