"""The rights that each process needs on the broker (ACLs): the least, by which operators grant and `check` looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.kafka.connection import Connection
    from stream.kafka.topics import Topic, Topics

Process = Literal[
    "worker", "gateway", "connect", "replay", "simulate", "rejected", "person", "rebuild", "backup", "check", "kpis"
]
Operation = Literal["Read", "Write", "Create", "Delete", "Describe", "DescribeConfigs"]
Resource = Literal["topic", "group", "transactional-id"]
PROCESSES: Final[tuple[Process, ...]] = get_args(Process)


class Right(NamedTuple):
    """What may be done with a topic, a group or a transactional id: the one of that name, or all that begin so."""

    operation: Operation
    resource: Resource
    name: str
    prefixed: bool = False

    def __str__(self) -> str:
        """Return it as an error names it."""
        every = "every " if self.prefixed else ""
        begins = "that begins with " if self.prefixed else ""
        return f"{self.operation} {every}{self.resource} {begins}{self.name}"

    def covers(self, name: str) -> bool:
        """Return whether it is a right on the resource of that name."""
        return name.startswith(self.name) if self.prefixed else name == self.name


def rights_of(process: Process, floor: Topics) -> tuple[Right, ...]:
    """Return what `process` needs where all topics are there; `rights_to_create` are needed to create them."""
    sees = Right("Describe", "topic", f"{floor.app_id}.", prefixed=True)
    whose_key = Right("Read", "topic", floor.control.name)
    sends = _each("Write", floor.events, floor.floor, floor.spend, floor.rejected)
    parts = (*_each("Read", floor.legs), *_each("Write", floor.legs))
    histories = _each("Write", floor.events_history, floor.floor_history)
    every: dict[Process, tuple[Right, ...]] = {
        "worker": _of_worker(floor),
        "gateway": (sees, whose_key, *sends, *parts),
        "connect": (sees, whose_key, *sends),
        "replay": (sees, whose_key, *sends, *histories),
        "simulate": (
            sees,
            whose_key,
            *sends,
            *_each("Read", floor.events, floor.floor, floor.spend, floor.events_history, floor.floor_history),
        ),
        "rejected": (whose_key, *_each("Read", floor.rejected), *sends),
        "person": _of_person(floor),
        "rebuild": _of_rebuild(floor),
        "backup": (
            *(one for one in _seen_with_settings(floor) if one.operation != "Describe"),  # Read is more
            Right("Read", "topic", f"{floor.app_id}.", prefixed=True),
            Right("Read", "topic", f"{floor.app_id}-", prefixed=True),
        ),
        "check": (
            *_seen_with_settings(floor),
            whose_key,
            *_each("Write", floor.control),
            Right("Describe", "group", floor.app_id),
        ),
        "kpis": (),
    }
    return every[process]


def rights_to_create(floor: Topics) -> tuple[Right, ...]:
    """Return what is needed to create the topics, where no administrator has."""
    return (
        Right("Create", "topic", f"{floor.app_id}.", prefixed=True),
        Right("Create", "topic", f"{floor.app_id}-", prefixed=True),
    )


def refusal(connection: Connection, lacking: Iterable[Right]) -> tuple[str, str]:
    """Return what is wrong where those rights are lacking, and the command that grants the first of them."""
    first, *others = lacking
    who = f"user {connection.user}" if connection.user else "this process"
    more = f" (and lacks {len(others)} rights more: run `ringboard check`)" if others else ""
    return f"{connection}: {who} may not {first}{more}", f"let it: {grant(connection, first)}"


def grant(connection: Connection, right: Right) -> str:
    """Return the command of Kafka's that grants a right."""
    pattern = " --resource-pattern-type prefixed" if right.prefixed else ""
    return (
        f"kafka-acls.sh --bootstrap-server {connection} --command-config admin.properties --add "
        f"--allow-principal User:{connection.user or '…'} --operation {right.operation} "
        f"--{right.resource} {right.name}{pattern}"
    )


def _of_worker(floor: Topics) -> tuple[Right, ...]:
    own = f"{floor.app_id}-"
    read = (floor.events, floor.links, floor.floor, floor.spend, floor.events_history, floor.floor_history)
    return (
        *(one for one in _seen_with_settings(floor) if one.operation != "Describe" or one.name != own),  # Read is more
        *_each("Read", *read, floor.control),
        *_each("Write", floor.links, floor.rejected, floor.control),
        Right("Read", "topic", own, prefixed=True),
        Right("Write", "topic", own, prefixed=True),
        Right("Read", "group", floor.app_id),
        Right("Write", "transactional-id", own, prefixed=True),
    )


def _of_person(floor: Topics) -> tuple[Right, ...]:
    read = (
        floor.events,
        floor.links,
        floor.floor,
        floor.events_history,
        floor.floor_history,
        floor.rejected,
        floor.legs,
    )
    return (
        *_each("Read", floor.control, *read, floor.changelog("journeys", floor.events)),
        Right("DescribeConfigs", "topic", f"{floor.app_id}.", prefixed=True),  # until when records remain
        Right("Describe", "group", floor.app_id),
        *_each("Write", floor.events, floor.events_history),
    )


def _of_rebuild(floor: Topics) -> tuple[Right, ...]:
    own = f"{floor.app_id}-"
    return (
        Right("Describe", "topic", f"{floor.app_id}.", prefixed=True),
        *_each("Delete", floor.links),
        *_each("Create", floor.links),
        Right("Delete", "topic", own, prefixed=True),
        Right("Create", "topic", own, prefixed=True),
        Right("Delete", "group", floor.app_id),
        *_each("Read", floor.control),
        *_each("Write", floor.control),
    )


def _seen_with_settings(floor: Topics) -> tuple[Right, ...]:
    operations: tuple[Operation, ...] = ("Describe", "DescribeConfigs")
    return tuple(
        Right(operation, "topic", f"{floor.app_id}{mark}", prefixed=True) for operation in operations for mark in ".-"
    )


def _each(operation: Operation, *topics: Topic) -> tuple[Right, ...]:
    return tuple(Right(operation, "topic", topic.name) for topic in topics)
