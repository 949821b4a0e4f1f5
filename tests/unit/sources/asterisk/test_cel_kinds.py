"""Kinds of calls as channel events show them: transfers, forwards, click-to-call, diallers, conferences, groups."""

from __future__ import annotations

import io

import pytest

from stream.sources.explaining import Explains, asked_for
from stream.sources.formats import FORMATS
from stream.sources.signs import signs_of
from tests.read_source import FileRead, read_bytes, settings_of
from tests.unit.sources.asterisk.cel_script import CelScript, T

NUMBER, OTHER, HOUSE = "0639980001", "0639980002", "0199000100"
LINE, SPARE, REP, COLLEAGUE = "IAX2/0033170-11", "IAX2/gsm1-12", "PJSIP/alice-01", "PJSIP/bob-02"
MOBILE = "IAX2/0033170-19"


def read(script: CelScript, **settings: object) -> FileRead:
    said = read_bytes("asterisk-cel", script.text(), **settings)
    assert not said.refused
    return said


def dials(script: CelScript, at: float, *, who: str = REP, line: str = LINE, number: str = NUMBER) -> CelScript:
    """Have a telephone with a name dial out under the house's number, over a line that is named by a number."""
    peer = line.partition("/")[2].partition("-")[0]
    script.runs(at, who, "Dial", f"IAX2/{peer}/0033{number[1:]},30", cid_num=HOUSE, exten=number)
    return script.starts(at, line)


def hand_dialled() -> CelScript:
    """Return a call that alice dialled: it rang from 1 to 9 s, and goes on since."""
    script = CelScript().starts(0, REP, cid_num="1015", exten=NUMBER, context="phones")
    dials(script, 1)
    script.answers(9, LINE, cid_num=NUMBER, context="from-trunk").answers(9, REP, "Dial")
    return script.joins(9, "b1", LINE, REP)


def calls_in(line: str = LINE, *, queue: str = "sales", number: str = OTHER) -> CelScript:
    """Return a caller who stands in a queue since 2 s."""
    script = CelScript().starts(0, line, cid_num=number, exten="0199000220", context="from-trunk")
    return script.runs(2, line, "Queue", f"{queue},t,,,30", exten=queue, context="ext-queues")


def answered_by(script: CelScript, rep: str, at: float, line: str = LINE, queue: str = "sales") -> CelScript:
    script.starts(at - 3, rep).answers(at, rep, "AppQueue", exten=queue, context="from-internal")
    return script.joins(at, "q1", rep, line)


# which way, and the number


def test_a_telephone_with_a_name_that_shows_the_houses_number_has_dialled_out() -> None:
    call = read(hand_dialled().leaves(69, LINE, REP).gone(69, LINE, REP, status="ANSWER")).call()
    assert (call["direction"], call["rep"], call["number"]) == ("outbound", "alice", NUMBER)
    assert (call["talk_s"], call["ring_s"]) == (60, 8)


@pytest.mark.parametrize("dialled", [f"#31#{NUMBER}", f"*31#{NUMBER}"])
def test_the_codes_before_a_number_are_none_of_it_and_a_word_of_the_dial_plan_is_no_number(dialled: str) -> None:
    script = CelScript().starts(0, REP, cid_num="1001", exten=dialled, context="default")
    script.runs(1, REP, "Dial", f"PJSIP/{dialled}@provider,,", exten="dial", context="outcall")
    script.starts(1, "PJSIP/provider-03").gone(20, "PJSIP/provider-03", cause=19).gone(20, REP, status="NOANSWER")
    call = read(script).call()
    assert (call["number"], call["disposition"]) == (NUMBER, "no_answer")


@pytest.mark.parametrize("prefix", ["9", "0", "7001"])
def test_digits_that_only_ask_for_a_line_are_no_part_of_the_number(prefix: str) -> None:
    script = CelScript().starts(0, REP, cid_num="1001", exten=prefix + NUMBER, context="default")
    script.runs(1, REP, "Dial", f"PJSIP/{NUMBER}@provider,,").starts(1, "PJSIP/provider-03")
    script.gone(20, "PJSIP/provider-03", cause=19).gone(20, REP, status="NOANSWER")
    assert read(script).call()["number"] == NUMBER


def test_a_telephone_that_shows_the_houses_number_from_the_beginning_talks_to_whom_it_dials() -> None:
    script = CelScript().starts(0, REP, cid_num=HOUSE, exten=NUMBER, context="users")
    dials(script, 1).answers(9, LINE).answers(9, REP, "Dial").joins(9, "b1", LINE, REP)
    call = read(script.leaves(69, LINE, REP).gone(69, LINE, REP)).call()
    assert (call["direction"], call["rep"], call["talk_s"]) == ("outbound", "alice", 60)


def test_a_mobile_telephone_of_a_follow_me_is_no_rep_until_a_setting_names_it() -> None:
    script = CelScript().starts(0, LINE, cid_num=OTHER, exten="201", context="from-trunk")
    script.runs(1, LINE, "Dial", "Local/FMPR-201@from-internal/n&Local/FMGL-0639980009#@from-internal/n,20")
    near, far = script.local(1, "FMGL-0639980009#", "from-internal")
    script.runs(1, far, "Dial", "IAX2/0033170/0639980009").starts(1, MOBILE).answers(7, MOBILE).answers(7, far, "Dial")
    script.answers(7, near).answers(7, LINE, "Dial").joins(7, "b1", far, MOBILE).joins(7, "b2", LINE, near)
    script.leaves(37, far, MOBILE, LINE, near).gone(37, MOBILE, near, far, LINE)
    call = read(script).call()
    assert (call["direction"], call.get("rep"), call["talk_s"]) == ("inbound", None, 30)
    assert read(script, asterisk_reps={"0639980009": "alice"}).call()["rep"] == "alice"


def test_local_channels_that_ring_each_other_in_circles_end() -> None:
    script = CelScript().starts(0, LINE, cid_num=OTHER, exten="0199000220", context="from-trunk")
    script.runs(0, LINE, "Dial", "Local/1@x")
    one, two = script.local(0, "1", "x")
    three, four = script.runs(1, two, "Dial", "Local/2@x").local(1, "2", "x", "2")
    script.runs(1, four, "Dial", "Local/1@x").answers(2, one).answers(2, three)
    script.joins(2, "b1", LINE, one).joins(2, "b2", two, three).joins(2, "b3", four, one)
    assert read(script.gone(9, LINE, one, two, three, four)).call()["direction"] == "inbound"


def test_where_no_number_was_dialled_none_is_made_up() -> None:
    script = CelScript().starts(0, REP, cid_num="1001", exten="dial", context="outcall")
    script.runs(1, REP, "Dial", "DAHDI/g0/w", exten="dial").starts(1, "DAHDI/i1/x-4")
    script.gone(20, "DAHDI/i1/x-4", cause=19).gone(20, REP, status="NOANSWER")
    said = read(script, asterisk_outbound_contexts=["outcall"], asterisk_trunks=["i1"])
    assert [call["number"] for call in said.of_type("call.ended")] == ["anonymous"]


def test_a_log_without_its_last_column_still_says_who_was_joined_with_whom() -> None:
    script = CelScript(extra=False).starts(0, REP, cid_num="1015", exten=NUMBER, context="phones")
    dials(script, 1).answers(9, LINE, cid_num=NUMBER).joins(9, "", LINE, REP)
    call = read(script.leaves(39, LINE, REP).gone(39, LINE, REP)).call()
    assert (call["talk_s"], "disposition" in call) == (30, False)


def test_a_spare_line_after_congestion_is_the_same_attempt() -> None:
    script = CelScript().starts(0, REP, cid_num="1015", exten=NUMBER, context="phones")
    dials(script, 1).gone(1.1, LINE, cause=34).stops(1.1, REP)
    dials(script, 1.2, line=SPARE).answers(5, SPARE, cid_num=NUMBER).joins(5, "b1", SPARE, REP)
    call = read(script.leaves(35, SPARE, REP).gone(35, SPARE, REP, status="ANSWER")).call()
    assert (call["talk_s"], call["placed_at"]) == (30, 1000 * (T + 1))


@pytest.mark.parametrize(
    ("cause", "status", "disposition"), [(1, "NOANSWER", "failed"), (17, "NOANSWER", "busy"), (0, "", "no_answer")]
)
def test_a_number_that_there_is_not_has_failed_whatever_the_dial_plan_made_of_it(
    cause: int, status: str, disposition: str
) -> None:
    script = CelScript().starts(0, REP, cid_num="1015", exten=NUMBER, context="phones")
    dials(script, 1).gone(12, LINE, cause=cause).stops(12, REP)
    # The dial plan goes on after the dial, with an announcement.
    script.answers(12, REP, "Answer", exten="s", context="after").gone(17, REP, status=status)
    assert read(script).call()["disposition"] == disposition


def test_the_campaign_is_what_the_dial_plan_has_set_last_before_they_talked() -> None:
    script = CelScript().starts(0, REP, cid_num="1015", exten=NUMBER, context="phones", accountcode="desk-9")
    script.runs(1, REP, "Dial", f"IAX2/0033170/{NUMBER},30", exten=NUMBER, accountcode="spring").starts(1, LINE)
    script.answers(9, LINE, cid_num=NUMBER).joins(9, "b1", LINE, REP).leaves(19, REP, LINE)
    call = read(script.row("HOOKFLASH", 19, REP, accountcode="later").gone(20, LINE, REP)).call()
    assert call["campaign"] == "spring"


# click-to-call and diallers


def test_of_click_to_call_the_talk_begins_when_the_prospect_answers_and_the_number_is_theirs() -> None:
    script = CelScript()
    near, far = script.local(0, "u-17", "alllines")
    script.runs(0, far, "Dial", "PJSIP/alice,30", cid_num=NUMBER).starts(0, REP, cid_num="8000")
    script.answers(3, REP).answers(3, far, "Dial").answers(3, near, "AppDial2").joins(3, "m", REP, far)
    script.runs(4, near, "Dial", f"PJSIP/+33{NUMBER[1:]}@provider,", exten="dial", context="outcall")
    line = "PJSIP/provider-05"
    script.starts(4, line).answers(24, line, cid_num=NUMBER).joins(24, "n", line, near)
    # The Local channel is taken out between them.
    script.leaves(24.1, line, far).joins(24.1, "m", line, beside=REP).leaves(24.1, near).gone(24.1, near, far)
    call = read(script.leaves(30, line, REP).gone(30, line, REP)).call()
    assert (call["direction"], call["rep"], call["number"]) == ("outbound", "alice", f"+33{NUMBER[1:]}")
    assert (call["talk_s"], call["ring_s"]) == (6, 20)


def test_of_click_to_call_without_a_local_channel_too() -> None:
    script = CelScript().starts(0, REP).answers(2, REP, "AppDial2", cid_num=NUMBER, context="from-internal")
    dials(script, 3).answers(7, LINE, cid_num=NUMBER).joins(7, "b", LINE, REP)
    call = read(script.leaves(17, LINE, REP).gone(17, LINE, REP, status="ANSWER")).call()
    assert (call["rep"], call["number"], call["talk_s"], call["ring_s"]) == ("alice", NUMBER, 10, 4)


def test_a_rep_who_does_not_take_a_click_to_call_has_called_nobody() -> None:
    script = CelScript()
    near, far = script.local(0, "117", "c2c")
    script.runs(0, far, "Dial", "PJSIP/alice,10", cid_num=NUMBER).starts(0, REP).gone(10, REP, cause=0)
    said = read(script.gone(10, far, near))
    assert not said.events
    assert said.source.unused == {"internal call": 1}
    assert signs_of(said.source).of("house") == 1


def dialler_reaches(amd: str) -> tuple[CelScript, str]:
    """Return a prospect whom a dialler has reached by a Local channel after 3 s, and the channel that holds them."""
    script = CelScript()
    near, far = script.local(0, NUMBER, "dialler")
    script.runs(0, far, "Dial", f"IAX2/0033170/{NUMBER},13", cid_num=HOUSE, accountcode="autumn").starts(0, LINE)
    script.answers(3, LINE, cid_num=NUMBER).answers(3, near, "AppDial2").answers(3, far, "Dial")
    script.joins(3, "d", LINE, far)
    script.row("AMD", 4, near, appname="CELGenUserEvent", appdata=f"AMD,{amd}", extra=f'{{"extra":"{amd}"}}')
    return script, near


def test_a_prospect_whom_a_dialler_puts_into_a_reps_conference_talks_to_that_rep() -> None:
    script, near = dialler_reaches("HUMAN")
    script.row(
        "BRIDGE_ENTER", 6, near, appname="ConfBridge", appdata="8600", extra='{"bridge_id":"c"}',
        peer="PJSIP/carol-77,CBAnn/8600-1;2",
    ).row("BRIDGE_EXIT", 46, near)  # fmt: skip
    call = read(script.gone(46, near, near.replace(";1", ";2"), LINE)).call()
    assert (call["direction"], call["rep"], call["number"]) == ("outbound", "carol", NUMBER)
    assert (call["talk_s"], call["ring_s"], call["campaign"], call["amd"]) == (40, 3, "autumn", "human")


def test_a_machine_and_a_person_who_answer_a_dialler_while_nobody_is_there_have_answered_and_talked_to_nobody() -> None:
    script, near = dialler_reaches("MACHINE")
    machine = read(script.gone(5, near, near.replace(";1", ";2"), LINE)).call()
    assert (machine["amd"], machine["talk_s"], "answered_at" in machine) == ("machine", 0, True)
    script, near = dialler_reaches("HUMAN")
    script.runs(4, near, "Queue", "campaign,,,,15", exten="8300", context="dialler-in").stops(10, near)
    said = read(script.gone(10, LINE, near, near.replace(";1", ";2")))
    person = said.call()
    assert (person["amd"], person["talk_s"], "answered_at" in person) == ("human", 0, True)
    # Who was called waits for no service.
    assert not said.of_type("queue.left")


def test_a_line_that_the_dialler_rings_itself_is_an_attempt_whose_number_is_not_told() -> None:
    script = CelScript().starts(0, LINE).answers(2, LINE, "AppDial2", cid_num=HOUSE, context="from-trunk")
    script.runs(3, LINE, "Queue", "campaign,,,,15", exten="8300", context="dialler-in")
    answered_by(script, REP, 6, queue="8300")
    call = read(script.leaves(36, REP, LINE).gone(36, REP, LINE)).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("outbound", "alice", 30, "anonymous")


# queues, groups, forwards


def test_a_queue_that_sends_its_caller_on_to_a_voicemail_has_timed_out() -> None:
    script = calls_in().stops(17, LINE)
    script.row("STREAM_BEGIN", 17, LINE, appname="VoiceMail", appdata="601@default", extra='{"sound":"vm-intro"}')
    (left,) = read(script.gone(22, LINE, status="NOANSWER")).of_type("queue.left")
    assert (left["outcome"], left["wait_s"]) == ("timeout", 15)


def test_a_survey_after_the_call_is_no_talk() -> None:
    script = answered_by(calls_in(), REP, 12).leaves(42, REP, LINE).gone(42, REP).stops(42, LINE)
    script.row("STREAM_BEGIN", 43, LINE, appname="Playback", appdata="survey")
    assert read(script.gone(300, LINE)).call()["talk_s"] == 30


def test_a_member_who_is_forwarded_outside_is_the_rep_of_the_call() -> None:
    script = calls_in()
    near, far = script.local(2, "119", "from-queue")
    script.runs(2, far, "Dial", f"IAX2/0033170/{NUMBER},14", cid_num=OTHER).starts(2, MOBILE)
    script.answers(6, MOBILE, cid_num=NUMBER, context="from-trunk").answers(6, far, "Dial")
    script.joins(6, "f", MOBILE, far).answers(6, near, "AppQueue", exten="sales").joins(6, "q", near, LINE)
    script.leaves(46, LINE, near).gone(46, near, LINE).leaves(46, far, MOBILE)
    call = read(script.gone(46, far, MOBILE)).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["number"]) == ("inbound", "119", 40, OTHER)


def test_the_rep_of_a_telephone_that_forwards_outside_is_whom_the_settings_name_or_absent_and_no_number() -> None:
    script = CelScript().starts(0, LINE, cid_num=OTHER, exten="0199000250", context="from-trunk")
    script.runs(1, LINE, "Dial", f"Local/{NUMBER}@forwards/n,14", exten="s", context="macro-exten")
    near, far = script.local(1, NUMBER, "forwards")
    script.runs(1, far, "Dial", f"IAX2/0033170/{NUMBER},14", cid_num=HOUSE).starts(1, MOBILE)
    script.answers(4, MOBILE, cid_num=NUMBER).answers(4, far, "Dial").answers(4, near)
    script.joins(4, "x", MOBILE, far).joins(4, "y", near, LINE).leaves(14, LINE, near).gone(14, near, LINE)
    script.leaves(14, far, MOBILE).gone(14, far, MOBILE)
    call = read(script).call()
    # Nothing in the log names the telephone.
    assert (call["direction"], call["talk_s"], call.get("rep")) == ("inbound", 10, None)
    assert read(script, asterisk_reps={NUMBER: "107"}).call()["rep"] == "107"


def test_a_ring_group_is_a_queue_where_the_settings_say_so() -> None:
    script = CelScript().starts(0, LINE, cid_num=OTHER, exten="0199000200", context="from-trunk")
    script.runs(1, LINE, "Dial", "PJSIP/alice&PJSIP/bob,12", exten="600", context="ext-group")
    script.starts(1, REP).starts(1, COLLEAGUE).answers(5, COLLEAGUE).gone(5, REP, cause=26)
    script.joins(5, "g", COLLEAGUE, LINE).leaves(25, COLLEAGUE, LINE)
    script.gone(25, COLLEAGUE, LINE, status="ANSWER")
    plain = read(script)
    assert (plain.call()["rep"], plain.call()["wait_s"], plain.call()["talk_s"]) == ("bob", 5, 20)
    assert not plain.of_type("queue.left")
    (left,) = read(script, asterisk_ring_groups={"600": "desk"}).of_type("queue.left")
    assert (left["queue"], left["outcome"], left["wait_s"]) == ("desk", "answered", 4)


def test_the_house_that_calls_its_own_queue_is_a_caller() -> None:
    script = CelScript().starts(0, REP, cid_num="102", exten="500", context="from-internal")
    script.runs(1, REP, "Queue", "sales,t,,,60", exten="500", context="from-internal")
    answered_by(script, COLLEAGUE, 5, REP, "500").leaves(15, REP, COLLEAGUE)
    said = read(script.gone(15, REP, COLLEAGUE), asterisk_outbound_contexts=["from-internal"])
    call = said.call()
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("inbound", "102", "bob", 10)
    assert [one["outcome"] for one in said.of_type("queue.left")] == ["answered"]


# transfers


def test_a_caller_who_is_sent_to_a_colleague_goes_on_talking_to_the_floor() -> None:
    script = answered_by(calls_in(), REP, 12)
    script.row(
        "BLINDTRANSFER", 22, REP, extra=f'{{"extension":"118","transferee_channel_name":"{LINE}"}}'
    ).leaves(22, REP, LINE).gone(22, REP).stops(22, LINE)  # fmt: skip
    script.runs(22, LINE, "Dial", "PJSIP/bob,12", exten="s", context="macro-exten").starts(22, COLLEAGUE)
    script.answers(25, COLLEAGUE).joins(25, "t", COLLEAGUE, LINE).leaves(45, COLLEAGUE, LINE)
    call = read(script.gone(45, COLLEAGUE, LINE)).call()
    assert (call["talk_s"], call["rep"], call["queue"], call["wait_s"]) == (30, "alice", "sales", 10)


def test_a_prospect_who_is_sent_to_a_number_outside_talks_to_the_floor_no_more_and_was_called_once() -> None:
    script = hand_dialled()
    script.row("BLINDTRANSFER", 14, REP, extra=f'{{"extension":"{OTHER}","transferee_channel_name":"{LINE}"}}')
    script.leaves(14, LINE, REP).gone(14, REP, status="ANSWER")
    script.runs(14, LINE, "Dial", f"IAX2/gsm1/{OTHER},30", exten=OTHER, context="from-internal").starts(14, SPARE)
    script.answers(17, SPARE, cid_num=OTHER).joins(17, "o", SPARE, LINE).leaves(60, SPARE, LINE)
    call = read(script.gone(60, SPARE, LINE)).call()
    assert (call["talk_s"], call["number"], call["rep"]) == (5, NUMBER, "alice")


def test_who_is_on_hold_while_a_rep_dials_and_consults_does_not_talk() -> None:
    script = answered_by(calls_in(), REP, 12)
    script.row("STREAM_BEGIN", 22, REP, extra='{"sound":"pbx-transfer"}')
    near, far = script.local(25, "501", "from-internal")
    script.joins(25, "k", near).leaves(25, REP).joins(25, "k", REP, beside=near)
    script.answers(25, far, "Answer").runs(26, far, "Queue", "support,t,,,60", exten="501")
    script.starts(27, COLLEAGUE).answers(30, COLLEAGUE, "AppQueue", exten="501").joins(30, "z", COLLEAGUE, far)
    # Handed over at 35.
    script.leaves(35, REP, near).joins(35, "q1", near, beside=LINE).gone(35, REP)
    script.leaves(55, LINE, near).gone(55, LINE, near).leaves(55, far, COLLEAGUE).gone(55, far, COLLEAGUE)
    said = read(script)
    assert (said.call()["talk_s"], said.call()["rep"], said.call()["queue"]) == (30, "alice", "sales")
    assert [(one["queue"], one["outcome"], one["wait_s"]) for one in said.of_type("queue.left")] == [
        ("sales", "answered", 10), ("support", "answered", 4),
    ]  # fmt: skip


# what spoke for it


def explained(text: str, form: str, which: str) -> list[str]:
    source = FORMATS[form].make(settings_of())
    assert isinstance(source, Explains)
    source.asked = asked_for(which)
    list(source.read(io.BytesIO(text.encode())))
    return source.asked.found


@pytest.mark.parametrize("which", ["3", f"{T}.1"])
def test_a_call_says_what_spoke_for_its_direction_by_its_line_or_its_id_without_a_number(which: str) -> None:
    script = hand_dialled().leaves(69, LINE, REP).gone(69, LINE, REP, status="ANSWER")
    lines = explained(script.text(), "asterisk-cel", which)
    assert lines[0] == "line 3: outbound"
    assert any("dialling for outbound" in line for line in lines)
    assert lines[-1].startswith("call.ended: direction outbound, rep alice")
    assert NUMBER not in "".join(lines)
    assert explained(script.text(), "asterisk-cel", "99") == []


def test_a_row_of_a_queue_log_says_that_its_queue_alone_spoke_for_its_direction() -> None:
    text = f"{T}|{T}.1|sales|NONE|ENTERQUEUE||{NUMBER}|1\n{T + 9}|{T}.1|sales|NONE|ABANDON|1|1|9\n"
    lines = explained(text, "asterisk-queue-log", "2")
    assert lines == [
        "line 2: inbound: sales is a queue of callers, as no setting names it",
        "queue.left: queue sales, outcome abandoned, wait_s 9",
    ]


# a log without the events of bridges


def test_who_picks_up_is_answered_where_no_event_of_a_bridge_is_logged() -> None:
    script = CelScript().starts(0, REP, cid_num="1015", exten=NUMBER, context="phones")
    dials(script, 1).answers(9, LINE, cid_num=NUMBER, context="from-trunk").answers(9, REP, "Dial")
    said = read(script.gone(69, LINE, REP, status="ANSWER"))
    call = said.call()
    assert (call["direction"], call["rep"], call["talk_s"], call["ring_s"]) == ("outbound", "alice", 60, 8)
    assert any("it tells of no bridge" in remark for remark in said.source.remarks)


def test_a_caller_whom_a_member_picks_up_is_answered_where_no_event_of_a_bridge_is_logged() -> None:
    script = calls_in().starts(4, REP).answers(7, REP, "AppQueue", exten="sales", context="from-internal")
    call = read(script.gone(37, REP, LINE)).call()
    assert (call["direction"], call["rep"], call["talk_s"], call["wait_s"]) == ("inbound", "alice", 30, 5)


def test_nobody_has_answered_who_did_not_pick_up_where_no_event_of_a_bridge_is_logged() -> None:
    script = CelScript().starts(0, REP, cid_num="1015", exten=NUMBER, context="phones")
    call = read(dials(script, 1).gone(21, LINE, cause=19).gone(21, REP, status="NOANSWER")).call()
    assert (call.get("answered_at"), call["disposition"]) == (None, "no_answer")


def test_a_log_that_tells_of_bridges_is_believed_about_who_met_whom() -> None:
    script = hand_dialled().leaves(69, LINE, REP).gone(69, LINE, REP, status="ANSWER")
    assert not any("it tells of no bridge" in remark for remark in read(script).source.remarks)
