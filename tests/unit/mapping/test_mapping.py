"""Records of any form become events by the rules of a mapping."""

from __future__ import annotations

from typing import Any

import pytest

from stream.clock import FixedClock
from stream.events.refusal import Reason, Refused
from stream.mapping.wrong import WrongError
from tests.floor_in_memory import FloorInMemory
from tests.unit.mapping.writing import lead_lost, mapping, only

NOW = 1_767_200_700_000
AT = NOW - 60_000

CALLS = """
    name = "dialler"
    [[events]]
    type = "call.ended"
    call = "{uid}"
    direction = "outbound"
    placed_at = "{at}"
    at = { from = "at", plus = "secs" }
    number = "{phone}"
    talk_s = { from = "secs", decimal = "comma" }
    disposition = { from = "code", absent = ["-", "?"], map = { OK = "interested" }, otherwise = "{code}" }
    rep = { from = "member", match = '^Agent/(\\d+)' }
"""


def test_a_row_becomes_an_event_of_columns_constants_and_codes() -> None:
    record = {"uid": 7, "at": AT, "secs": "42", "phone": "06 39 98 00 01", "code": "OK", "member": "Agent/12"}
    assert list(mapping(CALLS).events(record)) == [
        {
            "id": f"dialler:call.ended:7:{AT + 42_000}",
            "type": "call.ended",
            "source": "dialler",
            "call": "7",
            "direction": "outbound",
            "placed_at": AT,
            "at": AT + 42_000,
            "number": "06 39 98 00 01",
            "talk_s": 42.0,
            "disposition": "interested",
            "rep": "12",
        }
    ]


def test_what_is_empty_or_stands_for_nothing_is_left_out() -> None:
    event = only(mapping(CALLS), {"uid": "7", "at": AT, "secs": " ", "phone": "1", "code": "-", "member": "Queue"})
    assert event.keys() == {"call", "direction", "placed_at", "at", "number"}


def test_a_code_that_the_map_does_not_name_goes_by_otherwise_or_is_refused() -> None:
    record = {"uid": "7", "at": AT, "phone": "1", "code": "NEWCODE"}
    assert only(mapping(CALLS), record)["disposition"] == "NEWCODE"
    with pytest.raises(
        Refused, match=r'^disposition: "code": a string of 7 characters that map does not name'
    ) as caught:
        list(mapping(CALLS.replace(', otherwise = "{code}"', "")).events(record))
    assert caught.value.reason == Reason.UNKNOWN_VALUE


def test_paths_lead_into_objects_and_lists_and_a_whole_name_goes_first() -> None:
    mapped = lead_lost('reason = { from = "deal.notes.1.text" }')
    assert only(mapped, {"lead": "L", "at": AT, "deal": {"notes": [{}, {"text": "price"}]}})["reason"] == "price"
    assert only(mapped, {"lead": "L", "at": AT, "deal.notes.1.text": "flat"})["reason"] == "flat"
    assert "reason" not in only(mapped, {"lead": "L", "at": AT, "deal": {"notes": "none"}})


def test_of_several_columns_the_first_that_is_not_empty_is_taken() -> None:
    mapped = lead_lost('reason = { from = ["why", "code"] }')
    assert only(mapped, {"lead": "L", "at": AT, "why": "", "code": 5})["reason"] == "5"


def test_a_list_where_a_text_belongs_is_refused() -> None:
    with pytest.raises(Refused, match="reason: a list of 2 values"):
        only(lead_lost('reason = "{reason}"'), {"lead": "L", "at": AT, "reason": [1, 2]})


@pytest.mark.parametrize(
    ("when", "record", "applies"),
    [
        ('{ s = "Won" }', {"s": " Won "}, True),
        ('{ s = "Won" }', {"s": "won"}, False),
        ('{ s = ["Won", "Lost"] }', {"s": "Lost"}, True),
        ('{ s = "Won", p = "x" }', {"s": "Won"}, False),
        ("{ s = 3 }", {"s": 3}, True),
        ("{ s = 3 }", {"s": "3"}, True),
        ('{ s = "true" }', {"s": True}, True),
        ("{ s = { present = true } }", {"s": ""}, False),
        ("{ s = { present = true } }", {"s": "0"}, True),
        ("{ s = { present = false } }", {}, True),
        ('{ s = { not = "Won" } }', {}, True),
        ('{ s = { not = ["Won", ""] } }', {}, False),
        ('{ "a.b" = "c" }', {"a": {"b": "c"}}, True),
        ('{ a = "c" }', {"a": {"b": "c"}}, False),
        ("{ a = { present = true } }", {"a": {"b": "c"}}, True),
    ],
)
def test_a_rule_applies_when_every_place_holds_what_is_asked(when: str, record: dict[str, Any], applies: bool) -> None:
    told = list(lead_lost(f"when = {when}").events({"lead": "L", "at": AT, **record}))
    assert bool(told) is applies


@pytest.mark.parametrize(
    ("told", "form", "amount"),
    [
        ("1.234,56 €", "comma", "1234.56"),
        ("1 234,5", "comma", "1234.5"),
        ("1\u202f234,56", "comma", "1234.56"),
        ("EUR 12", "comma", "12"),
        ("$1,234.56", "point", "1234.56"),
        ("1'234.56", "point", "1234.56"),
        (1054, "point", "1054"),
        (0.1, "point", "0.1"),
        ("12.50", "point", "12.5"),
        (",5", "comma", "0.5"),
    ],
)
def test_money_is_read_in_its_national_form_and_stays_exact(told: object, form: str, amount: str) -> None:
    mapped = mapping(f"""
        name = "crm"
        decimal = "{form}"
        [[events]]
        type = "lead.won"
        at = "{{at}}"
        lead = "L"
        amount = "{{sum}}"
        currency = "EUR"
    """)
    assert only(mapped, {"at": AT, "sum": told})["amount"] == amount


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("1.234,56", "point"),
        ("1,234.56", "comma"),
        ("12-", "point"),
        ("(12)", "point"),
        ("1.23.4", "comma"),
        ("x", "point"),
    ],
)
def test_money_of_the_other_form_is_refused_and_not_read_as_something_else(told: str, form: str) -> None:
    mapped = mapping(
        f'name = "a"\ndecimal = "{form}"\n[[events]]\ntype = "lead.won"\nat = "{{at}}"\nlead = "L"\namount = "{{sum}}"'
    )
    with pytest.raises(Refused, match=r'^amount: "sum": a string of \d characters? that is no amount'):
        only(mapped, {"at": AT, "sum": told})


@pytest.mark.parametrize(
    ("told", "unit", "seconds"),
    [("90", "s", 90.0), ("1500", "ms", 1.5), ("1.5", "min", 90.0), ("0.5", "h", 1800.0), ("2:03", "clock", 123.0)],
)
def test_lengths_of_time_come_out_in_seconds(told: str, unit: str, seconds: float) -> None:
    mapped = mapping(
        f"""
        name = "a"
        [[events]]
        type = "queue.left"
        at = "{{at}}"
        call = "c"
        queue = "q"
        wait_s = {{ from = "w", unit = "{unit}" }}
        """
    )
    assert only(mapped, {"at": AT, "w": told})["wait_s"] == seconds


@pytest.mark.parametrize(("told", "granted"), [("Yes", True), (0, False), (True, True), ("f", False)])
def test_consent_is_told_in_many_words(told: object, granted: bool) -> None:
    mapped = mapping('name = "a"\n[[events]]\ntype = "lead.consent"\nat = "{at}"\nlead = "L"\ngranted = "{ok}"')
    assert only(mapped, {"at": AT, "ok": told})["granted"] is granted


def test_an_id_is_of_the_event_or_of_its_place_in_a_topic_or_as_the_mapping_says() -> None:
    record = {"lead": "L", "at": AT, "n": 5}
    placed = {**record, "#topic": "crm", "#partition": 2, "#offset": 40}
    assert [e["id"] for e in lead_lost().events(record)] == [f"crm:lead.lost:L:{AT}"]
    assert [e["id"] for e in lead_lost().events(placed)] == ["crm:lead.lost:crm-2-40"]
    assert [e["id"] for e in lead_lost('id = "{n}"').events(placed)] == ["crm:lead.lost:5"]


def test_two_rules_of_one_type_never_share_an_id() -> None:
    rule = '[[events]]\ntype = "rep.state"\nid = "{n}"\nrep = "r"\nstate = "{s}"\nat = "{at}"\n'
    mapped = mapping('name = "a"\n' + rule + rule)
    ids = [event["id"] for event in mapped.events({"n": 1, "s": "paused", "at": AT})]
    assert ids == ["a:rep.state:1", "a:rep.state:1:2"]


def test_a_long_id_is_cut_to_what_an_event_can_have_and_stays_its_own() -> None:
    ids = [next(lead_lost().events({"lead": "x" * 190 + end, "at": AT}))["id"] for end in "ab"]
    assert len(set(ids)) == 2
    assert all(len(one) <= 200 for one in ids)


def test_a_rule_repeats_as_often_as_a_column_says() -> None:
    mapped = mapping("""
        name = "bank"
        made_up = "the moments of earlier calls"
        [[events]]
        type = "call.ended"
        repeat = { from = "attempts", less = 1 }
        call = "{id}/{#n}"
        direction = "outbound"
        placed_at = { from = "at", minus = { from = "#n", times = 60 } }
        at = { from = "at", minus = { from = "#n", times = 60 } }
        lead = "{id}"
    """)
    events = list(mapped.events({"id": "a", "attempts": "3", "at": AT}))
    assert [(e["call"], AT - e["at"]) for e in events] == [("a/1", 60_000), ("a/2", 120_000)]
    assert len({e["id"] for e in events}) == 2
    assert list(mapped.events({"id": "a", "attempts": 1, "at": AT})) == []
    with pytest.raises(Refused, match='repeat: "attempts"'):
        list(mapped.events({"id": "a", "attempts": "many", "at": AT}))


def test_what_is_right_in_a_record_is_told_before_what_is_wrong_is_refused() -> None:
    mapped = mapping("""
        name = "crm"
        [[events]]
        type = "lead.won"
        lead = "{id}"
        at = "{closed}"
        [[events]]
        type = "lead.qualified"
        lead = "{id}"
        at = "{opened}"
    """)
    told = mapped.events({"id": "a", "opened": AT, "closed": "soon"})
    assert next(told)["type"] == "lead.qualified"
    with pytest.raises(Refused, match=r'^at: "closed": a string of 4 characters'):
        next(told)


def test_a_field_that_each_event_of_its_type_has_is_refused_where_it_is_empty() -> None:
    with pytest.raises(Refused, match=r'^lead: "lead" is empty or missing; lead.lost needs it') as caught:
        only(lead_lost(), {"at": AT, "lead": " "})
    assert (caught.value.reason, caught.value.field) == (Reason.MISSING_FIELD, "lead")


def test_a_batch_is_a_list_of_records_and_may_lie_within_an_object() -> None:
    assert list(lead_lost().records([{"a": 1}, {"b": 2}])) == [{"a": 1}, {"b": 2}]
    assert list(lead_lost().records({"a": 1})) == [{"a": 1}]
    within = lead_lost(above='records = "data.items"')
    assert list(within.records({"data": {"items": [{"a": 1}]}})) == [{"a": 1}]
    with pytest.raises(Refused, match=r"data\.items: not there"):
        list(within.records({"data": {}}))
    told = lead_lost().records([3, {"a": 1}])
    assert next(told) == {"a": 1}
    with pytest.raises(Refused, match="a whole number instead of an object"):
        next(told)


def test_a_lead_that_is_known_by_its_number_gets_an_international_one_which_the_door_replaces() -> None:
    mapped = mapping(
        """
        name = "crm"
        [[events]]
        type = "lead.lost"
        lead = { from = "phone", region = "FR" }
        at = "{at}"
        """
    )
    (event,) = mapped.events({"phone": "06 39 98 00 01", "at": AT})
    assert event["lead"] == "+33639980001"
    floor = FloorInMemory(clock=FixedClock(NOW))
    admitted = floor.admission.admit(event)
    assert admitted is not None
    assert b"39980001" not in admitted.value + admitted.key
    with pytest.raises(Refused, match="no number of FR"):
        list(mapped.events({"phone": "none", "at": AT}))


@pytest.mark.parametrize(("told", "lead"), [("6,39980105E+08", "+33639980105"), ("6.39980105e+08", "+33639980105")])
def test_a_number_that_a_spreadsheet_wrote_with_an_exponent_is_read_if_it_has_all_digits(told: str, lead: str) -> None:
    mapped = lead_lost('rep = { from = "phone", region = "FR" }')
    assert only(mapped, {"lead": "L", "at": AT, "phone": told})["rep"] == lead
    with pytest.raises(
        Refused, match="has all of its digits, as a spreadsheet cut it short; write it where its column is text"
    ):
        only(mapped, {"lead": "L", "at": AT, "phone": "6,3998E+08"})


@pytest.mark.parametrize(
    "field",
    ['lead = "{tel}"', 'lead = { from = ["tel", "id"] }', 'lead = "crm-{tel}"', 'lead = "x"\nid = "{tel}"'],
)
def test_an_id_that_is_a_number_as_it_stands_is_found_out_before_it_is_sent(field: str) -> None:
    requested = '[[events]]\ntype = "lead.requested"\nat = "{a}"\nlead = "x"\ncampaign = "{a}"\nnumber = "{tel}"\n'
    lost = f'[[events]]\ntype = "lead.lost"\nat = "{{a}}"\n{field}\n'
    with pytest.raises(WrongError, match=r'made of "tel", a telephone number; write \{ from = "tel", region = "FR" \}'):
        mapping(f'name = "a"\n{requested}{lost}')


def test_what_means_a_number_in_one_rule_may_be_a_reps_name_in_another() -> None:
    requested = '[[events]]\ntype = "lead.requested"\nat = "{a}"\nlead = "x"\ncampaign = "{a}"\nnumber = "{value}"\n'
    mapping(f'name = "a"\n{requested}' + '[[events]]\ntype = "lead.assigned"\nat = "{a}"\nlead = "x"\nrep = "{value}"')
    with pytest.raises(WrongError, match="a telephone number"):
        mapping(f'name = "a"\n{requested}rep = "{{value}}"')


LOST = 'name = "a"\n[[events]]\ntype = "lead.lost"\n'
STARTED = 'name = "a"\n[[events]]\ntype = "call.started"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('nam = "a"', "nam: no such key (did you mean name?)"),
        ('name = "A b"', "name: a string of 3 characters; write lower-case"),
        ('name = "a"', "events: missing; write a rule"),
        ('name = "a"\n[[events]]\ntype = "lead.win"', "events 1 (lead.win), type: a string of 8 characters that names"),
        (LOST + 'lead = "x"', "events 1 (lead.lost), at: missing, and lead.lost"),
        (
            LOST + 'at = "{a}"\nlead = "x"\nraison = "y"',
            "events 1 (lead.lost), raison: lead.lost has no such field (did you mean reason?)",
        ),
        (
            LOST + 'lead = "x"\nat = { from = "a", tim = "iso" }',
            "events 1 (lead.lost), at, tim: no such key (did you mean time?)",
        ),
        (
            LOST + 'lead = "x"\nat = { from = "a", time = "european" }',
            "events 1 (lead.lost), at, time: a string of 8 characters that is no form of times; write one of iso",
        ),
        (
            LOST + 'lead = "x"\nat = { from = "a", plus = { from = "b", unit = "d" } }',
            "events 1 (lead.lost), at, plus, unit: a string of 1 character; write one of us, ms, s, min, h, clock",
        ),
        (
            STARTED + 'call = "{c}"\nat = "{a}"\ndirection = "out"\nlead = "l"',
            "events 1 (call.started), direction: a string of 3 characters that is no value of the list; write one",
        ),
        (
            STARTED + 'call = "{c}"\nat = "{a}"\ndirection = "outbound"',
            "events 1 (call.started), lead: missing, and number too",
        ),
        (
            LOST + 'lead = { from = "a", text = "b" }\nat = "{a}"',
            "events 1 (lead.lost), lead: 2 of from, text, value and made_up; write one of them",
        ),
        (
            LOST + 'lead = "x"\nat = "{a}"\nwhen = { a = { nt = "b" } }',
            "events 1 (lead.lost), when, a, nt: no such key (did you mean not?)",
        ),
        (
            LOST + 'id = "same"\nlead = "x"\nat = "{a}"',
            "events 1 (lead.lost), id: a string of 4 characters; write what no two events share",
        ),
        ('name = "a"\ntimezone = "Paris"', "timezone: a string of 5 characters that names no IANA time zone"),
        ('name = "a"\nregion = "XX"', "region: a string of 2 characters that names no telephone region"),
        ('name = "a"\ndecimal = "dot"', "decimal: a string of 3 characters; write one of point, comma"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_the_rule_the_key_and_the_right_form(text: str, told: str) -> None:
    with pytest.raises(WrongError) as caught:
        mapping(text)
    assert f"{caught.value.key}: {caught.value.message}".startswith(told)
