"""Quix Streams with its own windows: campaigns on the topic's key, reps through a group-by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quixstreams import Application

from benchmarks.marks import mark
from benchmarks.peers.job_settings import JobSettings, add, new_cell

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals

GRACE_MS = 12 * 3_600_000  # partitions are read at different speeds: no event may count as late


def main(settings: JobSettings) -> None:
    """Run the application until all events are folded both by campaign and by rep."""
    app = Application(
        broker_address=settings.broker,
        consumer_group=settings.app,
        auto_offset_reset="earliest",
        state_dir=settings.folder / "quix",
        loglevel="WARNING",
    )
    topic = app.topic(settings.topic, value_deserializer="json", timestamp_extractor=_moment)
    frame = app.dataframe(topic)
    tables: dict[str, Totals] = {"campaigns": {}, "reps": {}}
    left = dict.fromkeys(tables, settings.expected)

    def keep(name: str) -> Any:
        cells = tables[name]
        windows_of_each = settings.size_ms // settings.hop_ms
        left[name] *= windows_of_each

        def store(window: dict[str, Any], key: Any, _moment: int, _headers: Any) -> None:
            owner = key.decode() if isinstance(key, bytes) else str(key)
            cells[owner, window["start"]] = window["value"]
            left[name] -= 1
            if not any(left.values()):
                mark("done")
                settings.write_totals(tables)
                app.stop()

        return store

    first = [True]

    def begin(_: Any) -> None:
        if first:
            first.clear()
            mark("ready")

    frame = frame.update(begin)
    windows(settings, frame).update(keep("campaigns"), metadata=True)
    windows(settings, frame.group_by("rep")).update(keep("reps"), metadata=True)
    app.run()


def windows(settings: JobSettings, frame: Any) -> Any:
    """Return a frame with each change of the windows of `frame`."""
    if settings.hopping:
        window = frame.hopping_window(settings.size_ms, settings.hop_ms, grace_ms=GRACE_MS)
    else:
        window = frame.tumbling_window(settings.size_ms, grace_ms=GRACE_MS)
    return window.reduce(
        reducer=lambda cell, call: add(cell, call["amd"], call["talk_s"], call["delay_s"]),
        initializer=lambda call: add(new_cell(), call["amd"], call["talk_s"], call["delay_s"]),
    ).current()


def _moment(value: Any, _headers: Any, _timestamp: float, _kind: Any) -> int:
    return int(value["at"])


if __name__ == "__main__":
    main(JobSettings.read())
