"""A call is put together from its parts: the same in any order, however often they are told, and never made up."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.events.refusal import Refused
from stream.mapping.parts.whole import refused
from tests.unit.mapping.parts.calls_in_parts import CALL, CLOUD, LEGS, at, moment, record, told, whole
from tests.unit.mapping.writing import mapping

LEG_RECORDS = [
    {"call": "c", "leg": "caller", "number": 1, "who": "+33639980001", "start": at(0), "end": at(100)},
    {"call": "c", "leg": "rep", "number": 2, "who": "Ada", "start": at(5), "end": at(35), "talk": "30"},
    {"call": "c", "leg": "rep", "number": 3, "who": "Ben", "start": at(40), "end": at(90), "talk": "50"},
    {"call": "c", "leg": "rep", "number": 3, "who": "Ben", "start": at(40), "end": at(100), "talk": "60"},
]


@pytest.mark.parametrize("records", permutations(CALL))
def test_in_whatever_order_its_records_come_it_is_one_call(records: tuple[dict[str, str], ...]) -> None:
    got = whole(mapping(CLOUD), *records, *records)
    assert (got.lacks, got.waits, got.missing) == ((), False, None)
    assert got.fields == {
        "direction": "outbound",
        "number": "+33639980001",
        "placed_at": moment(0),
        "answered_at": moment(9),
        "rep": "Ada",
        "at": moment(69),
        "disposition": "interested",
        "talk_s": 60.0,
    }


def test_what_no_record_tells_is_absent() -> None:
    got = whole(mapping(CLOUD), record("created", 0), record("hungup", 30))
    assert got.missing is None
    assert {"answered_at", "talk_s", "rep", "disposition"}.isdisjoint(got.fields)


def test_a_call_without_a_part_that_each_has_lacks_it_and_is_not_made_up() -> None:
    mapped = mapping(CLOUD)
    ongoing = whole(mapped, record("created", 0), record("answered", 9, user="Ada"))
    assert (ongoing.lacks, ongoing.waits, ongoing.missing) == (("ended",), True, "at")
    begun_unknown = whole(mapped, record("hungup", 30))
    assert (begun_unknown.lacks, begun_unknown.missing) == (("created",), "placed_at")
    nobody = whole(mapped, record("created", 0, customer=""), record("hungup", 30, customer=""))
    assert (nobody.lacks, nobody.missing) == ((), "number")
    assert refused(nobody).message == "number: empty or missing in all parts of the call; call.ended needs it"


def test_of_several_verdicts_the_last_and_of_several_answers_the_first_is_taken() -> None:
    more = [record("rated", 95, verdict="refused"), record("answered", 40, user="Ben")]
    got = whole(mapping(CLOUD), *more, *CALL)
    assert (got.fields["disposition"], got.fields["rep"], got.fields["answered_at"]) == ("refused", "Ada", moment(9))


def test_whom_it_counts_for_is_told_by_a_part_that_each_call_has() -> None:
    later = record("rated", 95, customer="+33639980002", verdict="refused")
    mapped = mapping(CLOUD)
    assert whole(mapped, *CALL, later).fields["number"] == "+33639980001"
    assert "number" not in whole(mapped, later).fields


@given(st.permutations(LEG_RECORDS + LEG_RECORDS[:2]))
def test_the_talk_of_legs_is_summed_and_of_what_is_told_anew_about_a_leg_the_later_stands(
    records: list[dict[str, str]],
) -> None:
    got = whole(mapping(LEGS.replace("rep = {", 'answered_at = "{start}"\nrep = {').replace(JOINED, "")), *records)
    assert got.waits
    assert got.fields == {
        "direction": "inbound",
        "number": "+33639980001",
        "placed_at": moment(0),
        "at": moment(100),
        "answered_at": moment(5),
        "rep": "Ben",
        "talk_s": 90.0,
    }


JOINED = 'times = { joined = "{start}" }\n'


def test_times_that_are_no_field_may_be_reckoned_with() -> None:
    mapped = mapping(LEGS.replace("order =", 'wait_s = { between = ["#whole.placed_at", "#whole.joined"] }\norder ='))
    assert whole(mapped, *LEG_RECORDS).fields["wait_s"] == 5.0


def test_a_field_may_depend_on_what_the_whole_call_is() -> None:
    chosen = 'hangup_cause = [{ when = { "#whole.rep" = { present = true } }, text = "spoke" }]\ntalk_s ='
    mapped = mapping(CLOUD.replace("talk_s =", chosen))
    assert whole(mapped, *CALL).fields["hangup_cause"] == "spoke"
    assert "hangup_cause" not in whole(mapped, CALL[0], CALL[2]).fields


def test_times_that_cannot_be_of_one_call_are_refused() -> None:
    with pytest.raises(Refused, match="lies 10 s before"):
        whole(mapping(CLOUD), record("created", 0), record("answered", 40), record("hungup", 30))


def test_a_record_without_the_id_of_its_call_is_refused() -> None:
    with pytest.raises(Refused, match='call: "id" is empty or missing; each part names its call'):
        told(mapping(CLOUD), record("created", 0, id=""))
    with pytest.raises(Refused, match="id: empty or not there, and a part rep is told apart by it"):
        told(mapping(LEGS.replace(JOINED, "")), {**LEG_RECORDS[1], "number": ""})
