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
    Unknown("queue_log", "*", "d-*", "talk", "it does not say when one was on hold, nor who spoke after the rep"),
    Unknown("queue_log", "*", "d-att_queue", "stays", "the second stay is of the rep's own call, which nothing ties"),
    Unknown("queue_log", "*", "d-blonde_queue", "stays", "the second stay is of the rep's own call"),
    Unknown("queue_log", "*", "d-out-att_queue", "stays", "the stay is of the rep's own call"),
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
