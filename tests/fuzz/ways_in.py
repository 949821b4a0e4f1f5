"""The gateway as a target: our own events, webhooks, and the log of parts of calls."""

from __future__ import annotations

import json
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode

from stream.clock import FixedClock
from stream.events.refusal import Refused
from stream.gateway.app import Gateway
from stream.gateway.meters import Meters
from stream.gateway.own_events import answer_of, each_event
from stream.gateway.parts_log import PartsLog
from stream.gateway.running import mappings_of
from stream.gateway.submission import Submission
from stream.intake.outbox import Intake
from stream.sources.twilio.webhook import Legs
from stream.sources.webhooks import Posted
from stream.web.http_refusal import HttpRefusalError
from tests.fuzz import seeds
from tests.fuzz.fuzzing import Target
from tests.fuzz.sending import ANEW, blame, finish, fuzz_settings
from tests.unit.events.test_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class _Line:
    """A broker that takes all, and a log of the parts of calls."""

    def __init__(self, gateway: Gateway) -> None:
        self._assemblies = list(gateway.assemblies.values())

    async def send(self, records: Any) -> None:
        for record in records:
            blame(record.value)

    async def append(self, part: Any) -> Any:
        of_each = (one.apply(part.value, NOW) for one in self._assemblies)
        return next(events for events in of_each if events is not None)


def _gateway(take: Callable[[Gateway, bytes], None], data: list[bytes]) -> Target:
    settings = fuzz_settings(
        gateway_twilio_token="t" * 32,
        gateway_connect_key="k" * 20,
        gateway_aircall_token="a" * 20,
        gateway_sources={"hubspot": {"mapping": "hubspot", "key": "k" * 20, "signed": "hubspot"}},
    )
    clock, numbers = FixedClock(NOW), count()
    state: list[Gateway] = []

    def run(data: bytes) -> None:
        if next(numbers) % ANEW == 0:
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
        for number, event in filter(None, each_event(data, kind)):
            submission.put(event, number)
        finish(gateway._send(submission))
        answer_of(submission)


def _posted(data: bytes, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None) -> Posted:
    return Posted("POST", f"http://x:{data[:9].decode('latin-1')}/", query or {}, headers or {}, data, NOW)


def _webhook(gateway: Gateway, name: str, posted: Posted) -> None:
    """Take what was posted as if its sender had been let in, and look at who sent it too."""
    gateway.webhooks[name].confirmation(posted)
    finish(gateway._take(name, posted))
    gateway.webhooks[name].authorise(posted)


def _amazon(gateway: Gateway, data: bytes) -> None:
    _webhook(gateway, "amazon-connect", _posted(data))


def _aircall(gateway: Gateway, data: bytes) -> None:
    _webhook(gateway, "aircall", _posted(data))


def _hubspot(gateway: Gateway, data: bytes) -> None:
    text = data[:40].decode("latin-1")
    posted = _posted(data, {"X-HubSpot-Signature-v3": text, "X-HubSpot-Request-Timestamp": text[:9]})
    source = gateway._sources["hubspot"]
    finish(gateway._take_mapped(source, posted))
    source.authorise(posted)


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
    settings = fuzz_settings()
    intake = Intake(settings, FixedClock(NOW))

    def run(data: bytes) -> None:
        number = next(numbers)
        if number % ANEW == 0:
            state[:] = [PartsLog(settings, {"twilio": Legs()}, cast("Any", None), FixedClock(NOW))]
            state[0]._appending = 1  # somebody waits for the answers
        state[0]._take(SimpleNamespace(offset=number, value=data, timestamp=NOW))
        events = state[0]._answers.get(number, [])
        assert not isinstance(events, Refused), events
        submission = Submission(intake, "twilio")
        for event in events:
            submission.put(event)
        for record in finish(submission.records_of(submission.take(last=True))):
            blame(record.value)

    return Target(seeds.FACTS_OF_LEGS, run)


WAYS_IN: Final[Mapping[str, Callable[[], Target]]] = {
    "gateway events": partial(_gateway, _own_events, [*seeds.EVENTS, b"[" + b",".join(seeds.EVENTS[:4]) + b"]"]),
    "gateway amazon-connect": partial(_gateway, _amazon, seeds.AMAZON),
    "gateway aircall": partial(_gateway, _aircall, seeds.AIRCALL),
    "gateway hubspot": partial(_gateway, _hubspot, seeds.HUBSPOT),
    "gateway twilio": partial(_gateway, _twilio, seeds.TWILIO),
    "log of parts": _legs,
}
