"""A rule with parts that cannot be meant is refused in one line, and so is what has no effect in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.errors import RingboardError
from stream.mapping.loading import load_mapping
from stream.mapping.wrong import WrongError
from tests.unit.mapping.parts.calls_in_parts import CLOUD, LEGS
from tests.unit.mapping.writing import mapping

if TYPE_CHECKING:
    from pathlib import Path

TYPE = 'type = "call.ended"'
ANSWERED = 'when = { event = "answered" }'
CREATED = 'when = { event = "created" }'

# ruff: noqa: E501  a line a case
WRONG = [
    (TYPE, 'type = "call.started"', "of no effect on call.started; of all events call.ended alone is told in parts"),
    (
        TYPE,
        f'{TYPE}\nid = "{{id}}"',
        "id: of no effect beside parts, as a call is known by its id and what is known of it",
    ),
    (TYPE, f"{TYPE}\npatience_s = 0", "patience_s: a whole number; write seconds, 1 to 86400"),
    (
        TYPE,
        f'{TYPE}\norder = "7"',
        'order: a string of 1 character; write what says which record is earlier: order = "{sequence}"',
    ),
    (TYPE, f'{TYPE}\nage = "7"', "age: call.ended has no such field"),
    ('call = "{id}"\n', "", 'call: missing above parts; write what records of one call share: call = "{call_id}"'),
    (
        'placed_at = "{at}"',
        "optional = true",
        "placed_at: told by no part that each call has, and call.ended needs it; write it above the parts, or in one that is",
    ),
    ('number = "{customer}"', "", "number: told by no part that each call has, and lead neither; write it above"),
    (
        '"#whole.answered_at"',
        '"answered_at"',
        'made of the whole call and of "answered_at", a column; take that into a',
    ),
    (
        "#whole.answered_at",
        "#whole.answered",
        '"#whole.answered": no part tells that (did you mean answered_at?); write it into a part',
    ),
    (
        '"#whole.at"] }',
        '"#whole.at"], time = "iso" }',
        "talk_s, time: of no effect on what is made of #whole; leave it out",
    ),
    (
        'number = "{customer}"',
        'number = "{#whole.rep}"',
        "number: made of #whole; it is of one record: name a column",
    ),
    (ANSWERED, f'{ANSWERED}\ntalk_s = "{{talk}}"', "talk_s: told by part answered, and made of #whole; leave one out"),
    (
        ANSWERED,
        f'{ANSWERED}\nnumber = "{{to}}"',
        "answered, number: of no effect in an optional part, for which no call",
    ),
    (ANSWERED, f'{ANSWERED}\ncall = "{{id}}"', "answered, call: of no effect in a part; write it above the parts"),
    (
        ANSWERED,
        f'{ANSWERED}\nid = "{{id}}"',
        "answered, id: of no effect without several = true, as a call has one of it",
    ),
    (
        ANSWERED,
        f'{ANSWERED}\nwait_s = "{{#whole.at}}"',
        "answered: made of #whole, the whole call; write that field above",
    ),
    (ANSWERED, f"{ANSWERED}\nseveral = 1", "answered, several: a whole number; write true or false"),
    (ANSWERED, f"{ANSWERED}\ntimes = 1", 'times: a whole number; write what is no field: times = { joined = "{at}" }'),
    (
        ANSWERED,
        f'{ANSWERED}\ntimes = {{ at = "{{x}}" }}',
        "times, at: a field of the event, or no name; write a name of",
    ),
    (
        ANSWERED,
        f'{ANSWERED}\ntimes = {{ joined = "{{x}}" }}',
        'times, joined: of no effect, as nothing is made of it; write "#whole.joined" in a field',
    ),
    (
        'rep = "{user}"',
        'rep = { from = "user", take = "sum" }',
        'answered, rep, take: a sum is of seconds, in a part with several = true; write "last"',
    ),
    (
        'answered_at = "{at}"',
        'answered_at = { from = "at", take = "last" }',
        "answered_at, take: of no effect on answered_at, of which a call has one; leave it out",
    ),
    (
        ANSWERED,
        f'{ANSWERED}\ndisposition = {{ from = "v", take = "first" }}',
        "disposition, take: another one than above; write the same wherever disposition is told",
    ),
]


@pytest.mark.parametrize(("old", "new", "why"), WRONG)
def test_a_wrong_one_is_refused_with_what_is_right(old: str, new: str, why: str) -> None:
    assert CLOUD.count(old)
    with pytest.raises(WrongError) as wrong:
        mapping(CLOUD.replace(old, new, 1))
    assert why in f"{wrong.value.key}: {wrong.value.message}"
    assert wrong.value.key.startswith("events 1 (")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (
            "parts = true",
            "parts: a boolean; write [events.parts.answered] and below it when = { … } and the fields that it tells",
        ),
        ("parts = { a = 1 }", "parts, a: a whole number; write [events.parts.answered] and below it"),
        (
            "parts = { a = { optional = true } }",
            "all of them are optional, so that no call is ever whole; leave one without",
        ),
        (
            'parts = { a = { at = "{a}", placed_at = "{p}", number = "{n}", direction = "inbound" }, b = { optional = true } }',
            "parts, b: of no effect, as it tells nothing, and no call waits for it; leave it out",
        ),
        (
            'parts = { a = { several = true, id = "1" } }',
            'parts, a, id: a string of 1 character; write what no two of these share: id = "{leg_id}"',
        ),
    ],
)
def test_what_is_no_part_is_refused(parts: str, why: str) -> None:
    with pytest.raises(WrongError) as wrong:
        mapping(f'name = "x"\n[[events]]\n{TYPE}\ncall = "{{id}}"\n{parts}\n')
    assert why in f"{wrong.value.key}: {wrong.value.message}"


def test_one_rule_has_parts_and_nothing_moves_its_rows() -> None:
    rules = CLOUD.partition("[[events]]")[2]
    with pytest.raises(WrongError, match="a rule above has parts, too; write all of them into one rule"):
        mapping(f"{CLOUD}\n[[events]]\n{rules}")
    moved = (
        'made_up = "hours"\nsqueeze = { since = 2016-10-01, until = 2018-01-01, into_days = 28 }\ntimezone = "UTC"\n'
    )
    with pytest.raises(WrongError, match="of no effect beside squeeze, which moves rows; leave squeeze out"):
        mapping(moved + CLOUD)


def test_an_id_made_of_a_telephone_number_is_found_in_a_part_too() -> None:
    with pytest.raises(WrongError, match='made of "customer", a telephone number'):
        mapping(CLOUD.replace(CREATED, f'{CREATED}\nlead = "{{customer}}"'))


def test_where_records_are_read_one_by_one_no_call_comes_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "legs.toml"
    path.write_text(LEGS.replace('times = { joined = "{start}" }\n', ""))
    assert load_mapping(path).parts is not None
    with pytest.raises(
        RingboardError, match=r"legs\.toml: parts: read by `ringboard gateway` and `ringboard replay` alone"
    ):
        load_mapping(path, one_by_one=True)
