"""A second recorded floor, told by CEL and queue_log: right but for what the format cannot know, named with reasons."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.scoring.comparing import scores
from tests.scoring.setup import SETUPS
from tests.scoring.told import told_by
from tests.shared_data import SHARED

if TYPE_CHECKING:
    from tests.scoring.comparing import Score

FLOOR: Final = SHARED / "asterisk_recorded2"
# Mobiles that telephones are forwarded to; whoever administers the floor knows whose they are.
MOBILES: Final = {"0639980007": "107", "0639980019": "rep119"}
# The truth counts a wait from when the caller was answered; the dial plan waits for half a second before the queue.
BEFORE_THE_QUEUE_S: Final = 0.6


class Unknown(NamedTuple):
    """What a format cannot know of some scenarios, under some set-up, and why."""

    form: str
    setup: str
    scenarios: str
    field: str
    because: str


CANNOT_KNOW: Final = (
    Unknown("cel", "*", "e-dialler-queue-direct", "number", "no event of a line that was originated has its number"),
    Unknown("cel", "none", "f-forward", "rep", "the dial plan dials the mobile, and no event names the telephone"),
    Unknown("cel", "none", "f-oncall-mobile", "rep", "the member is extension 119; whose that is no event says"),
    Unknown("queue_log", "none", "e-dialler-*", "rep", "the member is of the queue for good, and has a name alone"),
    Unknown("queue_log", "none", "f-oncall-mobile", "rep", "as above"),
    Unknown(
        "queue_log", "*", "d-attended", "talk", "a transfer by keys ends the call there: who talks on is not in it"
    ),
    Unknown("queue_log", "*", "d-attended_refused", "talk", "a hold is not in it, nor a colleague who was asked"),
    Unknown("queue_log", "*", "d-blind", "talk", "by AMI or to a telephone: who talks on is not in it"),
    Unknown("queue_log", "*", "d-blind_dtmf", "talk", "as above"),
    Unknown("queue_log", "*", "d-blonde", "talk", "as of d-attended"),
    Unknown("queue_log", "*", "d-blonde_queue", "talk", "as of d-attended: the second queue has the rep's own call"),
    Unknown("queue_log", "*", "d-att_queue", "talk", "as of d-blonde_queue"),
    Unknown("queue_log", "*", "d-att_out", "talk", "the caller was on hold, for how long is not in it"),
    Unknown("queue_log", "*", "d-att_queue", "stays", "the second stay is of the rep's own call, which nothing ties"),
    Unknown("queue_log", "*", "d-blonde_queue", "stays", "as above"),
    Unknown("queue_log", "*", "d-out-att_queue", "stays", "as above"),
    Unknown(
        "queue_log", "*", "e-dialler-*", "stays", "who is called stands in a dialler's queue, and waits for nobody"
    ),
)


def unknown(form: str, setup: str, score: Score, field: str) -> bool:
    if field == "wait" and field in score.wrong:
        said, true = score.wrong[field]
        return bool(abs(said - true) <= BEFORE_THE_QUEUE_S)
    return any(
        form == one.form and fnmatch(setup, one.setup) and fnmatch(score.scenario, one.scenarios) and field == one.field
        for one in CANNOT_KNOW
    )


@pytest.mark.skipif(not FLOOR.exists(), reason="the recording is not beside the repository")
@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize(("form", "calls"), [("cel", 185), ("queue_log", 66)])
def test_each_call_is_told_as_it_was_played(form: str, calls: int, setup: str) -> None:
    settings = dict(SETUPS[setup])
    if settings:
        settings["asterisk_reps"] = {**settings["asterisk_reps"], **MOBILES}
    found = scores(json.loads((FLOOR / "truth.json").read_text()), told_by(FLOOR, form, settings), form)
    assert len(found) == calls
    surprises = [
        (score.id, score.scenario, field, score.wrong.get(field))
        for score in found
        for field in (*score.wrong, *score.absent)
        if not unknown(form, setup, score, field)
    ]
    assert surprises == []


# The calls of the queue_log that are not right: those that are handed on, and those of the dialler's queue.
HANDED_ON: Final = {6, 17, 19, 37, 54, 64, 81, 83, 90, 115, 120, 152}
OF_THE_DIALLER: Final = {12, 33, 49, 68, 93, 117, 141}
BY_A_NAME_ALONE: Final = {20, 41}


@pytest.mark.skipif(not FLOOR.exists(), reason="the recording is not beside the repository")
@pytest.mark.parametrize(("setup", "more"), [("none", BY_A_NAME_ALONE), ("yes", set[int]())])
def test_each_other_call_of_the_queue_log_is_right_in_every_field(setup: str, more: set[int]) -> None:
    found = scores(
        json.loads((FLOOR / "truth.json").read_text()), told_by(FLOOR, "queue_log", SETUPS[setup]), "queue_log"
    )
    wrong = {score.id for score in found if not score.right}
    assert wrong <= HANDED_ON | OF_THE_DIALLER | more
