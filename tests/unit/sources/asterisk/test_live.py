"""Asterisk over a real socket: cut at any byte and resumed, nothing is lost, nothing doubled, nothing stays open."""

from __future__ import annotations

import asyncio
import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.sources.asterisk.ami.calls import SOURCE
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.live import check, source_of
from stream.sources.asterisk.live.ami import Ami
from stream.sources.live_source import LostError
from stream.web.source_metrics import SourceMetrics
from tests.ami_server import SECRET, USER, AmiServer, wire
from tests.read_source import read_bytes
from tests.shared_data import SHARED, Recording, each
from tests.unit.sources.asterisk.ami_calls import LINE, OTHER, REP, a_rep, dialled
from tests.unit.sources.asterisk.ami_scenarios import names, scenario
from tests.unit.sources.asterisk.ami_script import BEGAN, Script
from tests.unit.sources.asterisk.recorded_totals import FLOOR, TOTALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.clock import Clock
    from stream.events.refusal import Refused
    from stream.settings.model import Settings

SECOND = SHARED / "asterisk_recorded2"
NOW = 1000 * (BEGAN + 600)
Headers = dict[str, str]


class Heard:
    """A listener that keeps what it is told, by id: what comes twice must be the same."""

    def __init__(self) -> None:
        self.metrics = SourceMetrics(SOURCE)
        self.events: dict[str, dict[str, Any]] = {}
        self.refused: list[bytes] = []
        self.connections = 0

    def connected(self) -> None:
        self.connections += 1

    def heard(self) -> None: ...

    async def send(self, event: bytes | Mapping[str, Any], original: bytes | None = None) -> None:  # noqa: ARG002
        assert not isinstance(event, bytes)
        known = self.events.setdefault(event["id"], dict(event))
        assert known == event

    async def refuse(self, _refused: Refused, data: bytes) -> None:
        self.refused.append(data)

    async def flush(self) -> None: ...

    def calls(self) -> dict[str, dict[str, Any]]:
        return {event["call"]: event for event in self.events.values() if event["type"] == "call.ended"}

    def value(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"ringboard_source_{name}", {"source": SOURCE})


def settings(server: AmiServer, **given: Any) -> Settings:
    fields = {"asterisk_user": USER, "asterisk_secret": SecretStr(SECRET), **given}
    return load_settings(asterisk_host="127.0.0.1", asterisk_port=server.port, **fields)


async def listen(server: AmiServer, heard: Heard, clock: Clock | None = None) -> None:
    """Listen, connecting again whenever the connection is cut, until the server has played everything."""
    async with server.running(), asyncio.timeout(60):
        source = source_of(settings(server), clock or FixedClock(NOW))
        while not server.done.is_set():
            listening = asyncio.create_task(source.listen(heard))
            done = asyncio.create_task(server.done.wait())
            await asyncio.wait((listening, done), return_when=asyncio.FIRST_COMPLETED)
            if server.done.is_set():
                await _everything_read(server, heard)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _everything_read(server: AmiServer, heard: Heard) -> None:
    """Wait until nothing more comes: the last message ends the last channel."""
    last = -1
    while (len(heard.events) != last or heard.value("open_calls")) and not server.cuts:
        last = len(heard.events)
        await asyncio.sleep(0.05)


@cache
def told(recorded: Recording) -> tuple[bytes, list[Headers]]:
    """Return what the recorded floor told, and its messages, without those that repeat the log of channel events."""
    data = recorded.read_bytes("ami.txt")
    messages = []
    for block in Splitter().feed(data):
        lines = block.data.decode("utf-8", "replace").split("\n")
        if lines[0].startswith("Event:") and not lines[0].endswith("CEL"):
            parts = (line.partition(":") for line in lines)
            messages.append({name: value.strip() for name, _, value in parts})
    return data, messages


def events_of(data: bytes) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in read_bytes("asterisk-ami", data).events}


@each(FLOOR)
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_floor_cut_at_any_byte_is_told_as_if_it_never_was(seed: int, recorded: Recording) -> None:
    data, messages = told(recorded)
    whole = sum(len(wire(message)) for message in messages)
    cuts = random.Random(seed).sample(range(1, whole), 15)
    server, heard = AmiServer(messages, cuts), Heard()
    await listen(server, heard)
    assert server.logins == 16
    assert heard.events == events_of(data)
    totals = TOTALS[recorded.place]
    assert len(heard.calls()) == totals.attempts + totals.callers
    assert heard.value("open_calls") == 0
    assert heard.value("calls_reconciled_total") == 0
    # Half a message is none, and is not taken for one: it comes again, whole.
    assert heard.refused == []


@pytest.mark.skipif(not SECOND.exists(), reason="that floor is not beside this repository")
async def test_reps_do_the_same_live_and_in_a_replay() -> None:
    data, messages = told(Recording("", SECOND))
    server, heard = AmiServer(messages, random.Random(5).sample(range(1, 900_000), 5)), Heard()
    await listen(server, heard)
    live = [event for event in heard.events.values() if event["type"] == "rep.state"]
    assert live == [event for event in events_of(data).values() if event["type"] == "rep.state"]
    assert len(live) > 400


@pytest.mark.parametrize("name", names())
async def test_a_scenario_is_the_same_over_a_cut_connection(name: str) -> None:
    messages, played = scenario(name)
    whole = b"".join(wire(message) for message in messages)
    server, heard = AmiServer(messages, random.Random(name).sample(range(len(whole)), 3)), Heard()
    await listen(server, heard)
    outside = [one for one in played if one.direction != "internal"]
    calls = sorted(heard.calls().values(), key=lambda call: int(call["call"].rpartition(".")[2]))
    assert [(call["direction"], call["number"]) for call in calls] == [(one.direction, one.number) for one in outside]
    assert ["yes" if "answered_at" in call else "no" for call in calls] == [one.answered for one in outside]
    assert heard.value("open_calls") == 0


def messages_of(*scripts: Script) -> list[Headers]:
    return [message for script in scripts for message in script.messages]


def at_event(messages: Sequence[Headers], number: int) -> int:
    """Give the offset at which the message `number` begins."""
    return sum(len(wire(message)) for message in messages[:number])


def talking() -> Script:
    return dialled(a_rep()).wait(4).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP)


async def test_a_call_that_ends_while_nobody_listens_ends_with_what_is_known_of_it() -> None:
    script = talking().wait(20).tell("Newexten", REP)
    before = len(script.messages)
    script.wait(30).hang_up(LINE, REP)
    lost = len(script.messages) - before
    script.wait(5).new(OTHER, number="108", rings=True).hang_up(OTHER)
    server, heard = AmiServer(script.messages, [at_event(script.messages, before)], skip=lost), Heard()
    await listen(server, heard)
    (call,) = heard.calls().values()
    assert call["source"] == "asterisk-ami/reconciled"
    assert (call["talk_s"], call["at"]) == (20.0, 1000 * (BEGAN + 24))
    assert heard.value("calls_reconciled_total") == 1
    assert heard.value("open_calls") == 0


async def test_a_call_that_goes_on_over_the_cut_keeps_all_of_its_talk() -> None:
    script = talking().wait(20)
    before = len(script.messages)
    script.tell("Newexten", REP).tell("Newexten", LINE)
    script.wait(40).hang_up(LINE, REP)
    server, heard = AmiServer(script.messages, [at_event(script.messages, before)], skip=2), Heard()
    await listen(server, heard)
    (call,) = heard.calls().values()
    assert (call["talk_s"], call["source"]) == (60.0, "asterisk-ami")
    assert heard.value("calls_reconciled_total") == 0


class Beside:
    """The clock of a machine beside a PBX whose own is off by some time; the connection is lost for 15 seconds."""

    def __init__(self, server: AmiServer, off_ms: int) -> None:
        self._server = server
        self._off_ms = off_ms

    def now_ms(self) -> int:
        return 1000 * (BEGAN + (15 if self._server.logins > 1 else 0)) - self._off_ms


@pytest.mark.parametrize("off_ms", [0, -5 * 3_600_000, 40_000])
async def test_a_call_that_began_while_nobody_listened_is_told_from_when_it_is_found(off_ms: int) -> None:
    script = Script().new(OTHER, number="108", rings=True).hang_up(OTHER)
    before = len(script.messages)
    script.new(REP, number="107", context="from-internal", account="solar", rings=True).wait(1)
    dialled(script).wait(4).dial_end(REP, LINE, "ANSWER").bridge("b", LINE, REP)
    script.wait(10).tell("Newexten", REP)
    lost = len(script.messages) - before
    script.wait(40).hang_up(LINE, REP)
    server, heard = AmiServer(script.messages, [at_event(script.messages, before)], skip=lost), Heard()
    await listen(server, heard, Beside(server, off_ms))
    (call,) = heard.calls().values()
    assert (call["direction"], call["rep"], call["campaign"]) == ("outbound", "107", "solar")
    assert (call["source"], call["talk_s"]) == ("asterisk-ami/reconciled", 40.0)
    assert heard.value("open_calls") == 0


async def test_calls_that_are_open_when_it_first_connects_are_told_too() -> None:
    script = talking()
    server, heard = AmiServer(script.messages), Heard()
    for message in script.messages:
        server._happens(message)
    server.messages = script.wait(40).hang_up(LINE, REP).messages[len(script.messages) - 4 :]
    await listen(server, heard, FixedClock(1000 * (BEGAN + 14)))
    (call,) = heard.calls().values()
    assert (call["direction"], call["rep"], call["talk_s"]) == ("outbound", "107", 30.0)


async def test_a_call_that_begins_while_the_channels_are_asked_for_is_not_taken_for_one_that_has_ended() -> None:
    script = talking().wait(33).hang_up(LINE, REP)
    cut = at_event(script.messages, 3) + 5
    server, heard = AmiServer(script.messages, [cut], at_once=True), Heard()
    await listen(server, heard)
    (call,) = heard.calls().values()
    assert (call["talk_s"], call["source"]) == (33.0, "asterisk-ami")


async def test_without_the_right_to_ask_for_channels_calls_are_told_all_the_same() -> None:
    script = talking().wait(33).hang_up(LINE, REP)
    server, heard = AmiServer(script.messages, [at_event(script.messages, 4)], denied=["coreshowchannels"]), Heard()
    await listen(server, heard)
    assert [call["talk_s"] for call in heard.calls().values()] == [33.0]


async def test_a_block_that_is_no_message_is_put_aside_and_the_rest_goes_on() -> None:
    script = talking().wait(33).hang_up(LINE, REP)
    server, heard = AmiServer([*script.messages[:3], {"Nonsense": "1"}, *script.messages[3:]]), Heard()
    await listen(server, heard)
    assert [len(data) for data in heard.refused] == [len("Nonsense: 1")]
    assert len(heard.calls()) == 1


async def refusal(server: AmiServer, **given: Any) -> LostError:
    async with server.running():
        with pytest.raises(LostError) as caught:
            await source_of(settings(server, **given), FixedClock(NOW)).listen(Heard())
    return caught.value


async def test_a_wrong_login_is_told_in_one_line_and_not_tried_again_soon() -> None:
    error = await refusal(AmiServer([]), asterisk_secret=SecretStr("another"))
    assert error.hopeless
    assert "the login is refused" in str(error)
    assert "another" not in str(error)


async def test_the_secret_is_not_sent() -> None:
    server = AmiServer([])
    async with server.running():
        findings = await check(settings(server), FixedClock(NOW))
    assert findings[0].state == "ok"
    assert "challenge" in server.asked


async def test_what_knows_no_digest_is_logged_into_in_the_clear_within_this_machine_only() -> None:
    script = talking().wait(33).hang_up(LINE, REP)
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer without ids, refuse challenges, and play what there is after the login: as proxies do."""
        writer.write(b"Asterisk Call Manager/1.3\r\n")
        while action := await AmiServer._action(reader):
            asked.append(f"{action['Action']} {action.get('Secret', '')}".strip())
            known = action["Action"] == "Login"
            writer.write(wire({"Response": "Success" if known else "Error", "Message": "as asked"}))
            if known:
                writer.write(script.raw())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    given = {"asterisk_port": port, "asterisk_user": USER, "asterisk_secret": SecretStr(SECRET)}
    heard = Heard()
    async with server, asyncio.timeout(60):
        listening = asyncio.create_task(
            source_of(load_settings(asterisk_host="127.0.0.1", **given), FixedClock(NOW)).listen(heard)
        )
        while not heard.calls():  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.01)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        assert [call["talk_s"] for call in heard.calls().values()] == [33.0]
        assert asked[:2] == ["Challenge", f"Login {SECRET}"]
        asked.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with pytest.raises(LostError, match="the login is refused"):
            await Ami(reader, writer).login(USER, SECRET, in_clear=False)
        writer.close()
        assert asked == ["Challenge"]


async def found(server: AmiServer, **given: Any) -> list[tuple[str, str]]:
    async with server.running():
        findings = await check(settings(server, **given), FixedClock(NOW))
    assert all("\n" not in finding.message + finding.todo for finding in findings)
    return [(finding.state, f"{finding.message}; {finding.todo}") for finding in findings]


async def test_the_check_says_what_is_wrong_and_what_to_do() -> None:
    ((state, told),) = await found(AmiServer([]), asterisk_secret=SecretStr("another"))
    assert state == "fail"
    assert "the login is refused; set asterisk_user and asterisk_secret" in told
    assert any("write = reporting" in told for _, told in await found(AmiServer([], denied=["coreshowchannels"])))
    server = AmiServer([])
    await found(server)
    ((state, told),) = [(finding.state, finding.message) for finding in await check(settings(server), FixedClock(NOW))]
    assert (state, "cannot be reached" in told) == ("fail", True)


async def test_the_check_looks_at_the_times_of_events() -> None:
    class Echoes(AmiServer):
        """Tells the event that the check itself has sent."""

        stamp: str | None = None

        async def _action(self, reader: asyncio.StreamReader) -> Headers | None:  # type: ignore[override]
            asked = await AmiServer._action(reader)
            if asked and asked["Action"] == "UserEvent":
                self.echo = {"Event": "UserEvent", "UserEvent": asked["UserEvent"], "Privilege": "user,all"}
                if self.stamp:
                    self.echo["Timestamp"] = self.stamp
                asked["ActionID"] += "\r\n\r\n" + wire(self.echo).decode().strip()
            return asked

    server = Echoes([])
    assert any("timestampevents = yes" in told for _, told in await found(server))
    server.stamp = f"{NOW / 1000:.6f}"
    assert ("ok", "events have times; ") in await found(server)
    server.stamp = f"{NOW / 1000 - 90:.6f}"
    assert any("its clock is 90.0 s behind" in told for _, told in await found(server))


async def test_nothing_is_checked_where_no_asterisk_is_configured() -> None:
    assert await check(load_settings(), FixedClock(NOW)) == []
    ((finding),) = await check(load_settings(asterisk_host="127.0.0.1"), FixedClock(NOW))
    assert finding.message == "asterisk_user is not set"


def test_what_is_not_configured_is_told_before_anything_starts() -> None:
    with pytest.raises(RingboardError, match="asterisk_host: not set"):
        source_of(load_settings(), FixedClock(NOW))


def test_a_message_is_the_same_wherever_the_stream_is_cut() -> None:
    data = (
        b"Asterisk Call Manager/13\r\n"
        + "".join(
            wire({"Event": f"E{number}", "Queue": "Vérité", "Empty": ""}).decode() for number in range(3)
        ).encode()
    )
    whole = [read(block) for block in Splitter().feed(data)]
    assert [message.get("queue") for message in whole] == ["Vérité"] * 3
    for cut in range(len(data)):
        splitter = Splitter()
        assert [read(block) for block in (*splitter.feed(data[:cut]), *splitter.feed(data[cut:]))] == whole


async def test_calls_that_are_left_out_are_counted_by_why() -> None:
    other = "PJSIP/softphone-of-somebody-00000009"
    between = Script().new(REP, number="107", rings=True).new(OTHER, REP).set(OTHER, CallerIDNum="108")
    between.dial(REP, OTHER, "108").wait(9).hang_up(REP, OTHER)
    unsaid = Script().new(other, number="<unknown>", context="own", exten="s").wait(5).hang_up(other)
    heard = Heard()
    await listen(AmiServer(messages_of(between, unsaid, talking().wait(9).hang_up(LINE, REP)), []), heard)
    assert heard.metrics.fates == {"internal": 1, "unknown": 1}
