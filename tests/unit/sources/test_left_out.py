"""Where many of a source's calls are left out, one line says how many, and the likeliest reasons."""

from __future__ import annotations

import pytest

from stream.sources.left_out import Reason, notice, too_many
from stream.sources.live_kinds import reasons_of
from stream.sources.registry import SOURCES
from stream.web.source_metric_defs import FATES

CONTEXTS = Reason("contexts have other names", "name them", ("unknown",))
TRUNKS = Reason("trunks have other names", "name those", ("internal", "unknown"))


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        ({}, False),
        ({"unknown": 19}, False),  # of a few calls a share says nothing
        ({"unknown": 20}, True),
        ({"counted": 90, "internal": 5, "refused": 5}, False),  # a tenth is not more than a tenth
        ({"counted": 89, "internal": 6, "refused": 5}, True),
        ({"counted": 1000}, False),
    ],
)
def test_more_than_a_tenth_of_a_fair_number_is_too_much(fates: dict[str, int], *, said: bool) -> None:
    assert too_many(fates) is said
    assert (notice(fates) is not None) is said


def test_it_says_how_many_of_what_kind_and_first_the_reason_that_explains_most() -> None:
    assert notice({"counted": 10, "internal": 10, "unknown": 3, "refused": 1}, [CONTEXTS, TRUNKS]) == (
        "14 of 24 calls are left out (10 internal, 3 of no known direction, 1 refused); the likeliest reasons: "
        "(1) trunks have other names: name those; "
        "(2) the floor's telephones call each other: then nothing is to be done; "
        "(3) extension_pattern takes numbers for extensions: make it narrower, or leave it out"
    )


def test_reasons_that_explain_as_much_stand_in_the_vendors_order() -> None:
    said = notice({"unknown": 20}, [CONTEXTS, TRUNKS])
    assert said is not None
    assert said.index("contexts") < said.index("trunks") < said.index("nothing says")


def test_what_explains_none_of_them_is_not_said() -> None:
    said = notice({"counted": 20, "refused": 20}, [CONTEXTS, TRUNKS])
    assert said is not None
    assert said.endswith("(1) records are not of the form expected: `ringboard rejected` lists each with the right one")


@pytest.mark.parametrize("name", ["asterisk", "asterisk-cdr", "asterisk-ami", "freeswitch", "freeswitch-cdr"])
def test_a_vendors_reasons_are_those_of_its_live_side_and_of_its_files(name: str) -> None:
    assert reasons_of(name)
    assert not reasons_of("ndjson")


@pytest.mark.parametrize("source", [one for one in SOURCES if one.left_out], ids=lambda one: str(one.name))
def test_each_setting_that_a_reason_names_is_there_and_each_fate_is_one(source: object) -> None:
    settings = {name for group in source.settings for name in group.model_fields}  # type: ignore[attr-defined]
    for reason in source.left_out():  # type: ignore[attr-defined]
        words = f"{reason.why} {reason.todo}".replace(",", " ").split()
        named = {word for word in words if word.startswith(f"{source.name}_")}  # type: ignore[attr-defined]
        assert named
        assert named <= settings
        assert set(reason.explains) <= set(FATES) - {"counted"}
