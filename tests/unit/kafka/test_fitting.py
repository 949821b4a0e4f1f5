"""A topic that an administrator made is taken where it fits; what does not fit is named with its right form."""

from __future__ import annotations

import pytest

from stream.kafka.fitting import misfits
from stream.kafka.topics import topics
from stream.settings.model import Settings

FLOOR = topics(Settings.model_construct())
CHANGELOG = FLOOR.changelog("slices", FLOOR.events)


@pytest.mark.parametrize("topic", [*FLOOR, CHANGELOG], ids=lambda topic: topic.name)
def test_a_topic_as_the_worker_makes_it_fits(topic: object) -> None:
    assert isinstance(topic, type(CHANGELOG))
    assert misfits(topic, topic.partitions, topic.config, partitions_set=True) == []


@pytest.mark.parametrize(
    "more",
    [
        {"retention.ms": "-1"},
        {"retention.ms": str(10**12), "max.message.bytes": str(2**30)},
    ],
)
def test_one_that_keeps_more_fits_too(more: dict[str, str]) -> None:
    assert misfits(FLOOR.events, 8, {**FLOOR.events.config, **more}, partitions_set=True) == []


def test_what_may_not_be_read_is_not_looked_at() -> None:
    assert misfits(FLOOR.events, 8, {}, partitions_set=True) == []


@pytest.mark.parametrize(
    ("name", "has", "wrong"),
    [
        ("message.timestamp.type", "CreateTime", True),
        ("cleanup.policy", "compact", True),
        ("retention.ms", "604800000", False),
        ("retention.bytes", "1073741824", False),
        ("max.message.bytes", "1048588", False),
    ],
)
def test_what_does_not_fit_is_named_with_its_right_form(name: str, has: str, wrong: bool) -> None:
    (found,) = misfits(FLOOR.events, 8, {**FLOOR.events.config, name: has}, partitions_set=True)
    assert found.wrong is wrong
    assert found.message.startswith(f"{name} is {has}")
    assert f"set {name}={FLOOR.events.config[name]} on it" in found.todo


def test_a_changelog_that_deletes_is_wrong() -> None:
    (found,) = misfits(CHANGELOG, 8, {**CHANGELOG.config, "cleanup.policy": "compact,delete"}, partitions_set=True)
    assert found.wrong
    assert found.message == "cleanup.policy is compact,delete where compact is needed"


def test_a_changelog_is_kept_whatever_times_are_on_it() -> None:
    (found,) = misfits(CHANGELOG, 8, {**CHANGELOG.config, "message.timestamp.type": "CreateTime"}, partitions_set=True)
    assert not found.wrong


def test_other_partitions_are_wrong() -> None:
    (found,) = misfits(FLOOR.events, 3, FLOOR.events.config, partitions_set=True)
    assert "RINGBOARD_PARTITIONS to 3" in found.todo
    (found,) = misfits(FLOOR.control, 3, FLOOR.control.config, partitions_set=False)
    assert "have the topic made anew" in found.todo
