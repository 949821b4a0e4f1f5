"""The broker that Ringboard brings along is a real one, keeps its data, and never outlives its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from stream.broker import Broker
from stream.errors import RingboardError
from tests.conftest import create_topics_at
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.conftest import CreateTopics

pytestmark = pytest.mark.kafka

RINGBOARD = str(Path(sys.executable).with_name("ringboard"))

# A parent that starts a broker, says whose process is whose, and then does nothing more.
PARENT = """
import sys, threading, time
from pathlib import Path
from stream.broker import Broker
broker = Broker(Path(sys.argv[1]))
thread = threading.Thread(target=broker.start)  # a thread that ends must not take the broker with it
thread.start()
thread.join()
print(broker.pid, broker._watchdog.pid, flush=True)
unwanted = {"jgo", "requests"} & set(sys.modules)
print("asked nobody" if not unwanted else unwanted, flush=True)
time.sleep(600)
"""


async def produce(bootstrap: str, topic: str, values: Iterable[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str) -> list[bytes]:
    """Everything in partition 0 of the topic, to its present end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        values: list[bytes] = []
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                values += [record.value or b"" for record in records]
        return values
    finally:
        await consumer.stop()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent to notice does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def wait_for(what: Callable[[], bool], within_s: float = 60) -> bool:
    deadline = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def test_a_record_that_was_sent_is_read_back(broker: Broker, app_id: str, create_topics: CreateTopics) -> None:
    await create_topics(app_id)
    await produce(broker.bootstrap, app_id, [b"one", b"two"])
    assert await read(broker.bootstrap, app_id) == [b"one", b"two"]


async def test_a_transaction_is_read_only_once_it_is_committed(
    broker: Broker, app_id: str, create_topics: CreateTopics
) -> None:
    await create_topics(app_id)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=app_id)
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(app_id, b"given up", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(app_id, b"kept", partition=0)
    finally:
        await producer.stop()
    assert await read(broker.bootstrap, app_id) == [b"kept"]


@pytest.mark.slow
async def test_a_broker_started_again_on_its_directory_still_has_the_record(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    try:
        broker.start()
        address = broker.bootstrap
        await create_topics_at(address, "kept")
        await produce(address, "kept", [b"before"])
        broker.stop()
        broker.start()
        assert broker.bootstrap == address
        assert await read(address, "kept") == [b"before"]
        await produce(address, "kept", [b"before the fault"])
        broker.kill()
        assert broker.pid is None
        broker.start()
        assert await read(address, "kept") == [b"before", b"before the fault"]
    finally:
        broker.stop()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and a killed watchdog is Linux's to notice")
@pytest.mark.parametrize("killed", ["the parent", "the watchdog", "both at once"])
def test_java_dies_with_whoever_started_it(tmp_path: Path, killed: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "broker")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    try:
        java, watchdog = (int(pid) for pid in parent.stdout.readline().split())
        assert alive(java)
        if killed == "both at once":
            os.kill(watchdog, signal.SIGSTOP)  # so that it can do nothing about the parent's end before its own
        if killed != "the watchdog":
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait()
        if killed != "the parent":
            os.kill(watchdog, signal.SIGKILL)
        assert wait_for(lambda: not alive(java)), f"java outlived {killed}"
        assert wait_for(lambda: not alive(watchdog))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def test_a_second_start_touches_no_network(broker: Broker, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "broker")],
        stdout=subprocess.PIPE,
        text=True,
        # Whoever asks for anything beyond this machine is told no at once.
        env=os.environ | {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
    )
    assert parent.stdout is not None
    try:
        assert len(parent.stdout.readline().split()) == 2
        assert parent.stdout.readline().strip() == "asked nobody"
    finally:
        parent.terminate()
        parent.wait()
        parent.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_and_stops_leaving_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    command = subprocess.Popen(
        [RINGBOARD, "broker", "--port", str(port), "--dir", str(tmp_path / "broker")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert command.stdout is not None
    try:
        assert command.stdout.readline() == f"127.0.0.1:{port}\n"
        watchdogs = children_of(command.pid)
        javas = [java for watchdog in watchdogs for java in children_of(watchdog)]
        assert len(watchdogs) == len(javas) == 1
        command.send_signal(number)
        said, complained = command.communicate(timeout=60)
        assert (command.returncode, said, complained) == (0, "", "")
        assert not any(alive(pid) for pid in watchdogs + javas)
        assert "clean" in " ".join(path.name for path in (tmp_path / "broker" / "data").iterdir())
    finally:
        command.kill()
        command.wait()


def test_a_busy_port_is_one_clear_line(broker: Broker, tmp_path: Path) -> None:
    done = subprocess.run(
        [RINGBOARD, "broker", "--port", str(broker.port), "--dir", str(tmp_path / "broker")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Error: port {broker.port} on 127.0.0.1 cannot be taken (Address already in use); "
        "stop what uses it, or choose another with --port\n"
    )


def test_a_directory_with_a_running_broker_is_refused(broker: Broker) -> None:
    second = Broker(broker.directory.root)
    with pytest.raises(RingboardError, match="another broker is running on this directory"):
        second.start()
    assert not second.running
    assert broker.running


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
