"""Loss: when a risk ends, how, and whose it is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from stream.kpi.codes import measure_of, minute_of
from stream.kpi.facts import AT_RISK, RISK_KEPT, RISK_LOST, Consent, Risk
from stream.kpi.measures import RISKS_KEPT, RISKS_LOST
from stream.kpi.risks import fading_at, open_risk_of, risk_rows
from stream.kpi.rules import Rules
from tests.unit.kpi.telling import MINUTE, NINE

if TYPE_CHECKING:
    from stream.kpi.cells import Row


def risk(minute: int, name: str = "k1", **more: Any) -> Risk:
    return Risk(NINE + minute * MINUTE, name, AT_RISK, **more)


def kept(minute: int, name: str = "k2", **more: Any) -> Risk:
    return Risk(NINE + minute * MINUTE, name, RISK_KEPT, **more)


def lost(minute: int, name: str = "k3", **more: Any) -> Risk:
    return Risk(NINE + minute * MINUTE, name, RISK_LOST, **more)


FADES = 60
RULES = Rules(risk=FADES * MINUTE)


def rows_of(*facts: Risk | Consent) -> list[Row]:
    return risk_rows(facts, RULES)


def told(*facts: Risk) -> dict[int, list[int]]:
    """The minutes, from nine o'clock on, of what the rows of each measure belong to."""
    found: dict[int, list[int]] = {RISKS_KEPT: [], RISKS_LOST: []}
    for slot, _, (code,) in rows_of(*facts):
        assert isinstance(code, int)
        minute = slot if slot >= 0 else minute_of(code)
        assert (slot < 0) == (code > RISKS_LOST)
        found[measure_of(code)].append(minute - NINE // MINUTE)
    return found


def test_of_a_customer_at_risk_it_is_known_since_when_and_until_when() -> None:
    for facts, begun in (
        ((risk(0),), risk(0)),
        ((risk(0), risk(9, "k4")), risk(0)),
        ((risk(0), risk(FADES + 1, "k4")), risk(FADES + 1, "k4")),
        ((risk(0), kept(9)), None),
        ((risk(0), lost(9)), None),
        ((), None),
    ):
        assert open_risk_of(facts, RULES) == begun
        assert fading_at(facts, RULES) == (None if begun is None else begun.at + FADES * MINUTE)


def test_a_risk_belongs_to_the_moment_it_ended() -> None:
    assert told(risk(0), kept(9)) == {RISKS_KEPT: [9], RISKS_LOST: []}
    assert told(risk(0), lost(9)) == {RISKS_KEPT: [], RISKS_LOST: [9]}


def test_a_risk_of_which_nothing_is_heard_fades_and_what_comes_later_takes_that_back() -> None:
    assert told(risk(0)) == {RISKS_KEPT: [FADES], RISKS_LOST: []}
    assert told(risk(0), kept(99)) == {RISKS_KEPT: [99], RISKS_LOST: []}
    assert told(risk(0), lost(99)) == {RISKS_KEPT: [], RISKS_LOST: [99]}


def test_who_is_at_risk_again_after_one_risk_has_faded_is_so_anew() -> None:
    assert told(risk(0), risk(FADES, "k9")) == {RISKS_KEPT: [FADES], RISKS_LOST: []}
    assert told(risk(0), risk(FADES + 1, "k9")) == {RISKS_KEPT: [FADES, 2 * FADES + 1], RISKS_LOST: []}
    assert told(risk(0), risk(FADES + 1, "k9"), lost(99)) == {RISKS_KEPT: [FADES], RISKS_LOST: [99]}
    assert told(lost(0), risk(1), risk(FADES + 2, "k9"), kept(FADES + 3), lost(FADES + 4, "k4")) == {
        RISKS_KEPT: [FADES + 1, FADES + 3],
        RISKS_LOST: [0, FADES + 4],
    }


def test_a_second_risk_while_one_is_open_changes_nothing() -> None:
    assert told(risk(0), risk(1, "k9"), lost(9)) == {RISKS_KEPT: [], RISKS_LOST: [9]}
    assert told(risk(0), risk(1, "k9")) == {RISKS_KEPT: [FADES], RISKS_LOST: []}


def test_after_an_end_another_risk_can_begin() -> None:
    assert told(risk(0), kept(1), risk(2, "k4"), lost(3)) == {RISKS_KEPT: [1], RISKS_LOST: [3]}
    assert told(risk(0), lost(1), risk(2, "k4"), kept(3)) == {RISKS_KEPT: [3], RISKS_LOST: [1]}


def test_a_customer_kept_with_no_open_risk_is_nothing() -> None:
    assert rows_of(kept(0)) == []
    assert told(risk(0), kept(1), kept(2, "k4")) == {RISKS_KEPT: [1], RISKS_LOST: []}


def test_a_loss_that_nothing_announced_is_a_risk_begun_and_lost_at_once() -> None:
    assert told(lost(4)) == {RISKS_KEPT: [], RISKS_LOST: [4]}
    assert told(risk(0), kept(1), lost(4)) == {RISKS_KEPT: [1], RISKS_LOST: [4]}


def test_a_customer_already_lost_is_not_lost_again() -> None:
    assert told(lost(4), lost(5, "k4")) == {RISKS_KEPT: [], RISKS_LOST: [4]}
    assert told(risk(0), lost(4), lost(5, "k4")) == {RISKS_KEPT: [], RISKS_LOST: [4]}
    assert told(lost(4), kept(5), lost(6, "k4")) == {RISKS_KEPT: [], RISKS_LOST: [4]}


def test_a_customer_lost_who_was_at_risk_and_kept_since_can_be_lost_again() -> None:
    found = told(lost(0), risk(1), kept(2), lost(3, "k4"))
    assert found == {RISKS_KEPT: [2], RISKS_LOST: [0, 3]}


def test_at_one_moment_a_risk_comes_before_a_keeping_and_that_before_a_loss() -> None:
    for facts in itertools.permutations((risk(0, "z"), kept(0, "y"), lost(0, "x"))):
        assert told(*facts) == {RISKS_KEPT: [0], RISKS_LOST: [0]}
    for facts in itertools.permutations((risk(0, "z"), lost(0, "x"))):
        assert told(*facts) == {RISKS_KEPT: [], RISKS_LOST: [0]}


def test_of_two_beginnings_at_one_moment_the_smaller_id_stands() -> None:
    for facts in itertools.permutations((risk(0, "a", rep="ana"), risk(0, "b", rep="bea"), lost(1))):
        assert {row[1][2] for row in rows_of(*facts)} == {"ana"}


def test_a_risk_has_the_campaign_and_the_rep_of_its_beginning_and_no_team() -> None:
    began = risk(0, rep="ana", campaign="spring", reason="price")
    for row in rows_of(began, lost(1, rep="bea", campaign="autumn")):
        assert row[1] == ("spring", None, "ana")
    assert rows_of(began)[0][1] == ("spring", None, "ana")
    for row in rows_of(lost(1, rep="bea", campaign="autumn")):
        assert row[1] == ("autumn", None, "bea")


def test_what_is_no_risk_is_left_alone() -> None:
    assert rows_of(Consent(NINE, "x", granted=True)) == []
