"""The product against the plain reference: every KPI, window and filter, however the events arrive."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.journeys.due import BANDS, ToDo, customers_at_risk, follow_ups_due, follow_ups_listed
from stream.kpi.reading import Filters as Narrowed
from stream.kpi.windows import next_midnight
from tests.floor_in_memory import FloorInMemory
from tests.reference.config import DAY, HOUR, MINUTE
from tests.reference.floors import FLOOR, Cast, Dice, Pick, cast_of
from tests.reference.happenings import rep_state
from tests.reference.histories import History, histories, numbered, random_history
from tests.reference.kpis import WINDOWS, Config, Reading, same

Filters = Mapping[str, str]

SOME_FILTERS: Sequence[Filters] = (
    {},
    {"campaign": "solar"},
    {"team": "north"},
    {"rep": "ana"},
    {"campaign": "roof", "team": "south", "rep": "bob"},
    {"campaign": "nobody's"},
)
ALL_FILTERS: Sequence[Filters] = [
    {name: value for name, value in zip(("campaign", "team", "rep"), values, strict=True) if value}
    for values in product(("", "roof", "solar", "fibre"), ("", "north", "south"), ("", "ana", "bob", "cleo"))
]


def check(floor: FloorInMemory, reading: Reading, filters: Sequence[Filters] = SOME_FILTERS) -> None:
    """Every KPI of the product says what the reference says, and there is none that only one of them knows."""
    assert not floor.refused
    for window, by in product(WINDOWS, filters):
        found, right = floor.kpis(window, as_of=reading.as_of, **by), reading.kpis(window, **by)
        assert found.keys() == right.keys()
        wrong = {
            f"{kpi} {part} ({window}, {dict(by)})": (found[kpi].get(part), value)
            for kpi, parts in right.items()
            for part, value in parts.items()
            if not same(found[kpi].get(part), value)
        }
        assert not wrong, wrong


def read(history: History) -> Reading:
    return Reading(history.events, as_of=history.as_of, config=history.config)


def floor_for(history: History, partitions: int = 3) -> FloorInMemory:
    return FloorInMemory.like(history.config, history.as_of, partitions)


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 9), st.sampled_from((1, 3, 8)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_small_history_in_any_batches_gives_the_references_numbers(
    history: History,
    chance: random.Random,
    batch: int,
    partitions: int,
) -> None:
    floor = floor_for(history, partitions).feed(history.events, batch=batch, chance=chance)
    check(floor, read(history))


@pytest.mark.parametrize("seed", range(24))
def test_a_seeded_history_gives_the_references_numbers(seed: int) -> None:
    history = random_history(seed, 160)
    chance = random.Random(seed)
    floor = floor_for(history).feed(history.events, batch=chance.choice((1, 5, 50, 500)), chance=chance)
    check(floor, read(history))


def test_every_combination_of_campaign_team_and_rep_is_right() -> None:
    history = random_history(101, 400)
    check(floor_for(history).feed(history.events), read(history), ALL_FILTERS)


@pytest.mark.parametrize("seed", range(200, 206))
def test_order_duplicates_and_batches_change_nothing(seed: int) -> None:
    history = random_history(seed, 120)
    reading = read(history)
    chance = random.Random(seed)
    for batch in (1, 4, 1000):
        log = [*history.events, *chance.choices(history.events, k=40)]
        chance.shuffle(log)
        check(floor_for(history).feed(log, batch=batch, chance=chance), reading)


@pytest.mark.parametrize("seed", range(300, 306))
def test_of_two_contents_under_one_id_the_first_in_the_log_stands(seed: int) -> None:
    history = random_history(seed, 120)
    pick = Dice(seed)
    contents: Sequence[Mapping[str, Any]] = ({"at": history.as_of}, {"rep": "cleo"}, {"campaign": "fibre"})
    others = [
        {**event, **pick.of(contents)}
        for event in history.events[:60]
        if event["type"] not in ("spend.recorded", "rep.state") and event["at"] <= history.as_of
    ]
    history = replace(history, events=(*history.events[:80], *others, *history.events[80:]))
    check(floor_for(history).feed(history.events, batch=9, chance=random.Random(seed)), read(history))


@pytest.mark.parametrize("seed", [*range(350, 358), 380])
def test_of_several_contents_under_one_id_the_greatest_revision_stands(seed: int) -> None:
    history = random_history(seed, 120)
    pick = Dice(seed)
    contents: Sequence[Mapping[str, Any]] = (
        {"at": history.as_of},
        {"rep": "cleo"},
        {"campaign": "fibre"},
        {"talk_s": 90},
    )
    leads = [f"lead-{n}" for n in range(6)]
    others = [
        {
            **event,
            **({"into": pick.of([x for x in leads if x != event["lead"]])} if "into" in event else pick.of(contents)),
        }
        | {"revision": pick.of((0, 1, 1, 2))}
        for event in history.events
        if event["type"] not in ("spend.recorded", "rep.state", "queue.joined", "queue.left")
        and event.get("direction") != "inbound"
        and event["at"] <= history.as_of
        for _ in range(2)
    ]
    log = [*history.events, *others]
    pick.random.shuffle(log)
    history = replace(history, events=tuple(log))
    check(floor_for(history).feed(history.events, batch=9, chance=random.Random(seed)), read(history))


@pytest.mark.parametrize("seed", range(380, 386))
def test_what_is_to_be_done_is_what_the_reference_says_at_every_moment(seed: int) -> None:
    history = random_history(seed, 160)
    floor = floor_for(history).feed(history.events)
    zone = floor.settings.zone
    for step in (0, 1, MINUTE, 17 * MINUTE, HOUR, 5 * HOUR, DAY):
        floor.clock.advance(step)
        if step == HOUR:
            floor.settle()
        now = floor.clock.now_ms()
        reading = read(replace(history, as_of=now))
        minute, tonight = now // MINUTE * MINUTE, next_midnight(now, zone)
        oldest = (now // HOUR - 167) * HOUR
        ends = (minute, minute + HOUR, minute + 4 * HOUR, tonight, next_midnight(tonight, zone))
        states: list[Any] = [state for (group, _), state in floor.states.items() if group == "events"]
        found = follow_ups_due(now, zone, states)
        for rep in (None, "ana", "bob"):
            first = oldest
            for band, end in zip(BANDS, ends, strict=True):
                counted = sum(bands.get(band, 0) for owner, bands in found if rep in (None, owner[2]))
                assert counted == reading.to_do(first, max(first, end), rep), (band, rep)
                first = max(first, end)
            listed = follow_ups_listed(now, zone, states, ToDo(1000, filters=Narrowed(rep=rep)))
            late, ahead = ([f.limit for f in listed if (f.limit < minute) is past] for past in (True, False))
            limits = sorted(f.limit for f in reading.follow_ups if f.open and rep in (None, f.rep))
            assert late == [limit for limit in limits if oldest <= limit < minute][::-1]
            assert ahead == [limit for limit in limits if minute <= limit < ends[-1]]
            first_two = [f.limit for f in follow_ups_listed(now, zone, states, ToDo(2, filters=Narrowed(rep=rep)))]
            assert first_two == [*late, *ahead][:2]
        at_risk = [one.until for one in customers_at_risk(now, states)]
        assert sorted(at_risk) == sorted(r.ended for r in reading.risks if r.faded and r.ended >= minute)


@pytest.mark.parametrize("seed", range(400, 404))
def test_what_ripens_with_time_is_right_at_every_later_moment(seed: int) -> None:
    history = random_history(seed, 120)
    floor = floor_for(history).feed(history.events)
    for step in (1, MINUTE - 1, MINUTE, 4 * MINUTE, 10 * MINUTE, 45 * MINUTE, HOUR, 3 * HOUR, 19 * HOUR, DAY, 2 * DAY):
        floor.clock.advance(step)
        if step != MINUTE:
            floor.settle()
        later = replace(history, as_of=floor.clock.now_ms())
        check(floor, read(later), SOME_FILTERS[:4])


@pytest.mark.parametrize("seed", range(450, 458))
def test_a_floor_watched_while_it_is_told_is_right_at_every_look(seed: int) -> None:
    whole = random_history(seed, 160)
    chance = random.Random(seed)
    floor = FloorInMemory.like(whole.config, whole.as_of - 3 * HOUR)
    for told in range(0, len(whole.events), 16):
        floor.feed(whole.events[told : told + 16], batch=5, chance=chance)
        now = floor.clock.now_ms()
        check(floor, read(replace(whole, events=whole.events[: told + 16], as_of=now)), SOME_FILTERS[:2])
        floor.clock.advance(chance.choice((0, 1, MINUTE, 7 * MINUTE, HOUR)))
    check(floor, read(replace(whole, as_of=floor.clock.now_ms())))


@pytest.mark.parametrize("seed", range(500, 504))
def test_a_floor_restored_between_batches_and_told_the_rest_is_right(seed: int) -> None:
    history = random_history(seed, 160)
    floor = floor_for(history)
    for start in range(0, len(history.events), 40):
        floor.feed(history.events[start : start + 40], batch=11).restart()
    check(floor, read(history))


@pytest.mark.parametrize(
    "config",
    [
        replace(FLOOR, zone="Asia/Kolkata", service_level_formula=1, lead_cold_days=30, risk_days=30),
        replace(FLOOR, zone="America/New_York", service_level_formula=2, opening_hours={"sun": ("00:00-24:00",)}),
        replace(FLOOR, zone="UTC", service_level_formula=3, follow_up_h=24, early_h=1, min_talk_s=44, lead_cold_days=1),
        replace(FLOOR, zone="Australia/Lord_Howe", opening_hours={}, dispositions={}),
    ],
    ids=lambda config: config.zone,
)
def test_the_settings_mean_the_same_to_both(config: Config) -> None:
    for seed in range(600, 604):
        history = replace(random_history(seed, 120), config=config)
        check(floor_for(history).feed(history.events), read(history), SOME_FILTERS[:2])


def test_the_states_of_reps_told_in_order_are_right_over_a_month() -> None:
    pick = Dice(700)
    cast = cast_of(pick, 200)
    states = sorted((any_time(pick, cast) for _ in range(200)), key=lambda state: int(state["at"]))
    history = History(tuple(numbered(states, ["a"] * len(states))), cast.as_of)
    check(floor_for(history).feed(history.events, batch=7), read(history))


def any_time(pick: Pick, cast: Cast) -> dict[str, Any]:
    return rep_state(pick, cast) | {"at": cast.time(pick, "floor")}
