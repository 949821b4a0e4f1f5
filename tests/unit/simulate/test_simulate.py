"""A simulated floor: the same seed gives the same events, and they are those of a plausible floor."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.clock import FixedClock
from stream.simulate import Floor, Play, Profile, begin, history, live
from stream.simulate.days import DAY, HOUR, Days
from stream.simulate.people import Numbers

PARIS = ZoneInfo("Europe/Paris")
CONTACTS = {"conversation", "interested", "callback", "refused"}
CLOSING = {"lead.qualified", "lead.won", "lead.lost", "lead.merged", "lead.withdrawn"}
NO_CONTACTS = {"voicemail", "no_answer", "busy", "failed", "wrong_number", "abandoned", "other"}

Event = dict[str, Any]


def ms(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp() * 1000)


@pytest.fixture(scope="module")
def fortnight() -> list[tuple[int, Event]]:
    return list(Floor(seed=7, days=14))


@pytest.fixture(scope="module")
def events(fortnight: list[tuple[int, Event]]) -> list[Event]:
    distinct = {event["id"]: event for _, event in fortnight}
    return list(distinct.values())


def of_type(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == kind]


def standing_attempts(events: list[Event]) -> dict[str, Event]:
    attempts: dict[str, Event] = {}
    for event in of_type(events, "call.ended"):
        other = attempts.get(event["call"])
        if event["direction"] == "outbound" and (
            other is None or (event["at"], event["id"]) > (other["at"], other["id"])
        ):
            attempts[event["call"]] = event
    return attempts


def contacts_of(events: list[Event]) -> list[Event]:
    latest: dict[str, Event] = {}
    for event in sorted(of_type(events, "call.disposed"), key=lambda e: (e["at"], e["id"])):
        latest[event["call"]] = event
    found = []
    for call, attempt in standing_attempts(events).items():
        disposition = latest.get(call, attempt).get("disposition")
        talked = attempt.get("amd") != "machine" and attempt["talk_s"] >= 30
        if disposition in CONTACTS or (disposition not in NO_CONTACTS and talked):
            found.append(attempt)
    return found


def test_the_same_seed_gives_the_same_bytes() -> None:
    one = b"".join(orjson.dumps(pair) for pair in Floor(seed=3, days=2))
    two = b"".join(orjson.dumps(pair) for pair in Floor(seed=3, days=2))
    assert one == two


def test_another_seed_gives_another_floor_that_shares_no_id() -> None:
    one = {event["id"] for _, event in Floor(seed=3, days=1)}
    two = {event["id"] for _, event in Floor(seed=4, days=1)}
    assert one
    assert not one & two


def test_a_floor_with_more_days_begins_with_the_days_of_one_with_fewer() -> None:
    short = list(Floor(seed=5, days=1))
    assert list(itertools.islice(Floor(seed=5, days=4), len(short))) == short


def test_what_is_drawn_elsewhere_changes_nothing() -> None:
    floor = Floor(seed=5, days=1)
    before = list(floor)
    random.seed(99)
    assert list(floor) == before


@pytest.mark.slow
def test_records_come_in_the_order_of_their_arrival_and_never_before_their_time(
    fortnight: list[tuple[int, Event]],
) -> None:
    arrivals = [arrival for arrival, _ in fortnight]
    assert arrivals == sorted(arrivals)
    assert all(arrival >= event["at"] for arrival, event in fortnight)


def test_event_times_come_in_disorder_and_some_records_twice(fortnight: list[tuple[int, Event]]) -> None:
    times = [event["at"] for _, event in fortnight]
    assert times != sorted(times)
    twice = [n for n in Counter(event["id"] for _, event in fortnight).values() if n > 1]
    assert 0.003 < len(twice) / len(fortnight) < 0.01


@pytest.mark.slow
def test_equal_ids_of_one_revision_have_equal_content(fortnight: list[tuple[int, Event]]) -> None:
    contents: dict[tuple[str, int], Event] = {}
    for _, event in fortnight:
        assert contents.setdefault((event["id"], event.get("revision", 0)), event) == event


def test_without_loss_nothing_is_missing_and_with_it_something_is() -> None:
    def share_missing(profile: Profile) -> float:
        numbers = {int(event["id"].split("-")[1], 16) for _, event in Floor(seed=1, days=1, profile=profile)}
        return 1 - len(numbers) / max(numbers)

    # Without loss, only what is still in transit at the end of the day.
    assert share_missing(Profile(loss=0, late=0)) < 0.05
    assert 0.15 < share_missing(Profile(loss=0.2, late=0)) < 0.25


def test_the_benchmarks_are_near(events: list[Event]) -> None:
    attempts = standing_attempts(events)
    assert 0.34 < len(contacts_of(events)) / len(attempts) < 0.385
    qualified = {event["lead"] for event in of_type(events, "lead.qualified")}
    assert 26 < 1000 * len(qualified) / len(attempts) < 38


def waits_of(events: list[Event]) -> list[tuple[int, float]]:
    """Return for each request when it came, and when it was called or closed; in ms since the epoch."""
    requested: dict[str, int] = {}
    numbers: dict[str, set[str]] = defaultdict(set)
    for event in of_type(events, "lead.requested"):
        requested[event["lead"]] = min(requested.get(event["lead"], event["at"]), event["at"])
        numbers[event.get("number", "")].add(event["lead"])
    ends = dict.fromkeys(requested, math.inf)
    for attempt in standing_attempts(events).values():
        for lead in {attempt["lead"]} if "lead" in attempt else numbers[attempt["number"]]:
            if attempt["placed_at"] >= requested.get(lead, math.inf):
                ends[lead] = min(ends[lead], attempt["placed_at"])
    for event in events:
        if event["type"] in CLOSING and event["lead"] in ends:
            ends[event["lead"]] = min(ends[event["lead"]], event["at"])
    return [(requested[lead], ends[lead]) for lead in requested]


def test_requests_are_called_or_closed_within_days_and_few_wait_at_any_time(events: list[Event]) -> None:
    waits = waits_of(events)
    ended = max(event["at"] for event in events)
    begun = min(at for at, _ in waits)
    assert all(end - at < 5 * DAY for at, end in waits if at < ended - 5 * DAY)
    lasted: list[int] = []
    for day, hour in itertools.product(range(3, 12), (11, 13, 15, 17)):
        then = begun + day * DAY + hour * HOUR
        if dt.datetime.fromtimestamp(then / 1000, PARIS).weekday() < 5:
            ages = [then - at for at, end in waits if at <= then < end]
            assert len(ages) < 30
            lasted += ages
    # Some wait for minutes, others past the hour, and hardly any past a day.
    assert sum(age < HOUR for age in lasted) > 5
    assert sum(HOUR <= age < DAY for age in lasted) > 5
    assert sum(age >= DAY for age in lasted) < len(lasted) / 4


def test_nobody_calls_at_night_at_weekends_or_on_holidays(events: list[Event]) -> None:
    for attempt in standing_attempts(events).values():
        local = dt.datetime.fromtimestamp(attempt["placed_at"] / 1000, PARIS)
        assert local.weekday() < 5
        assert 9 <= local.hour <= 18
    easter_monday = list(Floor(seed=1, start=dt.date(2026, 4, 6), days=1))
    of_the_crm = {"lead.requested", "lead.withdrawn", "lead.merged", "spend.recorded"}
    assert {event["type"] for _, event in easter_monday} <= of_the_crm


def test_leads_request_calls_in_the_evening_and_fewer_at_weekends(events: list[Event]) -> None:
    web = [event for event in of_type(events, "lead.requested") if event["channel"] != "outbound"]
    requested = [dt.datetime.fromtimestamp(event["at"] / 1000, PARIS) for event in web]
    evening = sum(19 <= t.hour < 22 for t in requested)
    night = sum(1 <= t.hour < 4 for t in requested)
    assert evening > 5 * night
    weekend = sum(t.weekday() >= 5 for t in requested) / 4
    weekday = sum(t.weekday() < 5 for t in requested) / 10
    assert 0.25 < weekend / weekday < 0.6


def test_fewer_answer_at_lunch_and_at_later_attempts(events: list[Event]) -> None:
    attempts = list(standing_attempts(events).values())

    def answered(some: list[Event]) -> float:
        return sum("answered_at" in event for event in some) / len(some)

    def at(*hours: int) -> list[Event]:
        return [a for a in attempts if dt.datetime.fromtimestamp(a["placed_at"] / 1000, PARIS).hour in hours]

    assert answered(at(12, 13)) < answered(at(10, 11, 16, 17)) - 0.05
    by_lead: dict[str, list[Event]] = defaultdict(list)
    for attempt in attempts:
        if "lead" in attempt:
            by_lead[attempt["lead"]].append(attempt)
    ordered = [sorted(calls, key=lambda c: c["placed_at"]) for calls in by_lead.values()]
    assert answered([calls[0] for calls in ordered]) > answered([calls[3] for calls in ordered if len(calls) > 3])


@pytest.mark.slow
def test_some_reps_open_well_and_close_badly_and_others_the_other_way_round() -> None:
    events = [event for _, event in Floor(seed=7, days=42)]
    opened = Counter(event["rep"] for event in of_type(events, "lead.qualified"))
    won = Counter(event["rep"] for event in of_type(events, "lead.won"))
    assert opened["rep-01"] > 1.5 * opened["rep-02"]
    assert won["rep-01"] / opened["rep-01"] < 0.5 * won["rep-02"] / opened["rep-02"]


def test_one_rep_presses_and_others_space_their_calls(events: list[Event]) -> None:
    by_lead: dict[str, list[Event]] = defaultdict(list)
    for attempt in standing_attempts(events).values():
        by_lead[attempt.get("lead") or attempt["number"]].append(attempt)
    pressing: Counter[str] = Counter()
    for calls in by_lead.values():
        calls.sort(key=lambda c: c["placed_at"])
        pressing.update(
            b["rep"] for a, b in zip(calls, calls[3:], strict=False) if b["placed_at"] - a["placed_at"] < DAY
        )
    assert pressing["rep-03"] > 10
    assert pressing["rep-04"] < pressing["rep-03"] / 5


def test_dispositions_come_late_and_are_revised(events: list[Event]) -> None:
    attempts = standing_attempts(events)
    disposed = of_type(events, "call.disposed")
    late = [e for e in disposed if e["call"] in attempts and "disposition" not in attempts[e["call"]]]
    revised = [
        e for e in disposed if attempts.get(e["call"], {}).get("disposition", e["disposition"]) != e["disposition"]
    ]
    assert len(late) > 100
    assert len(revised) > 50
    assert all(e["at"] >= attempts[e["call"]]["at"] for e in late + revised)
    assert "XFER" in {e.get("disposition") for e in events}


def test_some_calls_are_redialled_within_the_call(events: list[Event]) -> None:
    ends = Counter(event["call"] for event in of_type(events, "call.ended"))
    assert sum(n == 2 for n in ends.values()) > 20
    assert max(ends.values()) == 2


def test_numbers_are_linked_after_their_calls_and_some_to_two_leads(events: list[Event]) -> None:
    first_call: dict[str, int] = {}
    for attempt in standing_attempts(events).values():
        if "number" in attempt:
            number = attempt["number"]
            first_call[number] = min(first_call.get(number, attempt["placed_at"]), attempt["placed_at"])
    leads: dict[str, set[str]] = defaultdict(set)
    linked_later = 0
    for request in of_type(events, "lead.requested"):
        if "number" in request:
            leads[request["number"]].add(request["lead"])
            linked_later += first_call.get(request["number"], request["at"]) < request["at"]
    assert linked_later > 100
    assert sum(len(some) >= 2 for some in leads.values()) > 5


def test_callers_queue_and_most_are_answered(events: list[Event]) -> None:
    joined = {event["call"] for event in of_type(events, "queue.joined")}
    left = of_type(events, "queue.left")
    outcomes = Counter(event["outcome"] for event in left)
    assert len(joined) > 500
    assert 0.7 < outcomes["answered"] / len(left) < 0.97
    assert outcomes["abandoned"] > 20
    inbound = [e for e in of_type(events, "call.ended") if e["direction"] == "inbound"]
    assert {e["queue"] for e in inbound} == {"sales", "support"}


@pytest.mark.slow
def test_nobody_is_on_hold_for_longer_than_in_talk() -> None:
    floor = Floor(seed=7, days=14, profile=Profile(inbound_held=1.0))
    inbound = [event for _, event in floor if event["type"] == "call.ended" and event.get("hold_s")]
    assert len(inbound) > 500
    assert [event for event in inbound if event["hold_s"] > event["talk_s"]] == []


def test_spend_covers_every_local_day_even_when_the_clocks_change() -> None:
    floor = Floor(seed=2, start=dt.date(2026, 3, 28), days=3, profile=Profile(loss=0, late=0, duplicates=0))
    spend = of_type([event for _, event in floor], "spend.recorded")
    lengths = {event["to"] - event["from"] for event in spend}
    assert lengths == {24 * HOUR, 23 * HOUR}
    assert {event["currency"] for event in spend} == {"EUR"}
    assert len(spend) == 3 * 4 * 4


def test_customers_are_at_risk_and_then_kept_or_lost(events: list[Event]) -> None:
    begun = sorted(of_type(events, "customer.at_risk"), key=lambda event: event["at"], reverse=True)
    risks = {event["customer"]: event["at"] for event in begun}  # the first of each: a customer kept may be so again
    kept = of_type(events, "customer.kept")
    lost = of_type(events, "customer.lost")
    assert len(risks) > 20
    assert kept
    assert lost
    assert any(event["customer"] not in risks for event in lost)
    assert all(event["at"] > risks.get(event["customer"], 0) for event in kept)


def test_every_number_is_one_set_aside_for_fiction(events: list[Event]) -> None:
    numbers = {event["number"] for event in events if "number" in event}
    fiction = ("+3363998", "+3319900", "+3326191", "+3335301", "+3346571", "+3353649")
    assert len(numbers) > 3000
    assert all(number.startswith(fiction) and len(number) == 12 for number in numbers)


def test_numbers_are_used_once_even_when_the_ranges_are_used_up() -> None:
    supply = Numbers(random.Random(1))
    given = [supply.next() for _ in range(130_000)]
    assert len(set(given)) == len(given)
    assert {len(number) for number in given} == {12, 14}


def test_every_event_says_that_it_is_simulated(events: list[Event]) -> None:
    assert {event["source"] for event in events} == {"simulated"}


@pytest.mark.parametrize(("reps", "campaigns"), [(1, 1), (2, 3), (40, 12)])
def test_a_floor_of_any_size_runs(reps: int, campaigns: int) -> None:
    events = [event for _, event in Floor(seed=1, days=2, reps=reps, campaigns=campaigns, leads_per_day=20)]
    assert len({event["rep"] for event in events if "rep" in event}) <= reps
    assert standing_attempts(events)


def test_a_history_ends_now_and_live_goes_on_where_it_ended() -> None:
    now = ms("2026-01-14T15:30:00")
    past = list(history(1, 2, now))
    assert past[-1][0] <= now
    assert now - past[-1][0] < 5 * 60_000
    whole = begin(1, 2, now).history(now + HOUR)
    assert list(itertools.islice(whole, len(past))) == past


async def test_live_waits_for_the_clock() -> None:
    now = ms("2026-01-14T15:30:00")
    clock = FixedClock(now)
    coming = live(1, 1, now, clock=clock)
    clock.advance(10 * 60_000)
    first = await anext(coming)
    assert now < first[0] <= clock.now_ms()
    past = [event["id"] for _, event in history(1, 1, now)]
    assert first[1]["id"] not in past or first[1]["id"] in past[-5000:]


@pytest.mark.parametrize("now", ["2026-01-18T03:00:00", "2026-01-14T23:59:00", "2026-01-14T09:05:00"])
def test_a_demo_at_night_or_on_a_sunday_finds_the_floor_at_work(now: str) -> None:
    play = begin(1, 1, ms(now))
    assert play.is_open(ms(now))
    arrivals = [arrival for arrival, _ in play.history(ms(now))]
    assert ms(now) - arrivals[-1] < 5 * 60_000
    assert not begin(1, 1, ms(now), at_work=False).shift_ms


def test_a_play_that_was_saved_goes_on_with_the_same_ids() -> None:
    now = ms("2026-01-18T03:00:00")
    play = begin(9, 1, now)
    again = Play.from_dict(orjson.loads(orjson.dumps(play.as_dict())))
    assert again == play
    later = list(again.history(now + HOUR, after_ms=now))
    assert later
    assert later == [pair for pair in play.history(now + HOUR) if pair[0] > now]


def test_a_day_is_that_of_the_floors_zone() -> None:
    days = Days(PARIS, Profile())
    day = days.of(ms("2026-03-29T12:00:00"))
    assert day.ends - day.midnight == 23 * HOUR
    assert days.open_from(ms("2026-05-01T10:00:00")) == ms("2026-05-04T09:00:00")


def test_a_profile_changes_the_floor_and_its_ids() -> None:
    plain = Floor(seed=1, days=1)
    other = replace(plain, profile=Profile(human_answers=0.1))
    assert not {e["id"] for _, e in plain} & {e["id"] for _, e in other}
