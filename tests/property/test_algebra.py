"""The algebra of the floor: what may not matter does not (order, duplicates, batches, partitions, restarts, walks)."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.journeys.reader import Snapshot, combine, snapshot, sums_of_reps
from stream.kpi.cells import limit_slot
from stream.kpi.codes import detailed, ripening
from stream.kpi.facts import Spend
from stream.kpi.measures import ATTEMPTS, CONTACTS, MISSED, PRESSING
from stream.kpi.money import spent_within
from stream.kpi.reading import Filters
from stream.kpi.slices import HOURS, HOURS_KEPT, LIMITS, MINUTES, MINUTES_KEPT, Slices, add_up
from stream.kpi.windows import WINDOWS, Span, Windows
from tests.floor_in_memory import FloorInMemory
from tests.reference.histories import History, histories, random_history
from tests.unit.kpi.telling import DAY, HOUR, MINUTE, NINE, deltas_of, plain_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.cells import Cell

LENIENT = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
AT_ONCE = {"lead.merged", "lead.withdrawn", "spend.recorded"}
"""What counts as soon as it is known: what a lead is, and spend, which counts by its period."""
Chance = st.randoms(use_true_random=False)
Codes: st.SearchStrategy[int | str] = st.one_of(st.integers(1, 5), st.sampled_from(["137|price", "16|web"]))
Cells = st.dictionaries(Codes, st.integers(-3, 3), max_size=5)


def state(floor: FloorInMemory) -> dict[str, Any]:
    """
    All that a floor knows and says.

    Not the slices that no window reaches any more: when a partition drops these depends on what else came to it.
    """
    shot = floor.snapshot()
    now = floor.clock.now_ms()
    oldest = {MINUTES: now // MINUTE - MINUTES_KEPT, HOURS: now // HOUR - HOURS_KEPT, LIMITS: now // HOUR - HOURS_KEPT}
    cells = floor.cells().items()
    return {
        "journeys": floor.journeys(),
        "cells": {place: cell for place, cell in cells if place[0][1] >= oldest[place[0][0]]},
        "waiting": (shot.leads, sorted(map(repr, shot.calls)), sorted(map(repr, shot.reps))),
        "kpis": said(floor),
    }


def said(floor: FloorInMemory) -> dict[str, Any]:
    return {window: floor.kpis(window) for window in WINDOWS}


def floor_of(history: History, partitions: int = 3) -> FloorInMemory:
    return FloorInMemory.like(history.config, history.as_of, partitions)


def shuffled(events: Sequence[Any], chance: random.Random, again: int = 0) -> list[Any]:
    log = [*events, *(chance.choices(events, k=again) if events else [])]
    chance.shuffle(log)
    return log


# cells


@given(Cells, Cells, Cells)
def test_cells_add_up_in_any_grouping(a: Cell, b: Cell, c: Cell) -> None:
    assert add_up([add_up([a, b]), c]) == add_up([a, add_up([b, c])]) == add_up([a, b, c])


@given(st.lists(Cells, max_size=6), Chance)
def test_cells_add_up_in_any_order(cells: list[Cell], chance: random.Random) -> None:
    assert add_up(shuffled(cells, chance)) == add_up(cells)


@given(Cells)
def test_an_empty_cell_adds_nothing_and_a_cell_and_its_opposite_are_nothing(cell: Cell) -> None:
    assert add_up([cell, {}]) == add_up([{}, cell]) == add_up([cell]) == {k: n for k, n in cell.items() if n}
    assert add_up([cell, {code: -amount for code, amount in cell.items()}]) == {}


@given(st.lists(st.tuples(st.integers(0, 200), Codes, st.integers(-2, 2)), max_size=30), Chance)
def test_slices_hold_the_same_however_their_changes_are_grouped(
    changes: list[tuple[int, int | str, int]], chance: random.Random
) -> None:
    def hold(groups: list[list[tuple[int, int | str, int]]]) -> dict[tuple[bytes, int], list[Any]]:
        slices = Slices()
        for group in groups:
            deltas: Counter[Any] = Counter()
            for minute, code, amount in group:
                deltas[minute, None, None, "ana", code] += amount
            slices.apply(slices.change(deltas_of(deltas), 0, 0))
        return {head: list(slices.slice(*head)) for head in slices.heads()}

    order = shuffled(changes, chance)
    cut = chance.randint(0, len(order))
    assert hold([changes]) == hold([[change] for change in order]) == hold([order[:cut], order[cut:]])


# running sums

RIPENING = st.builds(
    ripening, st.sampled_from((MISSED, PRESSING)), st.integers(NINE // MINUTE - 200, NINE // MINUTE + 99)
)
A_CELL = st.tuples(
    st.integers(-3 * 24 * 60, 60),
    st.sampled_from((None, "ana")),
    st.one_of(
        st.just(ATTEMPTS),
        st.just("137|price"),
        st.just("limit"),
        RIPENING,
        st.builds(detailed, RIPENING, st.sampled_from(("web", "fair"))),
    ),
    st.sampled_from((1, 2, -1)),
)
A_STEP = st.sampled_from((0, 1, MINUTE - 1, MINUTE, 4 * MINUTE, 5 * MINUTE, HOUR, 5 * HOUR, DAY, 8 * DAY, 31 * DAY))


def placed(minute: int, code: int | str, rep: str | None) -> tuple[int, None, None, str | None, int | str]:
    if code == "limit":
        return limit_slot(minute), None, None, rep, ripening(MISSED, minute)
    return minute, None, None, rep, code


SOME_WINDOWS = st.sets(st.sampled_from(WINDOWS))


@given(
    st.lists(
        st.tuples(st.lists(A_CELL, max_size=4), A_STEP, st.sampled_from((1, 1, 1, -1)), SOME_WINDOWS, SOME_WINDOWS),
        max_size=12,
    ),
    st.sampled_from((UTC, ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Kathmandu"))),
)
@LENIENT
def test_running_sums_are_the_plain_sums_over_any_walk_of_time(walk: list[Any], zone: ZoneInfo) -> None:
    slices, now = Slices(), NINE
    windows = Windows(slices, zone)
    for cells, step, direction, asked, by_rep in walk:
        deltas: Counter[Any] = Counter()
        for minute, rep, code, amount in cells:
            deltas[placed(NINE // MINUTE + minute, code, rep)] += amount
        slices.apply(slices.change(deltas_of(deltas), 0, 0))
        now += direction * step
        some = windows.at(now, asked, by_rep)
        assert some.keys() == asked  # the others fall behind, and catch up when they are asked for
        for window, sums in some.items():
            assert add_up(sums.values()) == plain_sum(slices, window, now, zone), window
            assert window in by_rep or all(rep is None for _, _, rep in sums)


@given(st.lists(st.lists(A_CELL, max_size=6), min_size=1, max_size=6))
@LENIENT
def test_the_sums_of_a_team_are_those_of_its_reps(walk: list[Any]) -> None:
    slices, teams = Slices(), ("blue", "red", None)
    windows = Windows(slices, UTC)
    for hours, cells in enumerate(walk):
        deltas: Counter[Any] = Counter()
        for minute, rep, code, amount in cells:
            slot, *_, plain_code = placed(NINE // MINUTE + minute, code, rep)
            deltas[slot, "spring", teams[minute % 3], rep, plain_code] += amount
        slices.apply(slices.change(deltas_of(deltas), 0, 0))
        now = NINE + hours * HOUR
        by_rep, by_team = windows.at(now), windows.at(now, by_rep=())
        for window in WINDOWS:
            parts: defaultdict[Any, list[Any]] = defaultdict(list)
            for (campaign, team, _), cell in by_rep[window].items():
                parts[campaign, team, None].append(cell)
            summed = {owner: add_up(of_team) for owner, of_team in parts.items()}
            assert by_team[window] == {owner: total for owner, total in summed.items() if total}


# spend


@given(st.integers(0, 10**9), st.integers(0, 3 * HOUR), st.integers(1, 5 * HOUR))
@LENIENT
def test_the_minutes_of_any_spend_add_up_to_the_cent(amount: int, start: int, length: int) -> None:
    spend = Spend(0, "s1", "spring", amount, "EUR", start, start + length)
    parts = [spent_within(spend, Span(MINUTES, minute, minute)) for minute in range(8 * 60 + 1)]
    assert sum(parts) == amount
    assert min(parts) >= 0


@given(st.integers(0, 10**9), st.integers(0, DAY), st.integers(1, 40 * DAY), st.lists(st.integers(0, 1000), min_size=2))
@LENIENT
def test_spans_of_hours_that_meet_add_up_to_the_whole(amount: int, start: int, length: int, cuts: list[int]) -> None:
    spend = Spend(0, "s1", "spring", amount, "EUR", start, start + length)
    cuts = sorted(set(cuts))
    parts = [spent_within(spend, Span(HOURS, first, last - 1)) for first, last in pairwise(cuts)]
    assert sum(parts) == spent_within(spend, Span(HOURS, cuts[0], cuts[-1] - 1))


# journeys


@given(histories(), Chance, st.integers(1, 9), st.integers(0, 12))
@LENIENT
def test_any_order_any_duplicates_and_any_batches_end_in_the_same_journeys_and_sums(
    history: History, chance: random.Random, batch: int, again: int
) -> None:
    one = floor_of(history).feed(history.events)
    other = floor_of(history).feed(shuffled(history.events, chance, again), batch=batch, chance=chance)
    assert state(one) == state(other)


def test_a_large_floor_ends_the_same_in_any_order_too() -> None:
    for seed in range(4):
        history, chance = random_history(seed, 300), random.Random(seed)
        one = floor_of(history).feed(history.events)
        other = floor_of(history).feed(shuffled(history.events, chance, 90), batch=40, chance=chance)
        assert state(one) == state(other)


@given(histories(), Chance, st.sampled_from((1, 2, 5, 8)))
@LENIENT
def test_it_does_not_matter_how_many_partitions_there_are(
    history: History, chance: random.Random, partitions: int
) -> None:
    one = floor_of(history, 3).feed(history.events)
    other = floor_of(history, partitions).feed(history.events, batch=3, chance=chance)
    # Not the cells: each partition drops what is past its windows by the time of its own events.
    assert said(one) == said(other)
    assert one.journeys() == other.journeys()
    assert one.snapshot().leads == other.snapshot().leads


@given(histories(), Chance)
@LENIENT
def test_an_event_in_a_wrong_partition_finds_its_own(history: History, chance: random.Random) -> None:
    right = floor_of(history).feed(history.events)
    wrong = floor_of(history)
    for event in history.events:
        admitted = wrong.admission.admit(event)
        assert admitted is not None
        of_the_events = admitted.topic == wrong.floor.topics.events.name
        wrong.send(admitted.topic, admitted.key, admitted.value, chance.randrange(3) if of_the_events else None)
    assert state(wrong.drain(batch=4, chance=chance)) == state(right)


@given(histories(), Chance, st.integers(1, 6))
@LENIENT
def test_shares_restored_from_their_changelogs_know_what_the_live_ones_knew(
    history: History, chance: random.Random, batch: int
) -> None:
    live = floor_of(history)
    restored = floor_of(history)
    cut = chance.randint(0, len(history.events))
    for events in (history.events[:cut], history.events[cut:]):
        live.feed(events)
        restored.feed(events, batch=batch, chance=chance)
        before = state(restored)
        assert state(restored.restart()) == before == state(live)


@given(histories())
@LENIENT
def test_what_lies_ahead_of_the_clock_counts_as_if_it_had_not_come(history: History) -> None:
    known = [event for event in history.events if event["at"] <= history.as_of or event["type"] in AT_ONCE]
    told = floor_of(history).feed(history.events)
    assert said(told) == said(floor_of(history).feed(known))
    assert told.snapshot().leads == floor_of(history).feed(known).snapshot().leads


@given(histories(), st.lists(st.sampled_from((1, MINUTE - 1, MINUTE, HOUR, 7 * HOUR, DAY)), max_size=6), Chance)
@LENIENT
def test_what_lay_ahead_counts_from_its_moment_on_as_if_it_had_come_then(
    history: History, steps: list[int], chance: random.Random
) -> None:
    early = floor_of(history).feed(history.events)
    for step in steps:
        early.clock.advance(step)
        now = early.clock.now_ms()
        if chance.random() < 0.5:
            early.settle()
        if chance.random() < 0.3:
            early.restart()
        late = floor_of(replace(history, as_of=now)).feed(history.events)
        assert said(early) == said(late)
        assert early.snapshot().leads == late.snapshot().leads
    assert state(early.settle()) == state(floor_of(replace(history, as_of=early.clock.now_ms())).feed(history.events))


@given(histories(), Chance)
@LENIENT
def test_it_does_not_matter_when_anyone_looked(history: History, chance: random.Random) -> None:
    watched, unwatched = floor_of(history), floor_of(history).feed(history.events)
    for event in history.events:
        watched.feed([event])
        if chance.random() < 0.3:
            said(watched)
    assert said(watched) == said(unwatched)


# reading


@given(histories(), st.sampled_from((None, "roof")), st.sampled_from((None, "north")), st.sampled_from((None, "ana")))
@LENIENT
def test_every_ratio_lies_between_nothing_and_all(
    history: History, campaign: str | None, team: str | None, rep: str | None
) -> None:
    floor = floor_of(history).feed(history.events)
    for window in WINDOWS:
        for name, kpi in floor.kpis(window, campaign=campaign, team=team, rep=rep).items():
            if kpi["unit"] == "ratio":
                assert 0 <= kpi["numerator"] <= kpi["denominator"], (window, name)
                assert kpi["value"] is None or 0 <= kpi["value"] <= 1, (window, name)
                assert (kpi["value"] is None) == (kpi["denominator"] == 0), (window, name)
            elif kpi["unit"] == "count" and "distribution" not in kpi:
                assert kpi["value"] >= 0, (window, name)


@given(histories(), Chance)
@LENIENT
def test_snapshots_of_partitions_go_together_in_any_order_and_grouping_and_through_bytes(
    history: History, chance: random.Random
) -> None:
    floor = floor_of(history, 5).feed(history.events)
    zone, now = floor.settings.zone, floor.clock.now_ms()
    spends: Any = floor.states["spend", 0]
    parts = [
        snapshot(now, zone, [state], None)  # type: ignore[list-item]
        for (group, _), state in floor.states.items()
        if group != "spend"
    ]
    parts.append(snapshot(now, zone, [], spends))
    whole = combine(parts)
    mixed = shuffled(parts, chance)
    cut = chance.randint(1, len(mixed) - 1)
    sent = [msgspec.msgpack.decode(msgspec.msgpack.encode(part), type=Snapshot) for part in mixed]
    again = combine([combine(sent[:cut]), combine(sent[cut:])])
    for window in WINDOWS:
        one, other = (shot.reading(window, Filters(), zone, lambda _code: 2).all() for shot in (whole, again))
        assert one == other
    assert whole.leads == again.leads


@given(histories(), st.sampled_from((0, MINUTE, 7 * HOUR)), st.sets(st.sampled_from(WINDOWS)))
@LENIENT
def test_a_snapshot_with_less_detail_says_the_same_of_what_it_has(
    history: History, later: int, told_apart: set[str]
) -> None:
    """Also of what comes due between the last commit and the reading."""
    floor = floor_of(history).feed(history.events)
    zone, now = floor.settings.zone, floor.clock.now_ms() + later
    states: Any = [state for (group, _), state in floor.states.items() if group != "spend"]
    whole = snapshot(now, zone, states, None)
    less = snapshot(now, zone, states, None, by_rep=told_apart)
    measures = (ATTEMPTS, CONTACTS)
    of_reps = sums_of_reps(now, zone, states, told_apart, measures)
    assert of_reps.keys() == told_apart
    for window in WINDOWS:
        assert _grouped(less.sums[window], 2) == _grouped(whole.sums[window], 2)
        if window in told_apart:
            by_rep = _grouped(whole.sums[window], 3)
            assert _grouped(less.sums[window], 3) == by_rep
            for owner in by_rep | of_reps[window]:
                cell, alone = by_rep.get(owner, {}), of_reps[window].get(owner, {})
                assert {one: cell.get(one, 0) for one in measures} == {one: alone.get(one, 0) for one in measures}


def _grouped(sums: Sequence[tuple[Any, Cell]], places: int) -> dict[Any, Cell]:
    parts: defaultdict[Any, list[Cell]] = defaultdict(list)
    for owner, cell in sums:
        parts[owner[:places]].append(cell)
    return {owner: total for owner, cells in parts.items() if (total := add_up(cells))}
