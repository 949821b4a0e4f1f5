"""A member whom calls name otherwise than who comes and goes is one rep where a number shows it, and two where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.read_source import read_bytes

if TYPE_CHECKING:
    from tests.read_source import FileRead

T = 1_780_300_800


def read(*rows: str, **settings: object) -> FileRead:
    return read_bytes("asterisk-queue-log", "\n".join(rows) + "\n", **settings)


def added(telephone: str, queue: str = "sales") -> str:
    return f"{T}|MANAGER|{queue}|{telephone}|ADDMEMBER|"


def call(member: str, at: int = 60, queue: str = "sales") -> list[str]:
    start, own = T + at, f"{T + at}.7"
    return [
        f"{start}|{own}|{queue}|NONE|ENTERQUEUE||0639980001|1",
        f"{start + 4}|{own}|{queue}|{member}|CONNECT|4|{start}.8|3",
        f"{start + 34}|{own}|{queue}|{member}|COMPLETEAGENT|4|30|1",
    ]


def reps(said: FileRead) -> set[str]:
    return {event["rep"] for event in said.of_type("call.ended") + said.of_type("rep.state")}


def test_a_name_is_of_the_telephone_that_has_its_number_and_came_into_its_queue_and_a_note_says_so() -> None:
    said = read(added("PJSIP/rep109"), *call("Desk 109"), f"{T + 200}|NONE|NONE|Desk 109|PAUSEALL|lunch")
    assert reps(said) == {"rep109"}
    assert [event["state"] for event in said.of_type("rep.state")] == ["available", "talking", "available", "paused"]
    assert any(remark.startswith("1 members have names that are no telephone's") for remark in said.source.remarks)


def test_a_telephone_over_a_local_channel_shows_its_extension() -> None:
    assert reps(read(added("Local/1109@reps/n"), *call("Anna 1109"))) == {"1109"}


def test_a_setting_for_the_name_says_who_it_is_and_no_note_is_needed() -> None:
    said = read(added("PJSIP/rep109"), *call("Desk 109"), asterisk_reps={"Desk 109": "anna", "rep109": "anna"})
    assert reps(said) == {"anna"}
    assert not any("no telephone's" in remark for remark in said.source.remarks)


def test_a_setting_for_the_telephone_says_whose_the_number_is() -> None:
    assert reps(read(added("PJSIP/rep109"), *call("Desk 109"), asterisk_reps={"rep109": "anna"})) == {"anna"}


def test_a_name_stays_as_it_is_where_no_telephone_or_more_than_one_or_one_of_another_queue_has_its_number() -> None:
    assert reps(read(added("PJSIP/rep110"), *call("Desk 109"))) == {"rep110", "Desk 109"}
    assert reps(read(added("PJSIP/109"), added("SIP/desk109"), *call("Desk 109"))) == {"109", "desk109", "Desk 109"}
    assert reps(read(added("PJSIP/rep109", "support"), *call("Desk 109"))) == {"rep109", "Desk 109"}


def test_names_without_a_number_or_with_two_or_with_one_that_says_little_stay_as_they_are() -> None:
    for name in ("Anna", "Desk 109, room 204", "Team 12"):
        assert reps(read(added("PJSIP/rep12"), added("PJSIP/rep109"), *call(name))) == {"rep12", "rep109", name}


def test_two_names_are_never_one_telephone() -> None:
    said = read(added("PJSIP/rep109"), *call("Anna 109"), *call("Boris 109", 300), *call("Anna 109", 600))
    assert [event["rep"] for event in said.of_type("call.ended")] == ["rep109", "Boris 109", "rep109"]


def test_who_a_name_was_taken_for_it_stays_whatever_telephone_comes_later() -> None:
    said = read(added("PJSIP/rep109"), *call("Desk 109"), added("SIP/109"), *call("Desk 109", 300))
    assert [event["rep"] for event in said.of_type("call.ended")] == ["rep109", "rep109"]
