"""Rights given and taken at a broker, by its administrator at the plain listener."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from stream.kafka.client import Admin, connected
from stream.kafka.connection import Connection
from stream.kafka.create_topics import controller_known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.kafka.rights import Right

_RESOURCES: Final = {"topic": 2, "group": 3, "transactional-id": 5}  # Kafka's own numbers
_OPERATIONS: Final = {"Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Describe": 8, "DescribeConfigs": 10}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


async def give(bootstrap: str, user: str, rights: Iterable[Right]) -> None:
    """Give `user` these rights."""
    await give_each(bootstrap, [(user, right) for right in rights])


async def give_each(bootstrap: str, rights: Iterable[tuple[str, Right]]) -> None:
    """Give each user its right."""
    async with connected(Admin(bootstrap_servers=bootstrap), Connection(bootstrap)) as admin:
        await controller_known(admin)
        for user, right in rights:
            answer: Any = await admin._send_to_controller(CreateAclsRequest(*_parts(user, right)))
            assert [one[0] for one in answer.creation_responses] == [0], answer


async def take_each(bootstrap: str, rights: Iterable[tuple[str, Right]]) -> None:
    """Take from each user the right, which it has."""
    async with connected(Admin(bootstrap_servers=bootstrap), Connection(bootstrap)) as admin:
        await controller_known(admin)
        for user, right in rights:
            answer: Any = await admin._send_to_controller(DeleteAclsRequest(*_parts(user, right)))
            assert [(one[0], len(one[2])) for one in answer.filter_responses] == [(0, 1)], answer


def _parts(user: str, right: Right) -> tuple[int, str, int, str, str, int, int]:
    pattern = _PREFIXED if right.prefixed else _LITERAL
    operation = _OPERATIONS[right.operation]
    return _RESOURCES[right.resource], right.name, pattern, f"User:{user}", "*", operation, _ALLOW
