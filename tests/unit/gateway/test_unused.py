"""What no rule of a mapping takes is counted, and the last of it kept without anybody's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.check.unused import check_unused
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.gateway.unused import KEPT_AN_HOUR, Unused, UnusedKept
from stream.intake.outbox import Intake
from stream.intake.unused import Unused as Kept
from stream.intake.unused import read_unused
from tests.gateway_in_memory import KEY, NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve, Served

SECRET = "a secret of the tests"  # noqa: S105
PATH = "/v1/sources/crm"
MAPPING = """
name = "crm"
[sender]
token = { field = "token" }
[[events]]
type = "lead.lost"
when = { event = "lead.lost" }
at = { from = "at", time = "epoch-ms" }
lead = "{id}"
"""
LOST = {"event": "lead.lost", "id": "L-1", "at": NOW, "token": SECRET}
OTHER: dict[str, Any] = {
    "event": "call.ended",
    "token": SECRET,
    "caller": {"name": "Jeanne Martin", "phone": "+33 6 39 98 00 01", "tries": 3, "vip": True, "note": None},
    "tags": ["jeanne", "S3cr3tW0rds"],
    "06 39 98 00 01": "Ada",
}


async def served_by(serve: Serve, folder: Path) -> Served:
    (folder / "crm.toml").write_text(MAPPING)
    return await serve(gateway_sources={"crm": {"mapping": str(folder / "crm.toml"), "key": SECRET}})


def kept(served: Served) -> list[Kept]:
    read = [read_unused(one.value or b"") for one in served.broker.records]
    return [one for one in read if one is not None]


async def test_what_no_rule_takes_is_counted_and_the_first_of_its_form_kept(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path)
    assert 'ringboard_gateway_unused_total{source="crm"} 0.0' in await served.metrics()
    for _ in range(5):
        assert await served.post(PATH, OTHER) == (204, None)
    assert await served.post(PATH, LOST) == (204, None)
    assert 'ringboard_gateway_unused_total{source="crm"} 5.0' in await served.metrics()
    (one,) = kept(served)
    assert (one.unused_of, one.at, one.count) == ("crm", NOW, 1)
    assert one.fields == {
        "event": "call.ended",
        "caller": {
            "name": "a string of 13 characters",
            "phone": "a string of 17 characters",
            "tries": "a whole number",
            "vip": True,
            "note": "null",
        },
        "tags": ["a string of 6 characters", "a string of 11 characters"],
        "…": "a string of 3 characters",
    }
    told = str([one.value for one in served.broker.records])
    assert not any(word in told for word in ("Jeanne", "jeanne", "98 00", "S3cr3t", SECRET))


async def test_of_a_batch_each_record_counts_and_an_empty_one_is_one(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(MAPPING.replace("[sender]", "").replace('token = { field = "token" }', ""))
    served = await serve(gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": SECRET}})
    headers = {"X-Api-Key": SECRET}
    assert (await served.post(PATH, [OTHER, LOST, {"event": "lead.won"}], headers=headers))[0] == 204
    assert (await served.post(PATH, [], headers=headers))[0] == 204
    assert 'ringboard_gateway_unused_total{source="crm"} 3.0' in await served.metrics()
    status, _ = await served.post(PATH, [{"event": "lead.lost"}], headers=headers)
    assert status == 422  # what is refused is no record that no rule took
    assert 'ringboard_gateway_unused_total{source="crm"} 3.0' in await served.metrics()


async def test_what_the_broker_did_not_take_is_kept_when_it_comes_again(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path)
    served.broker.away = True
    assert (await served.post(PATH, OTHER))[0] == 503
    assert 'ringboard_gateway_unused_total{source="crm"} 0.0' in await served.metrics()
    served.broker.away = False
    assert await served.post(PATH, OTHER) == (204, None)
    assert [one.count for one in kept(served)] == [1]


async def test_one_that_no_rule_took_is_kept_beside_one_that_is_refused(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(MAPPING.replace("[sender]", "").replace('token = { field = "token" }', ""))
    served = await serve(gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": SECRET}})
    batch = [{"event": "lead.won"}, {"event": "lead.lost"}]
    assert (await served.post(PATH, batch, headers={"X-Api-Key": SECRET}))[0] == 422
    assert [one.fields for one in kept(served)] == [{"event": "lead.won"}]
    assert 'ringboard_gateway_unused_total{source="crm"} 1.0' in await served.metrics()


def test_a_few_an_hour_are_kept_of_a_source_whatever_it_sends(tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    intake = Intake(load_settings(data_dir=str(tmp_path), pseudonym_key=KEY), clock)
    chosen = UnusedKept(intake)

    def take(source: str, record: Any) -> bool:
        unused = Unused()
        unused.take(record)
        return chosen.record_of(source, unused) is not None

    assert [take("crm", {str(number): 1}) for number in range(8)] == [True] * KEPT_AN_HOUR + [False] * 3
    assert take("forms", {"a": {"b": 1}})
    assert not take("forms", {"a": {"b": 2}})
    assert take("forms", {"a": {"c": 1}})
    assert take("forms", 7)
    clock.advance(3_600_000)
    assert take("crm", {"9": 1})
    assert take("forms", {"a": {"b": 1}})
    assert chosen.record_of("crm", Unused()) is None


async def test_a_record_as_deep_and_wide_as_can_be_costs_a_bounded_one(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path)
    deep: Any = "x"
    for _ in range(60):
        deep = {"a": [deep]}
    await served.post(PATH, {"token": SECRET, "deep": deep, "wide": {f"f{number}": "é" * 9 for number in range(3_000)}})
    (record,) = served.broker.records
    assert len(record.value or b"") < 20_000


async def test_the_check_says_it_until_the_mapping_takes_most(serve: Serve, tmp_path: Path) -> None:
    served = await served_by(serve, tmp_path)
    assert await check_unused(load_settings(), served.url) == []
    await served.post(PATH, OTHER)
    (found,) = await check_unused(load_settings(), served.url)
    assert (found.state, found.what) == ("warn", "gateway, crm")
    assert found.message == "since it began no rule took 1 of its records, and the others gave 0 events"
    assert "look at them (`ringboard unused show`), and correct its mapping" in found.todo
    for number in range(2):
        await served.post(PATH, LOST | {"id": f"L-{number}"})
    (found,) = await check_unused(load_settings(), served.url)
    assert found.state == "ok"
    assert await check_unused(load_settings(), "http://127.0.0.1:1") == []
