"""What a good key posts may be junk: the answer stays small, all of it is kept, and others have their turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.gateway.own_events import each_event
from stream.gateway.submission import BATCH_BYTES, BATCH_RECORDS, MOST_NAMED, REFUSED_BYTES, REFUSED_TIMES
from stream.intake.rejected import MAX_KEPT_BYTES, Rejected, read_rejected
from tests.gateway_in_memory import NOW
from tests.unit.gateway.test_own_events import request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kafka.producer import Record
    from tests.gateway_in_memory import Serve, Served

EVENTS = "/v1/events"
BY_LINE = {"Content-Type": "application/x-ndjson"}
LARGEST_ANSWER = 100_000


class Watched:
    """The broker of a gateway, which counts what it is sent, batch by batch, and keeps only what is counted."""

    def __init__(self, gateway: Served) -> None:
        self.batches: list[tuple[int, int]] = []
        self.rejected: list[Rejected] = []
        self.rejected_bytes = 0
        self.taken = 0
        self._topic = f"{gateway.broker.settings.app_id}.rejected.v1"

    async def send(self, records: Sequence[Record]) -> None:
        self.batches.append((len(records), sum(len(one.value) for one in records)))
        for one in records:
            if one.topic == self._topic:
                rejected = read_rejected(one.value)
                assert isinstance(rejected, Rejected)
                self.rejected.append(rejected)
                self.rejected_bytes += len(one.value)
            else:
                self.taken += 1


async def posted(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, body: bytes, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any], Watched, int]:
    """Post `body`, and return status, answer, what the broker saw, and how often health was answered meanwhile."""
    gateway = await serve()
    watched = Watched(gateway)
    monkeypatch.setattr(gateway.broker, "send", watched.send)
    post = asyncio.create_task(gateway.post(EVENTS, body, headers=BY_LINE if headers is None else headers))
    healthy = 0
    while not post.done():
        async with gateway.client.get(gateway.url + "/healthz") as answer:
            assert answer.status == 200
            healthy += not post.done()
        assert gateway.gateway.room.held_bytes <= len(body)
    status, told = await post
    assert len(orjson.dumps(told)) < LARGEST_ANSWER
    assert told.get("refused") in {None, sum(told.get("reasons", {}).values())}
    return status, told, watched, healthy


async def test_many_lines_of_junk_have_a_short_answer_and_are_all_kept_in_few_records(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = 60_000
    body = b"x\n" * (lines // 2) + orjson.dumps(request(1)) + b"\n" + b"[]\n" * (lines // 2)
    status, answer, watched, healthy = await posted(serve, monkeypatch, body)
    assert (status, answer["accepted"], answer["refused"]) == (200, 1, lines)
    assert answer["reasons"] == {"malformed_json": lines // 2, "not_an_object": lines // 2}
    assert [one["line"] for one in answer["lines"]] == list(range(1, MOST_NAMED + 1))
    assert watched.taken == 1
    assert sum(lines_of(one) for one in watched.rejected) == lines
    assert sum(one.size for one in watched.rejected) <= len(body)
    assert watched.rejected_bytes <= REFUSED_BYTES + (REFUSED_TIMES + 2) * len(body)
    assert max(count for count, _ in watched.batches) <= BATCH_RECORDS + 1
    assert healthy > 0
    bundle = next(one for one in watched.rejected if lines_of(one) > 1)
    assert bundle.message.startswith(f"{lines_of(bundle)} refused lines kept together, from line {bundle.offset} to ")
    counts = [int(each.split()[1]) for each in bundle.message.rpartition(": ")[2].split(", ")]
    assert sum(counts) == lines_of(bundle)


def lines_of(rejected: Rejected) -> int:
    return 1 + rejected.content.count(b"\n")


async def test_events_with_a_mistake_are_kept_each_by_itself_however_many_they_are(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [
        orjson.dumps(request(number, at="soon", campaign="a campaign with a long name, as some have"))
        for number in range(3_000)
    ]
    _, answer, watched, _ = await posted(serve, monkeypatch, b"\n".join(wrong))
    assert answer["reasons"] == {"wrong_type": 3_000}
    assert [one.offset for one in watched.rejected] == list(range(1, 3_001))
    assert {one.field for one in watched.rejected} == {"at"}
    assert all(size <= 2 * BATCH_BYTES for _, size in watched.batches)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"x" * 1_000_000, "malformed_json"),
        (b"9" * 1_000_000, "not_an_object"),
        (b'{"id":"' + b"a" * 1_000_000 + b'"}', "missing_field"),
        (b'{"a":' * 200_000, "too_deep"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b"\x00" * 500_000, "malformed_json"),
        (b"\xff\xfe" * 100_000, "bad_encoding"),
        (b'{"type":"lead.lost","id":"a","at":' + b"1" * 500_000 + b',"lead":"a"}', "wrong_type"),
        (b'{"a":1e' + b"9" * 500_000 + b"}", "missing_field"),
        (b"y" * 2_000_000, "too_large"),
    ],
    ids=range(10),
)
async def test_one_enormous_line_is_refused_and_kept_up_to_a_megabyte(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, body: bytes, reason: str
) -> None:
    status, answer, watched, _ = await posted(serve, monkeypatch, body)
    assert (status, answer["refused"]) == (422, 1)
    assert list(answer["reasons"]) == [reason]
    (kept,) = watched.rejected
    assert kept.size == len(body)
    assert watched.rejected_bytes <= 2 * MAX_KEPT_BYTES


async def test_a_list_of_a_million_nothings_is_read_element_by_element(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"[" + b"1," * 60_000 + b"[{}]," * 100 + orjson.dumps(request(1)) + b"]"
    _, answer, watched, healthy = await posted(serve, monkeypatch, body, {})
    assert (answer["accepted"], answer["reasons"]) == (1, {"not_an_object": 60_100})
    assert watched.rejected_bytes <= REFUSED_BYTES + (REFUSED_TIMES + 2) * len(body)
    assert healthy > 0


@pytest.mark.parametrize(
    "nested", [b"{" + b'"a":{},' * 5_000 + b'"b":{"c":["}","]",{}]}}', b'"]}{[\\""', b"[[[[]]]]", b"1.5e3"]
)
def test_an_element_of_a_list_ends_where_it_ends(nested: bytes) -> None:
    body = b" [ " + nested + b' , {"id":"a]}","b":"\\"}"},\n\ttrue,"x",-3,{}] '
    found = [one for one in each_event(body, "application/json") if one is not None]
    expected = [nested, b'{"id":"a]}","b":"\\"}"}', b"true", b'"x"', b"-3", b"{}"]
    assert found == list(enumerate(expected, 1))
    assert [orjson.loads(one) for _, one in found] == orjson.loads(body)


def test_while_nothing_but_blank_lines_come_others_have_their_turn() -> None:
    found = list(each_event(b"{}\n" + b"\n" * 10_000 + b"{}\n{}", "application/x-ndjson"))
    assert [one for one in found if one is not None] == [(1, b"{}"), (10_002, b"{}"), (10_003, b"{}")]
    assert found.count(None) == 5


async def test_a_flood_of_junk_to_a_mapped_source_is_kept_once(serve: Serve, tmp_path: Any) -> None:
    (tmp_path / "crm.toml").write_text(
        'name = "crm"\n[[events]]\ntype = "lead.lost"\nat = { from = "at", time = "epoch-ms" }\nlead = "{id}"\n'
    )
    gateway = await serve(gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": "k" * 20}})
    key = {"X-Api-Key": "k" * 20}
    bodies: list[Any] = [[1] * 100_000, [{"at": NOW}] * 20_000, [[]] * 50_000]
    for junk in bodies:
        status, answer = await gateway.post("/v1/sources/crm", junk, headers=key)
        assert (status, answer["accepted"]) == (422, 0)
    assert len(gateway.broker.of("rejected")) == 3
