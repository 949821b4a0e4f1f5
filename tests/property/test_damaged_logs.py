"""Whatever stands in a log, reading it comes to an end: with events, and a reason for what is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.errors import RingboardError
from stream.sources.formats import FORMATS
from tests.read_source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

T = 1_780_300_800
UUID = "aaaaaaaa-0000-4000-8000-000000"
# So far from each other that no damage makes the one of the other.
GOOD, DAMAGED = (111111, 333333, 444444), 222222


def cdr(call: int) -> str:
    return (
        f'"","101","0639980001","out","""A"" <101>","PJSIP/101-{call:08x}","PJSIP/p-{call + 99:08x}","Dial","x,20",'
        f'"2026-06-01 08:00:00","2026-06-01 08:00:10","2026-06-01 08:01:00",60,50,"ANSWERED","DOC","{T}.{call}",""'
    )


def cel(call: int) -> str:
    ids = f'"{T}.{call}","{T}.{call}","","",""'
    where = f'"out","PJSIP/101-{call:08x}","Dial","PJSIP/0639980001@p",""'
    kinds = (("CHAN_START", 0), ("APP_START", 1), ("APP_END", 9), ("CHAN_END", 9), ("LINKEDID_END", 9))
    return "\n".join(f'"{kind}","{T + at}.5","A","101","","0639980001",{where},{ids}' for kind, at in kinds)


def queue_log(call: int) -> str:
    head = f"{T}|{T}.{call}|support"
    return f"{head}|NONE|ENTERQUEUE||0639980001|1\n{head}|PJSIP/101|CONNECT|2|x|1\n{head}|PJSIP/101|COMPLETEAGENT|2|9|1"


def freeswitch_csv(call: int) -> str:
    times = '"2026-06-01 08:00:00","2026-06-01 08:00:10","2026-06-01 08:01:00","60","50"'
    return f'"A","1002","0639980001","default",{times},"NORMAL_CLEARING","{UUID}{call}","","1002","PCMU","PCMU"'


def freeswitch_json(call: int) -> str:
    variables = {
        "uuid": f"{UUID}{call}", "start_epoch": str(T), "answer_epoch": str(T + 9), "end_epoch": str(T + 60),
        "bridge_epoch": str(T + 9), "hangup_cause": "NORMAL_CLEARING",
    }  # fmt: skip
    profile = {"caller_id_number": "1002", "destination_number": "0639980001", "context": "default"}
    return json.dumps({"core-uuid": UUID, "variables": variables, "callflow": [{"caller_profile": profile}]})


LOGS: dict[str, tuple[str, Callable[[int], str]]] = {
    "cdr": ("asterisk-cdr", cdr),
    "cel": ("asterisk-cel", cel),
    "queue_log": ("asterisk-queue-log", queue_log),
    "csv": ("freeswitch-cdr", freeswitch_csv),
    "json": ("freeswitch-cdr", freeswitch_json),
}


@pytest.mark.parametrize("log", LOGS)
@settings(max_examples=40)
@given(place=st.integers(0, 400), much=st.integers(0, 60), bytes_=st.binary(max_size=20))
@example(place=0, much=400, bytes_=b"")
def test_damage_anywhere_is_refused_or_read_and_the_calls_after_it_stand(
    log: str, place: int, much: int, bytes_: bytes
) -> None:
    form, write = LOGS[log]
    first = write(DAMAGED).encode()
    damaged = first[:place] + bytes_ + first[place + much :]
    said = read_bytes(
        form, b"\n".join([write(GOOD[0]).encode(), damaged, *(write(call).encode() for call in GOOD[1:])])
    )
    whole = read_bytes(form, "\n".join(map(write, GOOD)))
    assert {call["call"] for call in whole.of_type("call.ended")} <= {
        call["call"] for call in said.of_type("call.ended")
    }
    for one in said.refused:
        assert "0639980001" not in one.refused.message


@pytest.mark.parametrize("form", [name for name in FORMATS if name not in {"ndjson", "asterisk-ami"}])
@settings(max_examples=40)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_to_their_end_or_told_of_in_one_line(form: str, data: bytes) -> None:
    FORMATS[form].looks(data)
    try:
        read_bytes(form, data)
    except RingboardError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what it says is the point
