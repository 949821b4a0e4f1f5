"""Whether a topic that is there, made by an administrator perhaps, is as it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.kafka.topics import Topic

CONFIGS: Final = ("message.timestamp.type", "cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes")
"""What of a topic's configuration is looked at."""
_EXACT: Final = ("message.timestamp.type", "cleanup.policy")
_UNLIMITED: Final = -1


class Misfit(NamedTuple):
    """What is wrong with a topic, and what to do. `wrong`: its numbers would be; else a part may be lost some day."""

    message: str
    todo: str
    wrong: bool


def misfits(topic: Topic, partitions: int, config: Mapping[str, str], *, partitions_set: bool) -> list[Misfit]:
    """
    Return how a topic of that many `partitions` and that `config` (as far as it may be read) does not fit `topic`.

    `partitions_set` says whether a setting says how many partitions it has.
    """
    found = []
    if partitions != topic.partitions:
        todo = "set another RINGBOARD_APP_ID, or have the topic made anew"
        if partitions_set:
            todo = f"set RINGBOARD_PARTITIONS to {partitions}, or another RINGBOARD_APP_ID"
        found.append(Misfit(f"{partitions} partitions where {topic.partitions} are needed", todo, wrong=True))
    for name in _EXACT:
        has, right = config.get(name), topic.config[name]
        if has is not None and has != right:
            # Retention goes by the time of arrival: by event time, a replay would be deleted at once.
            wrong = name == "cleanup.policy" or topic.config["cleanup.policy"] == "delete"
            found.append(Misfit(f"{name} is {has} where {right} is needed", _alter(name, right), wrong=wrong))
    for name in CONFIGS:
        has, least = config.get(name), topic.config.get(name)
        if name not in _EXACT and has is not None and least is not None and _less(has, least):
            todo = f"{_alter(name, least)}, or more"
            found.append(Misfit(f"{name} is {has}, less than the {least} that are needed", todo, wrong=False))
    return found


def _alter(name: str, value: str) -> str:
    return f"set {name}={value} on it (kafka-configs.sh --alter)"


def _less(has: str, right: str) -> bool:
    return int(has) != _UNLIMITED and (int(right) == _UNLIMITED or int(has) < int(right))
