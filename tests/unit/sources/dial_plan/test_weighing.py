"""What speaks for an answer is weighed: the worthiest kind decides, and what contradicts itself says nothing."""

from __future__ import annotations

from itertools import permutations

from stream.sources.dial_plan.weighing import KINDS, Evidence, weaker, weigh


def test_the_worthiest_kind_decides_in_whatever_order_it_comes() -> None:
    given = [Evidence(kind, "in" if place else "out", kind) for place, kind in enumerate(KINDS)]
    for some in permutations(given, 3):
        verdict = weigh(some)
        worthiest = min(some, key=lambda one: KINDS.index(one.kind))
        assert (verdict.says, verdict.kind) == (worthiest.says, worthiest.kind)


def test_a_kind_that_contradicts_itself_says_nothing_and_the_next_is_asked() -> None:
    torn = [Evidence("context", "in", "one"), Evidence("context", "out", "other")]
    assert weigh(torn).says is None
    assert weigh([*torn, Evidence("name", "out", "its name")]).says == "out"
    assert weigh([*torn, Evidence("settings", "in", "as configured")]).says == "in"


def test_without_evidence_it_is_open() -> None:
    assert weigh([]) == (None, None, [])


def test_it_says_what_spoke_for_it_and_what_against() -> None:
    verdict = weigh([Evidence("name", "out", "long name"), Evidence("birth", "in", "born inside")])
    assert verdict.lines() == ["birth for in: born inside", "name for out: long name"]
    assert [one.because for one in verdict.spoke_for] == ["born inside"]
    assert [one.because for one in verdict.spoke_against] == ["long name"]


def test_a_chain_of_reasons_is_worth_its_weakest() -> None:
    assert weaker("settings", "name", "trunk") == "name"
