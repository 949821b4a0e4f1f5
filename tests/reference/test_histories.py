"""The generated histories are what the door lets in, and hit what they are made to hit."""

import random
from collections import Counter
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reference.config import DAY, HOUR
from tests.reference.facts import distinct
from tests.reference.histories import History, histories, random_history
from tests.reference.kpis import WINDOWS, Reading

REQUIRED = {
    "lead.requested": {"lead", "campaign"},
    "lead.assigned": {"lead", "rep"},
    "lead.qualified": {"lead"},
    "lead.won": {"lead"},
    "lead.lost": {"lead"},
    "lead.consent": {"lead", "granted"},
    "lead.merged": {"lead", "into"},
    "lead.withdrawn": {"lead"},
    "call.started": {"call", "direction"},
    "call.answered": {"call"},
    "call.ended": {"call", "direction", "placed_at"},
    "call.disposed": {"call", "disposition"},
    "customer.at_risk": {"customer"},
    "customer.kept": {"customer"},
    "customer.lost": {"customer"},
    "spend.recorded": {"campaign", "amount", "currency", "from", "to"},
    "rep.state": {"rep", "state"},
    "queue.joined": {"call", "queue"},
    "queue.left": {"call", "queue"},
}


def check(history: History) -> None:
    for event in history.events:
        assert event.keys() >= {"id", "at"} | REQUIRED[event["type"]], event
        assert isinstance(event["at"], int)
        assert event["at"] < history.as_of + DAY
        if event["type"].startswith("call."):
            assert "lead" in event or "number" in event
        if event["type"] == "call.ended":
            assert event["placed_at"] <= event.get("answered_at", event["at"]) <= event["at"], event
        if event["type"] == "spend.recorded":
            assert event["from"] < event["to"]


@given(histories())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_small_history_is_canonical_and_can_be_read(history: History) -> None:
    check(history)
    reading = Reading(history.events, as_of=history.as_of, config=history.config)
    for window in WINDOWS:
        assert reading.kpis(window)


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_order_of_the_log_and_duplicates_change_nothing(history: History, chance: random.Random) -> None:
    log = [*history.events, *history.events[:5]]
    chance.shuffle(log)
    one, other = (Reading(events, as_of=history.as_of, config=history.config) for events in (history.events, log))
    assert [one.kpis(window) for window in WINDOWS] == [other.kpis(window) for window in WINDOWS]


def test_a_seeds_history_is_the_same_for_ever_with_duplicates_and_disorder() -> None:
    history = random_history(7, 100)
    assert history == random_history(7, 100) != random_history(8, 100)
    assert len(history.events) == 110
    assert len(distinct(history.events)) == 100
    times = [event["at"] for event in history.events]
    assert any(later < earlier for earlier, later in pairwise(times))
    check(history)


def test_random_histories_hit_every_kind_of_event_and_every_outcome() -> None:
    seen: Counter[str] = Counter()
    for seed in range(12):
        history = random_history(seed, 200)
        seen.update(event["type"] for event in history.events)
        seen["ahead"] += sum(event["at"] > history.as_of for event in history.events)
        reading = Reading(history.events, as_of=history.as_of, config=history.config)
        seen.update(f"follow-up {due.state}" for due in reading.follow_ups)
        seen["to do"] += sum(due.open for due in reading.follow_ups)
        seen["early"] += len(reading.early)
        seen["pressing"] += len(reading.pressing)
        seen["cold"] += sum(lead.cold is not None and lead.cold < history.as_of for lead in reading.leads)
        seen["to go cold"] += sum(lead.cold is not None and lead.cold > history.as_of for lead in reading.leads)
        seen["faded"] += sum(risk.faded and risk.ended < history.as_of for risk in reading.risks)
        seen["exact hour"] += sum(
            attempt.placed_at - lead.requested == HOUR
            for lead in reading.leads
            if lead.requested is not None
            for attempt in lead.attempts
        )
        seen.update(
            f"{window} {name}" for window in WINDOWS for name, kpi in reading.kpis(window).items() if kpi.get("value")
        )
        seen.update(f"pending {name}" for name, kpi in reading.kpis("30d").items() if kpi.get("pending"))
    expected = {*REQUIRED, "ahead", "early", "pressing", "exact hour", "to do", "cold", "to go cold", "faded"}
    expected |= {f"follow-up {state}" for state in ("kept", "missed", "withdrawn")}
    cohorts = ("penetration", "lead_to_opportunity", "opportunity_to_customer", "lead_to_customer")
    expected |= {f"pending {name}" for name in cohorts}
    names = ("contact_rate", "lead_response_within_1h_attempt", "follow_up_rate", "cost_per_lead", "leads_requested")
    expected |= {f"{window} {name}" for window in WINDOWS for name in names}
    expected |= {
        f"30d {name}" for name in ("wins_after_four_noes", "loss_rate", "service_level", "occupancy", "win_rate")
    }
    assert not expected - seen.keys()
    assert all(seen[name] for name in expected)
