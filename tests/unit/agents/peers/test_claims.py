"""Whose word on a partition stands, and what is missing where nobody's does."""

from __future__ import annotations

import itertools

import pytest

from agents.peers.claims import Absent, Claim, Holder, Part, Recovery, judge
from stream.journeys.reader import Snapshot

FLOOR = [("events", 0), ("events", 1), ("spend", 0)]
NOTHING = Snapshot(0, {}, [], [], [], [])


def claims(*places: tuple[str, int], state: str = "ready") -> list[Claim]:
    return [Claim(group, partition, state) for group, partition in places]


def answered(name: str, generation: int, held: list[Claim], restored: int = 0, total: int = 0) -> Holder:
    return Holder(generation, held, Part(name, NOTHING, held, [], generation, restored, total))


def silent(generation: int, held: list[Claim]) -> Holder:
    return Holder(generation, held, None)


def names(held: list[Holder], *, sure: bool = True) -> tuple[list[str], dict[tuple[str, int], str]]:
    """Return whose parts are added up, and what is missing; the order of the workers changes neither."""
    found = set()
    for order in itertools.permutations(held):
        judged = judge(FLOOR, order, sure=sure)
        absent = judged.recovery.partitions if judged.recovery else []
        found.add(
            (
                tuple(sorted(part.worker for part in judged.parts)),
                tuple(((one.group, one.partition), one.state) for one in absent),
            )
        )
    ((workers, missing),) = found
    return list(workers), dict(missing)


def test_two_workers_that_have_all_of_it_are_the_floor() -> None:
    one, two = answered("one", 3, claims(*FLOOR[:2])), answered("two", 3, claims(FLOOR[2]))
    assert names([one, two]) == (["one", "two"], {})


def test_a_worker_that_says_it_has_nothing_takes_nothing_away() -> None:
    assert names([answered("one", 3, claims(*FLOOR)), answered("spare", 3, [])])[1] == {}


def test_a_later_claim_ends_that_of_one_who_has_died_or_sleeps() -> None:
    dead, asleep = silent(3, claims(*FLOOR[:2])), answered("asleep", 3, claims(*FLOOR[:2]))
    for before in (dead, asleep):
        assert names([before, answered("two", 4, claims(*FLOOR))]) == (["two"], {})


def test_what_recovers_at_its_new_worker_is_not_shown_by_its_former_one() -> None:
    asleep = answered("asleep", 3, claims(*FLOOR))
    heir = answered("heir", 4, claims(*FLOOR, state="recovering"))
    assert names([asleep, heir]) == (["heir"], dict.fromkeys(FLOOR, "recovering"))


def test_a_part_with_a_partition_that_is_another_s_by_now_is_left_out_whole() -> None:
    """Its sums hold all of its partitions, and none can be taken out of them."""
    behind_the_times = answered("one", 3, claims(*FLOOR))
    assert names([behind_the_times, answered("two", 4, claims(FLOOR[0]))]) == (
        ["two"],
        {FLOOR[1]: "unknown", FLOOR[2]: "unknown"},
    )


def test_what_two_claim_in_one_generation_is_counted_for_neither() -> None:
    one, two = answered("one", 3, claims(*FLOOR[:2])), answered("two", 3, claims(*FLOOR[1:]))
    assert names([one, two]) == ([], {FLOOR[0]: "unknown", FLOOR[1]: "twice", FLOOR[2]: "unknown"})


def test_one_who_does_not_answer_leaves_its_own_unknown() -> None:
    assert names([answered("one", 3, claims(*FLOOR[:2])), silent(3, claims(FLOOR[2]))]) == (
        ["one"],
        {FLOOR[2]: "unknown"},
    )


def test_what_was_lost_is_nobody_s() -> None:
    lost = claims(FLOOR[0], state="lost") + claims(*FLOOR[1:])
    assert names([answered("one", 3, lost)]) == (["one"], {FLOOR[0]: "missing"})


def test_nothing_is_sure_for_one_who_has_not_heard_of_the_others() -> None:
    held = [answered("one", 3, claims(*FLOOR[:2])), answered("two", 3, claims(FLOOR[2], state="recovering"))]
    assert names(held, sure=False)[1] == {FLOOR[0]: "unknown", FLOOR[1]: "unknown", FLOOR[2]: "recovering"}


@pytest.mark.parametrize(
    ("progress", "restored"), [([(0, 0), (0, 0)], None), ([(30, 60), (0, 40)], 0.3), ([(7, 5), (0, 0)], 1.0)]
)
def test_how_far_a_recovery_is_counts_what_all_workers_read(
    progress: list[tuple[int, int]], restored: float | None
) -> None:
    one, two = progress
    held = [
        answered("one", 3, claims(FLOOR[0], state="recovering"), *one),
        answered("two", 3, claims(FLOOR[1], state="recovering") + claims(FLOOR[2]), *two),
    ]
    assert judge(FLOOR, held).recovery == Recovery(
        1, 3, restored, [Absent("events", 0, "recovering"), Absent("events", 1, "recovering")]
    )
