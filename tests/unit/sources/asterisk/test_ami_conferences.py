"""Reps who sit in a conference, and those who are put through to them there: MeetMe's and ConfBridge's."""

from __future__ import annotations

from typing import Self

import pytest

from tests.unit.sources.asterisk.ami_calls import read
from tests.unit.sources.asterisk.ami_script import LEAD, Script

DESK = "PJSIP/desk12-00000001"
BOSS = "PJSIP/boss-00000002"
ONE, TWO = "Local/0639980001@default-00000064;1", "Local/0639980001@default-00000064;2"
CARRIER = "PJSIP/carrier-00000067"
MEETME, CONFBRIDGE = "Meetme", "Confbridge"
both = pytest.mark.parametrize("kind", [MEETME, CONFBRIDGE])
ROOM = "8600051"


class Floor(Script):
    """A floor whose conferences are of one kind."""

    def __init__(self, kind: str, room: str = ROOM) -> None:
        super().__init__()
        self.kind, self.room = kind, room

    def joins(self, channel: str, *, muted: str = "No") -> Self:
        if self.kind == CONFBRIDGE:
            self.tell("BridgeEnter", channel, BridgeUniqueid="bridge-of-the-room", BridgeTechnology="softmix")
            self.tell("ConfbridgeJoin", channel, Conference=self.room, Muted=muted)
        else:
            self.tell("MeetmeJoin", channel, Meetme=self.room, Usernum=1)
        return self

    def leaves(self, channel: str) -> Self:
        if self.kind == CONFBRIDGE:
            self.tell("BridgeLeave", channel, BridgeUniqueid="bridge-of-the-room")
        self.tell(f"{self.kind}Leave", channel, Conference=self.room, Meetme=self.room)
        return self

    def logs_in(self, channel: str = DESK, number: str = "0000000000") -> Self:
        """Ring a rep's telephone, as the dialler does in the morning, and put it into its conference."""
        self.new(channel, number=number, context="default", exten=self.room)
        self.dial(None, channel, channel.partition("-")[0]).wait(3).up(channel).dial_end(None, channel, "ANSWER")
        return self.joins(channel)

    def puts_through(self) -> Self:
        """Dial a prospect, who answers after 14 s, and is in the conference 1 s later."""
        self.new(ONE, number="0199000100", context="default", exten="8368")
        self.new(TWO, ONE, number="0199000100", context="default", exten=LEAD).dial(None, ONE, f"{LEAD}@default")
        self.new(CARRIER, ONE, number=LEAD, context="trunkinbound", exten="").dial(TWO, CARRIER, f"{LEAD}@carrier")
        self.wait(14).up(CARRIER).dial_end(TWO, CARRIER, "ANSWER").up(TWO).bridge("out", CARRIER, TWO)
        self.up(ONE).dial_end(None, ONE, "ANSWER").wait(1)
        return self.joins(ONE)

    def ends(self) -> Self:
        """Have the prospect hang up."""
        self.unbridge("out", CARRIER, TWO).hang_up(CARRIER, TWO)
        self.leaves(ONE).hang_up(ONE)
        return self


@both
def test_whoever_sits_in_the_conference_is_the_rep_and_talks_until_the_prospect_goes(kind: str) -> None:
    floor = Floor(kind).logs_in()
    floor.wait(60).puts_through().wait(75)
    floor.ends().wait(5)
    call = read(floor).call()
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", LEAD, "desk12")
    assert (call["ring_s"], call["talk_s"]) == (14.0, 75.0)


@both
def test_a_rep_who_is_logged_in_all_day_is_no_attempt(kind: str) -> None:
    floor = Floor(kind).logs_in()
    floor.wait(28_000)
    floor.leaves(DESK).hang_up(DESK)
    assert not read(floor).of_type("call.ended")


@both
@pytest.mark.parametrize("room", ["8600051", "9600051", "sales-3", "7"])
def test_a_conference_may_be_called_anything(kind: str, room: str) -> None:
    floor = Floor(kind, room).logs_in().puts_through().wait(20)
    assert read(floor.hang_up(CARRIER, TWO, ONE, DESK)).call()["talk_s"] == 20.0


@both
def test_one_prospect_after_the_other_meets_the_same_rep(kind: str) -> None:
    floor = Floor(kind).logs_in()
    for _ in range(2):
        floor.puts_through().wait(40)
        floor.ends().wait(30)
    assert [(one["rep"], one["talk_s"]) for one in read(floor).of_type("call.ended")] == [("desk12", 40.0)] * 2


@both
def test_a_prospect_for_whom_nobody_sits_there_has_met_nobody(kind: str) -> None:
    call = read(Floor(kind).puts_through().wait(20).hang_up(CARRIER, TWO, ONE)).call()
    assert call["talk_s"] == 0.0
    assert "rep" not in call
    assert "answered_at" in call


@both
def test_a_rep_who_comes_late_talks_from_then_on(kind: str) -> None:
    floor = Floor(kind).puts_through().wait(6)
    floor.logs_in().wait(30).hang_up(CARRIER, TWO, ONE)
    assert read(floor).call()["talk_s"] == 30.0


def test_who_listens_is_not_whom_a_prospect_talks_to() -> None:
    floor = Floor(CONFBRIDGE)
    floor.new(BOSS, number="190", rings=True).joins(BOSS, muted="Yes")
    floor.logs_in().puts_through().wait(30)
    floor.leaves(DESK).hang_up(DESK).wait(10)
    call = read(floor.ends()).call()
    assert (call["rep"], call["talk_s"]) == ("desk12", 30.0)


def test_who_has_come_to_listen_and_then_speaks_is_talked_to_and_who_mutes_a_telephone_goes_on() -> None:
    floor = Floor(CONFBRIDGE)
    floor.new(BOSS, number="190", rings=True).joins(BOSS, muted="Yes")
    floor.puts_through().wait(10).tell("ConfbridgeUnmute", BOSS, Conference=ROOM).wait(7)
    floor.tell("ConfbridgeMute", BOSS, Conference=ROOM).wait(5)
    call = read(floor.ends()).call()
    assert (call["rep"], call["talk_s"]) == ("boss", 12.0)


@both
def test_a_closer_of_the_floor_who_joins_takes_the_talk_over_when_the_rep_leaves(kind: str) -> None:
    closer = "PJSIP/closer-00000009"
    floor = Floor(kind).logs_in()
    floor.puts_through().wait(30)
    floor.logs_in(closer).wait(10)
    floor.leaves(DESK).hang_up(DESK).wait(20)
    call = read(floor.ends()).call()
    assert (call["rep"], call["talk_s"]) == ("desk12", 63.0)


def test_a_conference_without_events_of_bridges_is_followed_by_its_own() -> None:
    floor = Floor(CONFBRIDGE).logs_in().puts_through().wait(20).ends()
    floor.messages = [one for one in floor.messages if "bridge-of-the-room" not in one.values()]
    assert read(floor).call()["talk_s"] == 20.0
