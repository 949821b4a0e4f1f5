"""Calls in parts: any order, repetition, gateway and restart gives one event; what never comes holds nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.events import call_parts
from stream.events.call_parts import KEPT_MS
from stream.events.refusal import Refused
from stream.mapping.parts.calls import MOST_OF_A_CALL, Calls
from tests.unit.mapping.parts.calls_in_parts import CALL, CLOUD, LEGS, at, moment, record, told
from tests.unit.mapping.writing import mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.mapping.parts.told import Told

NOW = 1_767_700_000_000
PATIENCE_MS = 60_000 + 2_000
CLOUD_MAPPING, LEG_MAPPING = mapping(CLOUD), mapping(LEGS.replace('times = { joined = "{start}" }\n', ""))
LEG_RECORDS = [
    {"call": "c1", "leg": "caller", "number": 1, "who": "+33639980001", "start": at(0), "end": at(100)},
    {"call": "c1", "leg": "rep", "number": 2, "who": "Ada", "start": at(5), "end": at(35), "talk": "30"},
    {"call": "c1", "leg": "rep", "number": 3, "who": "Ben", "start": at(40), "end": at(100), "talk": "60"},
]


def calls(text: str | None = None) -> Calls:
    mapped = CLOUD_MAPPING if text is None else mapping(text)
    assert mapped.parts is not None
    return Calls(mapped.parts)


def part(*given: Any, **more: Any) -> Told:
    (one,) = told(CLOUD_MAPPING, record(*given, **more))
    return one


def sent(found: Any) -> list[dict[str, Any]]:
    return [event for events in found for event in events]


def standing(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return max(events, key=lambda one: (one["at"], one["id"]))


class Gateways:
    """Two gateways that read one log, each of which may be started anew, and the events that they sent."""

    def __init__(self, mapped: Any) -> None:
        self._rule = mapped.parts
        self._log: list[tuple[Told, int]] = []
        self._calls = [Calls(self._rule), Calls(self._rule)]
        self.events: list[dict[str, Any]] = []
        self.now = NOW

    def post(self, told: Told, to: int) -> None:
        self._log.append((told, self.now))
        answers = [one.apply(told, self.now) for one in self._calls]
        self.events += answers[to]

    def restart(self, which: int) -> None:
        self._calls[which] = Calls(self._rule)
        for one, at_ms in self._log:
            self._calls[which].apply(one, at_ms)
        self.events += sent(self._calls[which].all_ended(self.now))

    def wait(self, ms: int) -> None:
        self.now += ms
        for one in self._calls:
            self.events += sent(one.overdue(self.now))


@given(st.data(), st.sampled_from(["cloud", "legs"]))
def test_any_order_repetition_gateway_and_restart_gives_one_event(data: st.DataObject, kind: str) -> None:
    mapped, records = (CLOUD_MAPPING, CALL) if kind == "cloud" else (LEG_MAPPING, LEG_RECORDS)
    parts = told(mapped, *records)
    plain = Gateways(mapped)
    for one in parts:
        plain.post(one, 0)
    plain.wait(PATIENCE_MS)
    gateways = Gateways(mapped)
    again = data.draw(st.lists(st.sampled_from(parts), max_size=4))
    for one in data.draw(st.permutations(parts + again)):
        gateways.post(one, data.draw(st.integers(0, 1)))
        gateways.wait(data.draw(st.sampled_from([0, 1_000, 45_000, 100_000])))
        for which in data.draw(st.sets(st.integers(0, 1))):
            gateways.restart(which)
    gateways.wait(PATIENCE_MS)
    assert standing(gateways.events) == standing(plain.events)
    assert {(one["call"], one["number"]) for one in gateways.events} == {("c1", "+33639980001")}


def test_a_call_is_told_of_once_it_is_whole_and_what_comes_later_corrects_it() -> None:
    found = calls()
    assert found.apply(part("hungup", 69), NOW) == []
    (first,) = found.apply(part("created", 0), NOW)
    assert "answered_at" not in first
    (second,) = found.apply(part("answered", 9, user="Ada"), NOW)
    assert standing([second, first]) == second
    assert second["answered_at"] == moment(9)
    assert found.apply(part("answered", 9, user="Ada"), NOW) == [second]
    assert sent(found.overdue(NOW + PATIENCE_MS)) == []


def test_a_call_that_lacks_a_part_is_told_of_without_it_after_a_while_and_counted_once() -> None:
    needs_verdict = CLOUD.replace('when = { event = "rated" }\noptional = true', 'when = { event = "rated" }')
    found = calls(needs_verdict)
    for one in (part("created", 0), part("hungup", 69)):
        assert found.apply(one, NOW) == []
    assert sent(found.overdue(NOW + PATIENCE_MS - 1)) == []
    (event,) = sent(found.overdue(NOW + PATIENCE_MS))
    assert "disposition" not in event
    assert sent(found.overdue(NOW + 10 * PATIENCE_MS)) == []
    assert found.lacking == {("rated", "told"): 1}
    assert found.apply(part("hungup", 69), NOW + PATIENCE_MS + 1) == []
    assert sent(found.overdue(NOW + 10 * PATIENCE_MS)) == []
    (whole,) = found.apply(part("rated", 99, verdict="refused"), NOW + 20 * PATIENCE_MS)
    assert standing([event, whole])["disposition"] == "refused"


def test_a_call_whose_end_never_comes_is_told_of_never_and_forgotten_after_a_day() -> None:
    found = calls()
    found.apply(part("created", 0), NOW)
    assert sent(found.overdue(NOW + KEPT_MS)) == []
    assert sent(found.all_ended(NOW + KEPT_MS)) == []
    assert len(found) == 1
    found.apply(part("created", 0, id="c2"), NOW + KEPT_MS + 1)
    assert len(found) == 1
    assert found.lacking == {("ended", "given up"): 1}
    assert len(found._waiting) == found._recent.parts == 1


def test_a_call_that_was_told_of_never_moves_to_another_number() -> None:
    found = calls()
    for one in (part("created", 9), part("hungup", 69)):
        found.apply(one, NOW)
    (later,) = found.apply(part("created", 0, customer="+33639980002"), NOW)
    assert later["number"] == "+33639980001"
    assert later["placed_at"] == moment(0)


def test_the_memory_is_bounded_and_what_waits_is_told_of_before_it_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_parts, "MOST_PARTS", 10)
    needs_verdict = CLOUD.replace('when = { event = "rated" }\noptional = true', 'when = { event = "rated" }')
    found = calls(needs_verdict)
    for number in range(50):
        for one in (part("created", 0, id=f"c{number}"), part("hungup", 69, id=f"c{number}")):
            found.apply(one, NOW)
    assert len(found) <= 6
    assert [one["call"] for one in sent(found.overdue(NOW))] == [f"c{number}" for number in range(50 - len(found))]
    assert found.lacking["rated", "told"] == 50 - len(found)


def test_a_call_of_very_many_records_is_none_and_says_so() -> None:
    found = calls()
    for number in range(MOST_OF_A_CALL):
        found.apply(part("answered", number), NOW)
    with pytest.raises(Refused, match="call: the same in over 200 records; write what those of one call share in the"):
        found.apply(part("answered", MOST_OF_A_CALL), NOW)


def test_what_cannot_be_one_call_is_refused_where_it_comes_and_is_told_of_never() -> None:
    found = calls()
    found.apply(part("created", 0), NOW)
    found.apply(part("answered", 80), NOW)
    with pytest.raises(Refused, match="lies 11 s before"):
        found.apply(part("hungup", 69), NOW)
    nobody = calls()
    nobody.apply(part("created", 0, customer=""), NOW)
    with pytest.raises(Refused, match="number: empty or missing in all parts of the call"):
        nobody.apply(part("hungup", 9, customer=""), NOW)
    late = calls(CLOUD.replace('when = { event = "rated" }\noptional = true', 'when = { event = "rated" }'))
    late.apply(part("created", 0), NOW)
    late.apply(part("answered", 80), NOW)
    with pytest.raises(Refused):
        late.apply(part("hungup", 69), NOW)
    assert sent(late.overdue(NOW + PATIENCE_MS)) == sent(late.all_ended(NOW + PATIENCE_MS)) == []


def test_a_part_of_another_mapping_is_passed_over() -> None:
    (other,) = told(LEG_MAPPING, LEG_RECORDS[0])
    assert calls().apply(other, NOW) == []
