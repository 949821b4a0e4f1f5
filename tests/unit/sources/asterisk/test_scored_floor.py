"""A floor that is richer than the first, where it is there: every call right in all that its records can tell."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.scoring.comparing import scores, strangers
from tests.scoring.setup import SETUPS
from tests.scoring.told import told_by
from tests.shared_data import SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FLOOR: Final = SHARED / "asterisk_recorded2"


class Excuse(NamedTuple):
    """Why call detail records cannot know a field of some calls, by the ids of the truth: no other is excused."""

    field: str
    calls: frozenset[int]
    because: str


# What is told, and is not what was played; the file says in a note how many calls may be so.
APPROXIMATE: Final = (
    Excuse("talk", frozenset({52, 145}), "the telephone was up before the number was dialled: ringing is in the talk"),
    Excuse("talk", frozenset({135}), "as above, of a telephone that was called without a Local channel"),
    Excuse("talk", frozenset({46}), "the seconds in which the rep dialled a transfer outside are in no row"),
)
# What is left out.
ABSENT: Final = (
    Excuse("number", frozenset({12, 49, 68, 93, 141}), "the line itself was dialled: no row has another number"),
    Excuse("wait", frozenset({59}), "the last row ends with a ring that ended by itself, and the caller stayed on"),
    Excuse("wait", frozenset({90}), "the rep's own call into a queue was answered before the queue"),
)
# Without settings, moreover: who a mobile telephone, or an extension that nobody registered at, belongs to.
UNNAMED: Final = (
    Excuse("rep", frozenset({20, 41}), "the member is an extension, and no row names a telephone for it"),
    Excuse("rep", frozenset({125, 159, 176}), "the dial plan dialled a mobile, and no row names the telephone"),
)


def excused(*excuses: Excuse) -> set[tuple[int, str]]:
    return {(call, one.field) for one in excuses for call in one.calls}


def waits_in_no_row(truth: Mapping[str, Any]) -> set[tuple[int, str]]:
    """
    Return the calls of whom no row tells the wait from the talk, with both fields.

    Their first answered row of a queue begins with its answer: the dial plan had answered before, and who was rung is
    a telephone, whose answer no row of its own tells.
    """
    queued: dict[str, list[dict[str, str]]] = {}
    with (FLOOR / "cdr.csv").open(encoding="latin-1", newline="") as file:
        for cells in csv.reader(file):
            row = dict(zip(("peer", "app", "data", "start", "answer"), cells[6:11], strict=True))
            row |= {"disposition": cells[14], "unique": cells[16]}
            if row["app"] == "Queue" and row["disposition"] == "ANSWERED" and row["peer"]:
                queued.setdefault(row["unique"], []).append(row)
    unknown: set[tuple[int, str]] = set()
    for call in truth["calls"]:
        rows = sorted(queued.get(call.get("pbx", {}).get("linkedid", ""), []), key=lambda row: row["start"])
        up = bool(rows) and rows[0]["start"] == rows[0]["answer"] and not rows[0]["peer"].startswith("Local/")
        if up and call["way"] != "outbound":
            unknown |= {(call["id"], "wait"), (call["id"], "talk")}
    return unknown


@pytest.mark.skipif(not FLOOR.exists(), reason="the recording is beside the repository, and not here")
@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("form", ["cdr", "cdr-custom"])
def test_every_call_is_right_in_all_that_its_detail_records_can_tell(form: str, setup: str) -> None:
    truth = json.loads((FLOOR / "truth.json").read_text())
    told = told_by(FLOOR, form, SETUPS[setup])
    found = scores(truth, told, form)
    assert len(found) == sum(bool(call.get("pbx")) for call in truth["calls"])
    not_right = {(score.id, name) for score in found for name in (*score.wrong, *score.absent)}
    wrong = {(score.id, name) for score in found for name in score.wrong}
    named = excused(*UNNAMED) if setup == "none" else set()
    # An excuse that is of no more use is to go: what can be told is to stay told.
    assert not_right == excused(*APPROXIMATE, *ABSENT) | waits_in_no_row(truth) | named
    assert wrong <= excused(*APPROXIMATE) | named
    assert not strangers(truth, told)
    assert not told.refused


@pytest.mark.skipif(not FLOOR.exists(), reason="the recording is beside the repository, and not here")
def test_what_is_approximate_or_absent_is_said_to_be() -> None:
    said = told_by(FLOOR, "cdr", SETUPS["yes"]).remarks
    for of in (
        "of 6 answered calls the ringing may be part",
        "of 4 calls that were handed on",
        "of 40 answered callers it does not tell the wait",
        "of 1 callers who gave up",
    ):
        assert any(of in one for one in said), of
