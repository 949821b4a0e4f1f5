"""The verdict: the first rule that applies, and what an attempt is counted under."""

from __future__ import annotations

import msgspec

from stream.kpi.attempts import Attempt, attempt_rows, is_contact, judge
from stream.kpi.facts import Call, Verdict
from stream.kpi.measures import ANSWERED, ATTEMPTS, CONTACTS, VOICEMAILS
from stream.kpi.rules import CONTACT_DISPOSITIONS, DISPOSITIONS, OTHER_DISPOSITIONS, Rules
from tests.unit.kpi.telling import MINUTE, NINE, SECOND, call, contact, no, verdict

RULES = Rules(
    min_talk_by_campaign={"short": 5 * SECOND, "long": 90 * SECOND},
    dispositions={"SALE": "interested", "NOPE": "refused", "VM": "voicemail", "ODD": "no such meaning"},
)


def judged(*calls: Call, verdicts: dict[str, Verdict] | None = None, campaign: str | None = None) -> list[Attempt]:
    return judge(calls, verdicts or {}, lambda _call: campaign, RULES)


def is_one(one: Call, disposition: str | None = None, campaign: str | None = None) -> bool:
    return is_contact(one, RULES.disposition(disposition), campaign, RULES)


def test_the_four_dispositions_of_a_conversation_make_a_contact_whatever_else_is_known() -> None:
    for disposition in ("conversation", "interested", "callback", "refused"):
        assert is_one(call(NINE), disposition)
        assert is_one(call(NINE, machine=True, answered=True), disposition)


def test_the_other_seven_make_none_whatever_else_is_known() -> None:
    for disposition in ("voicemail", "no_answer", "busy", "failed", "wrong_number", "abandoned", "other"):
        assert not is_one(contact(NINE, talk_ms=600 * SECOND), disposition)


def test_there_are_eleven_dispositions_and_none_has_both_meanings() -> None:
    assert len(DISPOSITIONS) == 11
    assert not CONTACT_DISPOSITIONS & OTHER_DISPOSITIONS


def test_a_vendors_code_means_what_the_configuration_says() -> None:
    assert is_one(call(NINE), "SALE")
    assert not is_one(contact(NINE), "VM")


def test_a_code_that_maps_to_nothing_is_no_verdict_and_the_next_rule_applies() -> None:
    for code in ("whatever", "ODD", ""):
        assert is_one(contact(NINE), code)
        assert not is_one(contact(NINE, machine=True), code)
        assert not is_one(call(NINE), code)


def test_a_machine_is_no_contact_however_long_it_talks() -> None:
    assert not is_one(contact(NINE, machine=True, talk_ms=600 * SECOND))


def test_what_was_not_answered_is_no_contact() -> None:
    assert not is_one(call(NINE, answered=False, talk_ms=600 * SECOND))


def test_thirty_seconds_of_talk_make_a_contact_and_a_millisecond_less_does_not() -> None:
    assert is_one(contact(NINE, talk_ms=30 * SECOND))
    assert not is_one(contact(NINE, talk_ms=30 * SECOND - 1))


def test_the_talk_time_is_that_of_the_attempts_campaign() -> None:
    assert is_one(contact(NINE, talk_ms=5 * SECOND), campaign="short")
    assert not is_one(contact(NINE, talk_ms=5 * SECOND - 1), campaign="short")
    assert not is_one(contact(NINE, talk_ms=90 * SECOND - 1), campaign="long")
    assert is_one(contact(NINE, talk_ms=30 * SECOND), campaign="another")


def test_an_attempts_own_campaign_stands_before_the_one_it_is_given() -> None:
    (attempt,) = judged(contact(NINE, talk_ms=10 * SECOND, campaign="short"), campaign="long")
    assert (attempt.owner[0], attempt.contact) == ("short", True)


def test_an_attempt_without_a_campaign_is_judged_by_the_one_it_is_given() -> None:
    (attempt,) = judged(contact(NINE, talk_ms=10 * SECOND), campaign="short")
    assert (attempt.owner[0], attempt.contact) == ("short", True)


def test_an_inbound_call_is_no_attempt() -> None:
    assert judged(call(NINE, outbound=False)) == []


def test_a_later_verdict_outranks_the_calls_own_disposition() -> None:
    (attempt,) = judged(no(NINE), verdicts={"c1": verdict(NINE, "no_answer")})
    assert not attempt.contact
    assert not attempt.refused
    (attempt,) = judged(call(NINE, disposition="busy"), verdicts={"c1": verdict(NINE, "refused")})
    assert attempt.contact
    assert attempt.refused


def test_a_later_verdict_that_maps_to_nothing_does_not_bring_the_calls_own_back() -> None:
    (attempt,) = judged(no(NINE, talk_ms=0), verdicts={"c1": verdict(NINE, "whatever")})
    assert not attempt.contact
    assert not attempt.refused


def test_a_verdict_on_another_call_changes_nothing() -> None:
    (attempt,) = judged(call(NINE), verdicts={"c2": verdict(NINE, "refused", "c2")})
    assert not attempt.contact


def test_a_no_is_a_refusal_also_in_a_vendors_words() -> None:
    assert [attempt.refused for attempt in judged(no(NINE), no(NINE + 1, "c2", disposition="NOPE"))] == [True, True]
    assert not judged(contact(NINE, disposition="SALE"))[0].refused
    assert not judged(contact(NINE))[0].refused


def test_attempts_are_ordered_by_the_moment_they_were_placed_then_by_call() -> None:
    calls = [call(NINE + 1, "a"), call(NINE, "c"), call(NINE, "b", campaign="z"), call(NINE, "d", campaign="a")]
    assert [attempt.call for attempt in judged(*calls)] == ["b", "c", "d", "a"]


def test_what_was_answered_counts_as_answered_whoever_answered() -> None:
    (row,) = attempt_rows(judged(call(NINE, answered=True, disposition="abandoned")))
    assert row[2] == (ATTEMPTS, ANSWERED)


def test_a_voicemail_is_counted_by_its_disposition_also_in_a_vendors_words() -> None:
    for disposition in ("voicemail", "VM"):
        (row,) = attempt_rows(judged(call(NINE, disposition=disposition)))
        assert row[2] == (ATTEMPTS, VOICEMAILS)
        (row,) = attempt_rows(judged(contact(NINE, disposition=disposition)))
        assert row[2] == (ATTEMPTS, ANSWERED, VOICEMAILS)


def test_a_machine_is_a_voicemail_unless_a_disposition_says_otherwise() -> None:
    for disposition in (None, "whatever", "ODD"):
        (row,) = attempt_rows(judged(contact(NINE, machine=True, disposition=disposition)))
        assert row[2] == (ATTEMPTS, ANSWERED, VOICEMAILS)
    for disposition in ("busy", "other", "NOPE"):
        assert not judged(contact(NINE, machine=True, disposition=disposition))[0].voicemail
    assert not judged(contact(NINE))[0].voicemail
    assert not judged(call(NINE))[0].voicemail


def test_a_later_verdict_says_whether_it_was_a_voicemail() -> None:
    heard = verdict(NINE, "voicemail")
    assert judged(contact(NINE, disposition="interested"), verdicts={"c1": heard})[0].voicemail
    spoken = verdict(NINE, "interested")
    assert not judged(contact(NINE, machine=True, disposition="voicemail"), verdicts={"c1": spoken})[0].voicemail
    unknown = verdict(NINE, "whatever")
    assert not judged(call(NINE, disposition="voicemail"), verdicts={"c1": unknown})[0].voicemail


def test_an_attempt_is_counted_in_its_minute_under_its_own_campaign_team_and_rep() -> None:
    last_moment = contact(NINE + MINUTE - 1, campaign="spring", team="blue", rep="ana")
    assert attempt_rows(judged(last_moment, call(NINE + MINUTE, "c2"))) == [
        (NINE // MINUTE, ("spring", "blue", "ana"), (ATTEMPTS, ANSWERED, CONTACTS)),
        (NINE // MINUTE + 1, (None, None, None), (ATTEMPTS,)),
    ]


def test_a_fact_packs_and_unpacks_to_itself() -> None:
    one = contact(NINE, campaign="spring")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=Call) == one
