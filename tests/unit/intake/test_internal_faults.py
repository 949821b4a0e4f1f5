"""A bug of ours on the way in puts one record aside, in a replay and at a live source."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.events.original import original_of
from stream.events.refusal import Reason, Refused
from stream.intake import admission
from stream.intake.outbox import Intake, Outbox
from stream.intake.rejected import Rejected, read_rejected, rejected_record
from stream.privacy.identity import Identity
from stream.replay import replaying
from stream.replay.replaying import Replay
from stream.sources.asterisk import cdr, cdr_calls, cdr_rows, cel_calls, queue_log
from stream.sources.asterisk.ami.machine import Machine
from stream.sources.asterisk.pbxware_queue_log import PbxwareQueueLog
from stream.sources.formats import FORMATS
from stream.sources.freeswitch import calls, cdr_json
from stream.sources.reading import Read, Unreadable
from tests.ami_server import AmiServer
from tests.property.test_damaged_logs import LOGS
from tests.read_source import read_bytes
from tests.unit.connect.test_serving import Broker, ScriptedSource, call, run, service, value
from tests.unit.sources.asterisk.ami_calls import LINE, REP
from tests.unit.sources.asterisk.test_live import Heard, listen, talking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stream.settings.model import Settings

NOW = 1_767_600_000_000
IDENTITY = Identity(b"a key of the tests, 32 characters", "FR", None)


def broken(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, wrong: Callable[..., bool]) -> None:
    """Put a bug into a function: it raises where `wrong` says so of its arguments."""
    right = getattr(where, name)

    def buggy(*args: Any, **named: Any) -> Any:
        if wrong(*args):
            raise LookupError("of 0639980001")
        return right(*args, **named)

    monkeypatch.setattr(where, name, buggy)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=str(tmp_path), pseudonym_key="a key of the tests, and of nothing else")


def leads(*names: str) -> bytes:
    about = {"type": "lead.requested", "at": NOW, "campaign": "c"}
    return b"\n".join(orjson.dumps({"id": name, "lead": name, **about}) for name in names)


async def test_an_event_that_cannot_be_admitted_or_moved_is_put_aside_and_the_replay_goes_on(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(leads("a", "bad", "b", "worse", "c"))
    broken(monkeypatch, admission, "encode_event", lambda event: event.lead == "bad")
    broken(monkeypatch, replaying, "shifted", lambda event, _by: event["lead"] == "worse")
    clock = FixedClock(NOW + 1000)
    outbox = Outbox(Intake(settings, clock))
    replay = Replay([file], clock, to_now=True)
    await replay.run(outbox, Outbox(Intake(settings, clock)))
    assert outbox.sent.total() == 3
    assert [(one.line, one.reason) for one in outbox.refusals] == [(2, "internal"), (4, "internal")]
    assert (replay.files[0].events, replay.files[0].refused) == (3, 2)


BROKEN: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "cdr": (cdr_calls.Calls, "events", lambda _self, parts: any("222222" in row.unique for row in parts)),
    "cel": (cel_calls.Calls, "events", lambda _self, rows: any("222222" in row.unique for row in rows)),
    "queue_log": (queue_log._Log, "_ended", lambda _self, row, *_: "222222" in row.call),
    "csv": (calls.Calls, "events", lambda _self, legs: any("222222" in leg.uuid for leg in legs)),
    "json": (cdr_json, "leg", lambda _line, told, _campaign: "222222" in told["variables"]["uuid"]),
}


@pytest.mark.parametrize("log", LOGS)
def test_a_call_that_cannot_be_put_together_is_put_aside_and_those_around_it_are_told(
    log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, write = LOGS[log]
    broken(monkeypatch, *BROKEN[log])
    told = read_bytes(form, "\n".join(write(call) for call in (111111, 222222, 333333)))
    assert len(told.of_type("call.ended")) == 2
    assert {one.refused.reason for one in told.refused} == {Reason.INTERNAL}
    assert all(b"222222" in one.data for one in told.refused)


def test_a_row_that_cannot_be_read_or_hidden_is_put_aside_without_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, write = LOGS["cdr"]
    broken(monkeypatch, cdr_rows.Reader, "row", lambda _self, number, _data: number == 2)
    broken(monkeypatch, cdr, "without_caller_names", lambda _data: True)
    told = read_bytes("asterisk-cdr", "\n".join(write(call) for call in (1, 2, 3)))
    assert [(one.line, str(one.refused.reason), one.data) for one in told.refused] == [(2, "internal", b"")]
    assert len(told.of_type("call.ended")) == 2


def test_a_row_of_pbxware_that_raises_is_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, PbxwareQueueLog, "_presence", lambda _self, _row, rep: rep == "2")
    rows = "\n".join(f"{i},1780300800,NONE,q,Agent/{i},ADDMEMBER,,0,0" for i in (1, 2, 3))
    told = read_bytes("pbxware-queue-log", f"uid,date_time,callid,queue_name,type,event,param1,htime,ttime\n{rows}")
    assert [event["rep"] for event in told.events] == ["1", "3"]
    assert [(one.line, str(one.refused.reason)) for one in told.refused] == [(3, "internal")]


@pytest.mark.parametrize("place", [9, 10, 11])
def test_a_year_of_thirty_digits_is_a_line_that_is_refused_and_the_rest_goes_on(place: int) -> None:
    _, write = LOGS["cdr"]
    cells = write(2).split('","')
    cells[place] = f"2026-06-1{'9' * 30}-01 08:00:10"
    told = read_bytes("asterisk-cdr", "\n".join((write(1), '","'.join(cells), write(3))))
    assert len(told.of_type("call.ended")) == 2
    assert [one.line for one in told.refused] == [2]
    assert told.refused[0].refused.reason in {Reason.WRONG_TYPE, Reason.MALFORMED_LINE}


def test_a_message_of_a_capture_that_raises_is_put_aside(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    broken(monkeypatch, Machine, "feed", lambda _self, message: message.event == "hangup")
    reader = FORMATS["asterisk-ami"].make(settings)
    messages = b"".join(b"Event: %s\r\nUniqueid: 1\r\n\r\n" % name for name in (b"Newchannel", b"Hangup", b"Reload"))
    told = list(reader.read(io.BytesIO(messages)))
    assert [type(one) for one in told if not isinstance(one, Read)] == [Unreadable]
    assert reader.unused["Reload"] == 1


async def test_a_message_that_a_live_source_cannot_take_is_put_aside_and_it_goes_on_listening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = talking().wait(33).hang_up(LINE, REP)
    broken(monkeypatch, Machine, "feed", lambda _self, message, *_: message.event == "reload")
    heard = Heard()
    await listen(AmiServer([*script.messages[:3], {"Event": "Reload"}, *script.messages[3:]]), heard)
    assert [b"Reload" in data for data in heard.refused] == [True]
    assert len(heard.calls()) == 1
    assert heard.connections == 1


async def test_a_live_source_that_raises_is_connected_again_and_what_it_cannot_send_is_put_aside(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Raising(ScriptedSource):
        async def listen(self, listener: Any) -> None:
            if len(self.connections) == 1:
                self.connections.clear()
                raise LookupError("of 0639980001")
            await super().listen(listener)

    source, broker = Raising([call(1), call(2), call(3)], []), Broker()
    broken(monkeypatch, Outbox, "put", lambda _self, event, *_: event["id"] == "c-2")
    settings = settings.model_copy(update={"connect_port": None})
    under_test = service(source, settings, broker)
    await run(under_test, lambda: source.done.is_set() and len(broker.taken) == 4)
    assert value(under_test, "source_events_total", type="call.ended") == 2
    assert value(under_test, "source_refused_total", reason="internal") == 2
    assert "told is away: what it said could not be taken; trying again" in caplog.messages


def test_bytes_that_cannot_be_scrubbed_are_not_kept_and_names_that_are_no_text_are_corrected(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def scrub(*_: Any, **_named: Any) -> Iterator[bytes]:
        raise LookupError("of 0639980001")

    monkeypatch.setattr(Identity, "scrub", scrub)
    refused = Refused(Reason.WRONG_TYPE, "col\udcff", "wrong")
    with caplog.at_level(logging.ERROR):
        kept = read_rejected(rejected_record(refused, b"0639980001", identity=IDENTITY, at=NOW, source="a\udcff.csv"))
    assert isinstance(kept, Rejected)
    assert (kept.reason, kept.size, kept.data, kept.truncated) == ("wrong_type", 10, "", True)
    assert (kept.source, kept.field) == ("a?.csv", "col?")
    assert "0639980001" not in caplog.text


@pytest.mark.parametrize(
    "value", [{"a": "\ud800"}, {"a": 10**40}, {(1, 2): "a"}, {"a": {1, 2}}, ["\udcff"], {"a": b"\xff"}, float("nan")]
)
def test_what_a_record_was_made_of_is_always_written(value: Any) -> None:
    assert isinstance(original_of(value), bytes)


def test_what_goes_round_in_a_circle_is_written_as_nothing() -> None:
    circle: list[Any] = []
    circle.append(circle)
    assert original_of(circle) == b""
