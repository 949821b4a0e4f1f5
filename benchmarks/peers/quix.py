"""Quix Streams with windows of its own: campaigns on the topic's key, reps through a group-by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quixstreams import Application

from benchmarks.marks import mark
from benchmarks.peers.job_settings import Asked, add, new_cell

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals

GRACE_MS = 12 * 3_600_000  # the partitions of a full topic are not read in step: nothing may count as late


def main(asked: Asked) -> None:
    """Run the application until it has seen all, twice: once by campaign, once by rep."""
    app = Application(
        broker_address=asked.broker,
        consumer_group=asked.app,
        auto_offset_reset="earliest",
        state_dir=asked.folder / "quix",
        loglevel="WARNING",
    )
    topic = app.topic(asked.topic, value_deserializer="json", timestamp_extractor=_moment)
    frame = app.dataframe(topic)
    tables: dict[str, Totals] = {"campaigns": {}, "reps": {}}
    left = dict.fromkeys(tables, asked.expected)

    def keep(name: str) -> Any:
        cells = tables[name]
        places = asked.size_ms // asked.hop_ms
        left[name] *= places

        def kept(window: dict[str, Any], key: Any, _moment: int, _headers: Any) -> None:
            owner = key.decode() if isinstance(key, bytes) else str(key)
            cells[owner, window["start"]] = window["value"]
            left[name] -= 1
            if not any(left.values()):
                mark("done")
                asked.hand_over(tables)
                app.stop()

        return kept

    first = [True]

    def begin(_: Any) -> None:
        if first:
            first.clear()
            mark("ready")

    frame = frame.update(begin)
    windows(asked, frame).update(keep("campaigns"), metadata=True)
    windows(asked, frame.group_by("rep")).update(keep("reps"), metadata=True)
    app.run()


def windows(asked: Asked, frame: Any) -> Any:
    """Fold a frame into the windows that are asked for, and give each change."""
    if asked.hopping:
        window = frame.hopping_window(asked.size_ms, asked.hop_ms, grace_ms=GRACE_MS)
    else:
        window = frame.tumbling_window(asked.size_ms, grace_ms=GRACE_MS)
    return window.reduce(
        reducer=lambda cell, call: add(cell, call["amd"], call["talk_s"], call["delay_s"]),
        initializer=lambda call: add(new_cell(), call["amd"], call["talk_s"], call["delay_s"]),
    ).current()


def _moment(value: Any, _headers: Any, _timestamp: float, _kind: Any) -> int:
    return int(value["at"])


if __name__ == "__main__":
    main(Asked.read())
