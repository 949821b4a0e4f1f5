"""
What every test may ask for: one real broker for the whole run, a name of its own, and topics.

`make test` runs in several processes at once. Each has a broker of its own, and starts with the longest tests.
"""

from __future__ import annotations

import os
import sys
import threading
import uuid
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import pytest

from stream.broker import Broker
from stream.kafka.client import Admin, connected
from stream.kafka.connection import Connection
from stream.kafka.create_topics import controller_known, created_by_live_brokers
from stream.kafka.topics import Topic
from tests.kafka.faults.kills import Kill, told_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

MORE_THAN_CORES = 2
AT_MOST = 8
COVERING = "tests/unit/kpi/"
FIRST = ("tests/kafka/faults", "tests/kafka", "tests/browser", "tests/prometheus", "tests/property")

# How long an example takes says more of what else runs than of the code.
hypothesis.settings.register_profile(
    "ringboard", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("ringboard")


class CreateTopics(Protocol):
    """Creates topics on the test run's broker and returns when they exist."""

    async def __call__(self, *names: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None: ...


def pytest_xdist_auto_num_workers() -> int:
    """Say how many processes run tests: more than there are cores, as a test with a broker mostly waits."""
    return min((os.cpu_count() or 1) + MORE_THAN_CORES, AT_MOST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest where several processes share the tests, so that none is left with one at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=_expected_to_last)


def _expected_to_last(item: pytest.Item) -> tuple[bool, ...]:
    return (*(not item.nodeid.startswith(place) for place in FIRST), item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """
    Count as covered what the domain's own tests run: to count the others too, they would run at half their speed.

    pytest-cov has a mark for that, `no_cover`, which does nothing in the processes of xdist: each has a second
    measurement below the one that it ends.
    """
    if item.nodeid.startswith(COVERING) and item.get_closest_marker("uncovering") is None:
        return (yield)
    traced, traced_in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(traced)
        threading.settrace(traced_in_threads)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many kills of the fault suite fell between a transaction's beginning and its end."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    told: list[Any] = [
        value
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "teardown"
        for name, value in report.user_properties
        if name == Kill.__name__
    ]
    kills = [Kill(*kill) for some in told for kill in some]
    if kills:
        terminalreporter.write_line(f"faults: {told_of(kills)}")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real Kafka for the whole test run; a test keeps apart from others by `app_id`."""
    with Broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def app_id() -> str:
    """A name that no other test has: begin topics, groups and transactional ids with it."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def create_topics(broker: Broker) -> CreateTopics:
    """The helper that creates topics: `await create_topics("a", "b", partitions=8, config={...})`."""

    async def create(*names: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        await create_topics_at(broker.bootstrap, *names, partitions=partitions, config=config)

    return create


async def create_topics_at(
    bootstrap: str, *names: str, partitions: int = 1, config: Mapping[str, str] | None = None
) -> None:
    async with connected(Admin(bootstrap_servers=bootstrap), Connection(bootstrap)) as admin:
        await controller_known(admin)
        topics = [Topic(name, partitions, "none", dict(config or {})) for name in names]
        answer = await created_by_live_brokers(admin, topics, replication_factor=1)
        refused = [(topic, code, why) for topic, code, why in answer.topic_errors if code]
        assert not refused, refused
