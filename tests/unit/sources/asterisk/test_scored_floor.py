"""A floor that is richer than the first, where it is there: every call right in all that its records can tell."""

from __future__ import annotations

import json
from typing import Final

import pytest

from tests.scoring.comparing import scores, strangers
from tests.scoring.setup import SETUPS
from tests.scoring.told import told_by
from tests.shared_data import SHARED

FLOOR: Final = SHARED / "asterisk_recorded2"
# What call detail records cannot know, by scenario and field; each with the reason.
_APPROXIMATE_TALK = "the telephone's channel was up before the number was dialled: its ringing is in the talk"
CANNOT_KNOW: Final = {
    ("e-c2c-local", "talk"): _APPROXIMATE_TALK,
    ("e-c2c-direct", "talk"): _APPROXIMATE_TALK,
    ("d-out-att_out", "talk"): "a hold before a transfer is in no record: the row goes on until the transfer",
    ("f-oncall-mobile", "wait"): "the queue's last row ends with its last ring, and none tells when the caller left",
    ("c-queue", "stays"): "of a queue that rang nobody there is no row of its own, only of what came after",
    ("e-dialler-queue-direct", "answered"): "as above: the row ends with what came after",
}
# What they do not tell, so that it is absent, by field.
ABSENT: Final = {
    "wait": "the dial plan had answered before the queue: nothing tells the wait from the talk",
    "talk": "as of the wait",
    "number": "the line itself was dialled: the records have the number that the floor shows, and no other",
}
# Without settings, moreover: a conference's rep, and who a mobile telephone belongs to, is named by settings alone.
NAMED_BY_SETTINGS: Final = {("f-oncall-mobile", "rep"), ("f-forward", "rep"), ("e-conf", "rep")}


@pytest.mark.skipif(not FLOOR.exists(), reason="the recording is beside the repository, and not here")
@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("form", ["cdr", "cdr-custom"])
def test_every_call_is_right_in_all_that_its_detail_records_can_tell(form: str, setup: str) -> None:
    truth = json.loads((FLOOR / "truth.json").read_text())
    told = told_by(FLOOR, form, SETUPS[setup])
    found = scores(truth, told, form)
    assert len(found) == sum(bool(call.get("pbx")) for call in truth["calls"])
    wrong = {(score.scenario, name) for score in found for name in score.wrong}
    absent = {(score.scenario, name) for score in found for name in score.absent}
    named = NAMED_BY_SETTINGS if setup == "none" else set()
    assert wrong - CANNOT_KNOW.keys() <= named
    assert {one for one in absent if one[1] not in ABSENT} <= named
    assert not strangers(truth, told)
    assert not told.refused
