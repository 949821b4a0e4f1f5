"""The broker of the fault suite, which is killed and held up, and its floors, which tell of the kills they saw."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from stream.broker import Broker
from tests.kafka.faults.floor import RealFloor
from tests.kafka.faults.kills import Kill

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path


class MakeFloor(Protocol):
    """Makes a floor, of another seed for each, with its topics and no worker; what still runs at its end is killed."""

    def __call__(self, seed: int, **kind: Any) -> AbstractAsyncContextManager[RealFloor]: ...


@pytest.fixture(scope="session")
def ill_treated_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of our own: what is done to it should meet nobody else."""
    with Broker(tmp_path_factory.mktemp("ill-treated")) as broker:
        yield broker


@pytest.fixture
def real_floor(ill_treated_broker: Broker, app_id: str, tmp_path: Path, request: pytest.FixtureRequest) -> MakeFloor:
    @asynccontextmanager
    async def make(seed: int, **kind: Any) -> AsyncIterator[RealFloor]:
        place = tmp_path / str(seed)
        place.mkdir()
        floor = RealFloor(ill_treated_broker, f"{app_id}-{seed}", place, seed, **kind)
        try:
            await floor.prepare()
            yield floor
        finally:
            # With the test's report they come to the process that sums up.
            request.node.user_properties.append((Kill.__name__, [(kill.fault, kill.phase) for kill in floor.kills]))
            await floor.end()

    return make
