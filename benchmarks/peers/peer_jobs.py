"""The field: which peers there are, how each is run, and what their figures are to be compared with."""

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

    from benchmarks.bench_floor import Place
    from benchmarks.jobs import Span
    from benchmarks.simple.events import Totals

PATIENCE_S: Final = 400.0
FEW: Final = 40_000
"""Events for a peer that would take minutes over all of them."""


@dataclass(frozen=True, slots=True)
class Peer:
    """
    A job of the field.

    `module` is of `benchmarks.peers`; for `KafkaStreamsJob` it runs on Java with `arguments`. `slow` ones are given few
    events. `reps` says how a rep's calls come together, as they arrive under their campaigns: added up when read, or
    moved through a topic or between operators first.
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
FIELD: Final = (
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
    """What peers are given: a topic of `events` events, windows, and the totals that are right."""

    topic: str
    events: int
    right: dict[str, Totals]
    size_ms: int = WINDOW_MS
    hop_ms: int = WINDOW_MS


class Skipped(Exception):  # noqa: N818  it is no error
    """A peer cannot run here."""


def run(place: Place, peer: Peer, task: Task, python: str | None = None) -> tuple[Span, int]:
    """
    Run a peer on `task`; the number is how many cells of its totals are wrong.

    `python` stands in place of the peers' own, for one that needs nothing more than Ringboard does.

    Raises:
        Skipped: something that it needs is not on this machine.

    """
    app = new_name("peer")
    folder = place.folder / app
    folder.mkdir()
    settings = {
        "BENCH_BROKER": place.broker.bootstrap,
        "BENCH_TOPIC": task.topic,
        "BENCH_PARTITIONS": str(PARTITIONS),
        "BENCH_EXPECT": str(task.events),
        "BENCH_APP": app,
        "BENCH_FOLDER": str(folder),
        "BENCH_SIZE_MS": str(task.size_ms),
        "BENCH_HOP_MS": str(task.hop_ms),
    }
    with Job(_command(peer, folder, python), settings, place.broker.pid or 0, folder / "log") as job:
        job.wait_for("ready", PATIENCE_S)
        job.wait_for("done", PATIENCE_S)
        job.wait_for("written", PATIENCE_S)
        job.kill()  # what is to be known of it is known, and some take long to end
    return job.span(), differences(read_totals(folder / "totals.json"), task.right)


def _command(peer: Peer, folder: Path, python: str | None) -> list[str]:
    if peer.module != environment.JAVA_SOURCE.stem:
        return [python or str(environment.python()), "-m", f"benchmarks.peers.{peer.module}"]
    command = environment.streams(folder)
    if command is None:
        raise Skipped("there is no JDK (java and javac) on this machine")
    return [*command, *peer.arguments]
