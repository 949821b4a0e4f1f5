"""The peers: which there are, how each is run, and how its totals are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.bench_kafka import new_name
from benchmarks.jobs import Job
from benchmarks.peers import environment
from benchmarks.simple.events import PARTITIONS, WINDOW_MS, differences
from benchmarks.simple.totals_file import read_totals

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.jobs import Span
    from benchmarks.simple.events import Totals
    from benchmarks.testbed import Testbed

PATIENCE_S: Final = 400.0
FEW: Final = 40_000
"""The number of events for a peer that would need minutes for all of them."""


@dataclass(frozen=True, slots=True)
class Peer:
    """
    A peer's job.

    `module` is in `benchmarks.peers`; `KafkaStreamsJob` runs on Java with `arguments`. `slow` ones get few events.
    `reps` says how the calls of a rep, which are keyed by campaign, are brought together: added up when read, or moved
    through a topic or between operators first. `durable` says where its state is stored, and how often.
    """

    name: str
    module: str
    reps: str
    durable: str
    arguments: tuple[str, ...] = ()
    slow: bool = False


ADDED: Final = "added up when read"
MOVED: Final = "through a topic"
INSIDE: Final = "between operators"
CHANGELOG: Final = "changelog"

BARE: Final = Peer("bare aiokafka + msgspec", "bare_aiokafka", "one process", "none")
PEERS: Final = (
    BARE,
    Peer("Bytewax, state by hand", "bytewax_batch", INSIDE, "SQLite, 1 s"),
    Peer("Bytewax, its windows", "bytewax_windows", INSIDE, "SQLite, 1 s"),
    Peer("Kafka Streams, processor API", "KafkaStreamsJob", ADDED, "RocksDB + changelog, 1 s"),
    Peer("Kafka Streams, its windows", "KafkaStreamsJob", MOVED, "RocksDB + changelog, 1 s", ("windows",)),
    Peer("Quix Streams, state by hand", "quix_by_hand", ADDED, "RocksDB + changelog, 5 s"),
    Peer("Quix Streams, its windows", "quix", MOVED, "RocksDB + changelog, 5 s", slow=True),
    Peer("Faust, tuned", "faust_tuned", ADDED, CHANGELOG),
    Peer("Faust, naive", "faust_naive", ADDED, CHANGELOG, slow=True),
)
HOPPING: Final = ("Kafka Streams, its windows", "Bytewax, its windows", "Quix Streams, its windows", "Faust, naive")


@dataclass(frozen=True, slots=True)
class Task:
    """The input of a peer: a topic of `events` events and the windows; and the `right` totals to compare with."""

    topic: str
    events: int
    right: dict[str, Totals]
    size_ms: int = WINDOW_MS
    hop_ms: int = WINDOW_MS


class Skipped(Exception):  # noqa: N818  not an error
    """A peer cannot run here."""


def run(testbed: Testbed, peer: Peer, task: Task, python: str | None = None) -> tuple[Span, int]:
    """
    Run a peer on `task`; return its span, and the number of cells of its totals that are wrong.

    `python` replaces the peers' own, for a peer that needs no packages but Ringboard's.

    Raises:
        Skipped: something that it needs is not installed.
        JobError: it ended early, or took too long.

    """
    app = new_name("peer")
    folder = testbed.folder / app
    folder.mkdir()
    settings = {
        "BENCH_BROKER": testbed.broker.bootstrap,
        "BENCH_TOPIC": task.topic,
        "BENCH_PARTITIONS": str(PARTITIONS),
        "BENCH_EXPECT": str(task.events),
        "BENCH_APP": app,
        "BENCH_FOLDER": str(folder),
        "BENCH_SIZE_MS": str(task.size_ms),
        "BENCH_HOP_MS": str(task.hop_ms),
    }
    with Job(_command(peer, folder, python), settings, testbed.broker.pid or 0, folder / "log") as job:
        job.wait_for("ready", PATIENCE_S)
        job.wait_for("done", PATIENCE_S)
        job.wait_for("written", PATIENCE_S)
        job.kill()  # its totals are written, and some take long to stop
    return job.span(), differences(read_totals(folder / "totals.json"), task.right)


def _command(peer: Peer, folder: Path, python: str | None) -> list[str]:
    if peer.module != environment.JAVA_SOURCE.stem:
        return [python or str(environment.python()), "-m", f"benchmarks.peers.{peer.module}"]
    command = environment.streams(folder)
    if command is None:
        raise Skipped("there is no JDK (java and javac) on this machine")
    return [*command, *peer.arguments]
