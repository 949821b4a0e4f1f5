"""The broker of the fault suite, which is killed and held up, its floors, and how many kills hit a transaction."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from stream.broker import Broker
from tests.kafka.faults.floor import RealFloor
from tests.kafka.faults.rounds import told_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.kafka.faults.floor import Kill

KILLS = pytest.StashKey[list["Kill"]]()


class MakeFloor(Protocol):
    """Makes a floor, of another seed for each, with its topics and no worker; what still runs at its end is killed."""

    def __call__(self, seed: int, **kind: Any) -> AbstractAsyncContextManager[RealFloor]: ...


@pytest.fixture(scope="session")
def ill_treated_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of our own: what is done to it should meet nobody else."""
    with Broker(tmp_path_factory.mktemp("ill-treated")) as broker:
        yield broker


@pytest.fixture
def real_floor(ill_treated_broker: Broker, app_id: str, tmp_path: Path, pytestconfig: pytest.Config) -> MakeFloor:
    @asynccontextmanager
    async def make(seed: int, **kind: Any) -> AsyncIterator[RealFloor]:
        place = tmp_path / str(seed)
        place.mkdir()
        floor = RealFloor(ill_treated_broker, f"{app_id}-{seed}", place, seed, **kind)
        try:
            await floor.prepare()
            yield floor
        finally:
            pytestconfig.stash.setdefault(KILLS, []).extend(floor.kills)
            await floor.end()

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    kills = config.stash.get(KILLS, [])
    if kills:
        terminalreporter.write_line(f"faults: {told_of(kills)}")
