"""What a mapping says beyond a column for a field: defaults, conditions, lists, tables, revisions, ends of leads."""

from __future__ import annotations

from typing import Any

import pytest

from stream.events.refusal import Reason, Refused
from stream.mapping.wrong import WrongError
from tests.unit.mapping.writing import lead_lost, mapping, only

AT = 1_767_200_640_000


def reason(told: str, above: str = "", /, **record: object) -> Any:
    return only(lead_lost(f"reason = {told}", above), {"lead": "L", "at": AT, **record}).get("reason")


def test_an_empty_cell_is_what_empty_says() -> None:
    assert reason('{ from = "why", empty = "unknown" }', why=" ") == "unknown"
    assert reason('{ from = "why", empty = "unknown" }', why="price") == "price"
    assert reason('{ from = "why", absent = "n/a", empty = "{code}" }', why="n/a", code=5) == "5"
    assert reason('{ from = "why", map = { p = "price" }, otherwise = "other", empty = "unknown" }') == "unknown"
    assert reason('{ text = "{a}-{b}", empty = "unknown" }', a="x") == "unknown"


def test_one_column_or_another_is_taken_by_a_condition() -> None:
    mapped = mapping("""
        name = "pbx"
        [[events]]
        type = "call.started"
        at = "{at}"
        call = "{id}"
        direction = "{way}"
        number = [
            { when = { way = "outbound" }, from = "to" },
            { when = { way = "inbound" }, from = "from" },
        ]
        rep = [{ when = { way = "outbound" }, from = "by" }, "desk {desk}"]
        queue = { when = { way = "inbound" }, from = "queue" }
    """)
    record = {"at": AT, "id": 1, "to": "1", "from": "2", "by": "Ada", "desk": 4, "queue": "sales"}
    out, into = (only(mapped, {**record, "way": way}) for way in ("outbound", "inbound"))
    assert (out["number"], out["rep"], out.get("queue")) == ("1", "Ada", None)
    assert (into["number"], into["rep"], into.get("queue")) == ("2", "desk 4", "sales")
    with pytest.raises(Refused, match='"way": a string of 4 characters that is no value of the list'):
        only(mapped, {**record, "way": "both"})


@pytest.mark.parametrize(
    ("record", "applies"),
    [({"a": 1}, True), ({"b": 2, "c": 3}, True), ({"b": 2}, False), ({}, False), ({"a": 1, "b": 2, "c": 3}, True)],
)
def test_of_several_conditions_one_that_holds_is_enough(record: dict[str, Any], applies: bool) -> None:
    mapped = lead_lost('when = [{ a = "1" }, { b = "2", c = "3" }]')
    assert bool(list(mapped.events({"lead": "L", "at": AT, **record}))) is applies
    assert mapped.columns >= {("a",), ("b",), ("c",)}
    assert reason('[{ when = [{ a = "1" }, { b = "2", c = "3" }], value = "yes" }, "no"]', **record) == (
        "yes" if applies else "no"
    )


PHONES = {"phones": [{"of": "home", "value": "1"}, {"of": "work", "value": " "}, {"of": "work", "value": "3"}]}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ('"{phones.0.value}"', "1"),
        ('"{phones.last.value}"', "3"),
        ('"{phones.*.value}"', "1"),
        ('{ in = "phones", where = { of = "work" }, from = "value" }', "3"),
        ('{ in = "phones", where = { of = { not = "home" } }, from = ["fax", "value"] }', "3"),
        ('{ in = "phones", which = "last", from = "of" }', "work"),
        ('{ in = "phones", where = { of = "fax" }, from = "value", empty = "none" }', "none"),
        ('{ in = "none", where = { of = "fax" }, from = "value" }', None),
        ('{ from = "tags.*", match = "^why:(.*)" }', "price"),
        ('{ from = "tags.*", absent = ["vip"] }', "why:price"),
        ('{ from = "tags.last" }', "why:price"),
        ('{ from = "none.last" }', None),
        ('{ from = "groups.*.members.*.name" }', "Ada"),
        ('{ in = "groups.*.members", where = { lead = "true" }, from = "name" }', "Ben"),
        ('{ from = "empty.last" }', None),
    ],
)
def test_of_a_list_any_the_first_the_last_or_the_one_that_matches_is_taken(told: str, found: str | None) -> None:
    groups = [{"members": []}, {"members": [{"name": "Ada"}, {"name": "Ben", "lead": True}]}]
    assert reason(told, **PHONES, tags=["vip", "why:price"], groups=groups, empty=[]) == found


@pytest.mark.parametrize(
    ("when", "applies"),
    [
        ('{ "tags.*" = "vip" }', True),
        ('{ "tags.*" = ["gold", "vip"] }', True),
        ('{ "tags.*" = "gold" }', False),
        ('{ "tags.*" = { not = "gold" } }', True),
        ('{ "tags.*" = { not = ["new", "gold"] } }', False),
        ('{ "tags.*" = { present = true } }', True),
        ('{ "none.*" = { present = false } }', True),
        ('{ "none.*" = "" }', True),
        ('{ "phones.*.of" = "work" }', True),
        ('{ "tags.last" = "new" }', True),
    ],
)
def test_a_condition_on_a_list_holds_if_any_of_it_does(when: str, applies: bool) -> None:
    record = {"lead": "L", "at": AT, **PHONES, "tags": ["vip", "new"]}
    assert bool(list(lead_lost(f"when = {when}").events(record))) is applies


def test_codes_are_looked_up_in_a_table_of_the_file() -> None:
    table = '[tables.reasons]\n"17" = "price"\nx = "moved"'
    told = '{ from = "why", map = "reasons", otherwise = "other", empty = "unknown" }'
    assert [reason(told, table, why=why) for why in (17, "x", "y", "")] == ["price", "moved", "other", "unknown"]


def test_records_of_a_list_within_lists_are_each_read_with_the_object_around_them() -> None:
    mapped = lead_lost('reason = "{#outer.kind}/{#outer.#outer.account}"', 'records = "visits.*.leads"')
    payload = {
        "account": "A",
        "visits": [{"kind": "x", "leads": [{"lead": 1, "at": AT}, {"lead": 2, "at": AT}]}, {"kind": "y", "leads": []}],
    }
    assert [(e["lead"], e["reason"]) for e in mapped.events_of(payload)] == [("1", "x/A"), ("2", "x/A")]
    with pytest.raises(Refused, match=r"visits\.\*\.leads: not there; correct records"):
        list(mapped.events_of({"account": "A"}))


def test_a_rule_makes_an_event_for_each_of_a_list() -> None:
    mapped = mapping("""
        name = "crm"
        [[events]]
        type = "lead.merged"
        repeat = { each = "merged" }
        lead = "{#each}"
        into = "{id}"
        at = "{at}"
        [[events]]
        type = "lead.withdrawn"
        when = { deleted = "true" }
        lead = "{id}"
        at = "{at}"
    """)
    got = list(mapped.events({"id": 7, "merged": [8, 9], "at": AT, "deleted": True}))
    assert [(e["type"], e["lead"], e.get("into")) for e in got] == [
        ("lead.merged", "8", "7"), ("lead.merged", "9", "7"), ("lead.withdrawn", "7", None),
    ]  # fmt: skip
    assert len({e["id"] for e in got}) == 3
    assert [e["lead"] for e in mapped.events({"id": 7, "merged": 8, "at": AT})] == ["8"]
    assert list(mapped.events({"id": 7, "at": AT})) == []
    with pytest.raises(Refused, match=r'repeat: "merged": a list of 1001 values; a record has up to 1000 of each'):
        list(mapped.events({"id": 7, "merged": [1] * 1001, "at": AT}))


def test_a_revision_is_a_whole_number_or_a_time() -> None:
    assert only(lead_lost('revision = "{v}"'), {"lead": "L", "at": AT, "v": "3"})["revision"] == 3
    told = 'revision = { from = "v", time = "iso" }'
    above = 'made_up = "x"\nsqueeze = { since = 2025-01-01T00:00:00Z, until = 2027-01-01T00:00:00Z, into_days = 1 }'
    record = {"lead": "L", "at": AT, "v": "2026-01-05T09:00:00Z"}
    assert only(lead_lost(told, above), record)["revision"] == 1_767_603_600_000
    with pytest.raises(
        Refused,
        match='revision: "v": a string of 3 characters that is no whole number; write 3, or say',
    ):
        only(lead_lost('revision = "{v}"'), {"lead": "L", "at": AT, "v": "3.5"})


def test_a_lead_that_another_is_merged_into_may_be_known_by_its_number() -> None:
    rule = '[[events]]\ntype = "lead.merged"\nat = "{a}"\nlead = "x"\ninto = '
    requested = '[[events]]\ntype = "lead.requested"\nat = "{a}"\nlead = "x"\ncampaign = "c"\nnumber = "{tel}"\n'
    with pytest.raises(WrongError, match='made of "tel", a telephone number'):
        mapping(f'name = "a"\n{requested}{rule}"{{tel}}"')
    assert mapping(f'name = "a"\n{requested}{rule}{{ from = "tel", region = "FR" }}')


@pytest.mark.parametrize("lead", ['"{to}"', '[{ when = { way = "out" }, from = "to" }, "x"]'])
def test_an_id_that_is_a_number_is_found_out_whichever_way_the_number_is_taken(lead: str) -> None:
    number = 'number = [{ when = { way = "out" }, from = "to" }, "{from}"]'
    rule = f'[[events]]\ntype = "call.started"\nat = "{{a}}"\ncall = "c"\ndirection = "{{way}}"\n{number}\nlead = '
    with pytest.raises(WrongError, match='made of "to", a telephone number'):
        mapping(f'name = "a"\n{rule}{lead}')
    assert mapping(f'name = "a"\n{rule}"{{id}}"')


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ('{ from = "a", otherwise = "x" }', "reason, otherwise: of no effect without map; for an empty cell write"),
        ('{ from = "a", map = { "" = "x" } }', 'reason, map, "": of no effect on an empty cell: write empty = "…"'),
        ('{ from = "a", map = { " b" = "x" } }', "reason, map: a string of 2 characters with blanks around it, which"),
        ('{ from = "a", map = {} }', "reason, map: an object of 0 fields; write a table of values"),
        ('{ from = "a", map = "reps" }', "reason, map: a string of 4 characters that names no table"),
        ('{ from = "a", absent = ["", "-"] }', 'reason, absent, "": of no effect on an empty cell: it counts as'),
        ('{ from = "a", empty = "" }', "reason, empty: an empty string; write what stands for an empty cell"),
        ('{ value = "a", map = { a = "b" } }', "reason, map: of no effect on what is always the same; leave it out"),
        ('{ text = "a", empty = "b" }', "reason, empty: of no effect on what is always the same"),
        ('{ from = "a", where = { b = "c" } }', "reason, where: of no effect without in, which names the list"),
        ('{ text = "{a}", in = "b" }', "reason, in: of no effect without from, which names what is taken"),
        ('{ from = "a", in = 3 }', "reason, in: a whole number; write the path to a list"),
        ('{ from = "a", in = "b", which = "any" }', "reason, which: a string of 3 characters; write one of first"),
        ('["a", "b"]', "reason, 2: never reached, as the one above it has no when; write the one without when last"),
        ("[]", "reason: a list of 0 values; write"),
        ('{ from = "a", when = [{ b = "c" }, {}] }', "reason, when, 2: an object of 0 fields; write what each"),
        ('{ from = "a", when = [[{ b = "c" }]] }', "reason, when, 1: a list in a list; write when = [{ status"),
        ('{ from = "a", when = [] }', "reason, when: a list of 0 values; write what each column may be"),
        ('{ from = "a", when = {} }', "reason, when: an object of 0 fields; write what each column may be"),
        ('{ from = "a", when = { b = {} } }', "reason, when, b: an empty table; write"),
        ('"{#outer.x}"', 'events: #outer, the object around a record, needs records = "data.items" above all rules'),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_refused_with_the_right_form(told: str, wrong: str) -> None:
    with pytest.raises(WrongError) as caught:
        lead_lost(f"reason = {told}")
    assert f"{caught.value.key}: {caught.value.message}".removeprefix("events 1 (lead.lost), ").startswith(wrong)


@pytest.mark.parametrize(
    ("above", "wrong"),
    [
        ("tables = 3", "tables: a whole number; write [tables.reps] and the codes below it"),
        ("[tables.reps]\na = true", None),
        ("[tables.reps]\na = []", "tables, reps: an object of 1 field; write a table of values: reps"),
        ("[tables.reps]", "tables, reps: an object of 0 fields; write a table of values: reps"),
        ('[tables.reps]\na = "b"', 'tables, reps: of no effect, as no rule looks into it; write map = "reps" in one'),
    ],
)
def test_a_table_that_is_wrong_or_never_looked_into_is_refused(above: str, wrong: str | None) -> None:
    if wrong is None:
        assert lead_lost('reason = { from = "a", map = "reps" }', above)
        return
    with pytest.raises(WrongError) as caught:
        lead_lost("", above)
    assert f"{caught.value.key}: {caught.value.message}".startswith(wrong)


def test_a_time_cannot_be_made_of_an_empty_cell() -> None:
    with pytest.raises(WrongError, match="a time is of what stands in a record; name another column: from = "):
        lead_lost('at = { from = "a", empty = "b" }')
    with pytest.raises(WrongError, match="of no effect beside made_up, which reads no column"):
        lead_lost('at = { made_up = "2026-01-05", time = "iso" }', 'made_up = "x"')
    with pytest.raises(WrongError, match=r"of no effect, as direction is one of inbound, outbound"):
        mapping(
            'name = "a"\n[[events]]\ntype = "call.started"\nat = "{a}"\ncall = "c"\nlead = "l"\n'
            'direction = { from = "d", region = "FR" }'
        )


def test_a_reason_is_of_the_record() -> None:
    with pytest.raises(Refused) as caught:
        only(lead_lost('reason = { from = "why", map = { p = "price" } }'), {"lead": "L", "at": AT, "why": "q"})
    assert caught.value.reason == Reason.UNKNOWN_VALUE
