"""Whether a login has the rights that a process needs: asked of the broker, which changes nothing there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.transaction import EndTxnRequest
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from stream.errors import RefusedError
from stream.kafka.client import LONGEST_WAIT_S, Admin, connected, explained
from stream.kafka.rights import Operation, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stream.kafka.connection import Connection
    from stream.kafka.rights import Right

_CODES: Final[Mapping[Operation, int]] = {  # of Kafka's AclOperation
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Delete": 6,
    "Describe": 8,
    "DescribeConfigs": 10,
}
_NOT_SAID: Final = -(1 << 31)
_OF_GROUP, _OF_TRANSACTION = 0, 1
_SOON: Final = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError, GroupLoadInProgressError)
_LOOK_AGAIN_S: Final = 0.1
_COORDINATES_WITHIN_S: Final = 3.0  # on a new broker nobody does yet: then what one may do shows later
_NOBODY: Final = -1

_Operations = dict[str, set[Operation] | None]
"""What may be done with each resource; None where the broker does not say."""


class _MetadataResponse(Response):
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8")))),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorised", Int32),
            ),
        ),
        ("cluster_authorised", Int32),
    )


class _MetadataStruct(RequestStruct):
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("of_the_cluster", Boolean),
        ("of_topics", Boolean),
    )


class _OperationsRequest(Request[_MetadataStruct]):
    """The first version of Metadata that says what one may do, which aiokafka does not have."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, request_struct_class: type[_MetadataStruct]) -> _MetadataStruct:
        return request_struct_class(self._topics, False, False, True)


class _GroupsStruct(RequestStruct):
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3  # aiokafka reads the answer as of the version before, without the rights
    SCHEMA = DescribeGroupsRequest_v3.SCHEMA


class _GroupsRequest(Request[_GroupsStruct]):
    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_GroupsStruct]) -> _GroupsStruct:
        return request_struct_class([self._group], True)


async def need_rights(connection: Connection, rights: Iterable[Right], topics: Iterable[str]) -> None:
    """
    Raise RefusedError where some of `rights` are lacking, BrokerAwayError where no broker answers.

    Those on topics are looked at on those of `topics` that exist.
    """
    missing = await lacking(connection, rights, topics)
    if missing:
        raise RefusedError(*refusal(connection, missing))


async def lacking(connection: Connection, rights: Iterable[Right], topics: Iterable[str]) -> list[Right]:
    """Return which of `rights` the login does not have, as `need_rights` looks at them."""
    wanted = [right for right in rights if right.operation != "Create"]  # known only where something is created
    if not wanted:
        return []
    async with connected(Admin(**connection.options), connection) as admin:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                found = {
                    "topic": await _of_topics(admin, wanted, list(topics)),
                    "group": await _of_groups(admin, wanted),
                    "transactional-id": await _of_transactional_ids(admin, wanted),
                }
        except (KafkaError, OSError, TimeoutError) as error:
            raise await explained(connection, error) from error
    return [right for right in wanted if not _has(right, found[right.resource])]


def _has(right: Right, found: _Operations) -> bool:
    return all(
        operations is None or right.operation in operations for name, operations in found.items() if right.covers(name)
    )


async def _of_topics(admin: Admin, rights: Iterable[Right], topics: Sequence[str]) -> _Operations:
    of_topics = [right for right in rights if right.resource == "topic"]
    asked = [name for name in topics if any(right.covers(name) for right in of_topics)]
    if not asked:
        return {}
    try:
        answer: Any = await admin._send_request(_OperationsRequest(asked))  # noqa: SLF001 - aiokafka has no method
    except NotImplementedError:  # a broker that is too old to say
        return {}
    unseen = [one[1] for one in answer.topics if for_code(one[0]) is TopicAuthorizationFailedError]
    if any(right.operation == "DescribeConfigs" for right in of_topics):
        found = await _with_settings_seen(admin, unseen)
    else:
        found = {name: set() for name in unseen}
    return found | {one[1]: _operations(one[4]) for one in answer.topics if not one[0]}


async def _with_settings_seen(admin: Admin, topics: Sequence[str]) -> _Operations:
    """Return of topics that one may not see, whether one may see their settings: that is a right of its own."""
    if not topics:
        return {}
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    answers: list[Any] = await admin.describe_configs(wanted)
    return {
        one[3]: set() if for_code(one[0]) is TopicAuthorizationFailedError else {"DescribeConfigs"}
        for answer in answers
        for one in answer.resources
    }


async def _of_groups(admin: Admin, rights: Iterable[Right]) -> _Operations:
    found: _Operations = {}
    for group in {right.name for right in rights if right.resource == "group"}:
        node = await _coordinator(admin, group, _OF_GROUP)
        if node is None or node == _NOBODY:
            found[group] = set() if node is None else None
            continue
        try:
            answer: Any = await admin._send_request(_GroupsRequest(group), node)  # noqa: SLF001 - as above
        except NotImplementedError:
            continue
        (one,) = answer.groups
        refused = for_code(one[0]) is GroupAuthorizationFailedError
        found[group] = set() if refused else _operations(one[-1])
    return found


async def _of_transactional_ids(admin: Admin, rights: Iterable[Right]) -> _Operations:
    """Ask for the end of a transaction that nobody has begun: it is refused, and why says whether one may."""
    found: _Operations = {}
    for right in rights:
        if right.resource != "transactional-id":
            continue
        name = f"{right.name}rights" if right.prefixed else right.name
        node = await _coordinator(admin, name, _OF_TRANSACTION)
        if node is None or node == _NOBODY:
            found[name] = set() if node is None else None
            continue
        answer: Any = await admin._send_request(EndTxnRequest(name, 0, 0, False), node)  # noqa: SLF001 - as above
        refused = for_code(answer.error_code) is TransactionalIdAuthorizationFailed
        found[name] = {"Describe"} if refused else {"Describe", "Write"}
    return found


async def _coordinator(admin: Admin, name: str, kind: int) -> int | None:
    """Return the broker that coordinates a group or transactional id; None where one may not ask, else `_NOBODY`."""
    deadline = asyncio.get_running_loop().time() + _COORDINATES_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        answer: Any = await admin._send_request(FindCoordinatorRequest(name, kind))  # noqa: SLF001 - as above
        error = for_code(answer.error_code)
        if error in {GroupAuthorizationFailedError, TransactionalIdAuthorizationFailed}:
            return None
        if not answer.error_code:
            return int(answer.coordinator_id)
        if error not in _SOON:
            raise error
        await asyncio.sleep(_LOOK_AGAIN_S)
    return _NOBODY


def _operations(bits: int) -> set[Operation] | None:
    if bits == _NOT_SAID:
        return None
    return {operation for operation, code in _CODES.items() if bits >> code & 1}
