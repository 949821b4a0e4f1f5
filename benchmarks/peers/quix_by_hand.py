"""Quix Streams without its windows: one stateful function by the topic's key, the window in the state's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from quixstreams import Application

from benchmarks.marks import mark
from benchmarks.peers.job_settings import JobSettings, add, new_cell
from benchmarks.simple.events import add_up

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals


class Call(msgspec.Struct, gc=False):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


def main(settings: JobSettings) -> None:
    """Run the application until all events are folded."""
    app = Application(
        broker_address=settings.broker,
        consumer_group=settings.app,
        auto_offset_reset="earliest",
        state_dir=settings.folder / "quix",
        loglevel="WARNING",
    )
    read = msgspec.json.Decoder(Call).decode
    frame = app.dataframe(app.topic(settings.topic, value_deserializer="bytes"))
    seen = 0
    # For the comparison only: by key, as the state of a rep is stored by campaign.
    by_key: dict[str, dict[str, Totals]] = {}

    def count(value: bytes, state: Any) -> None:
        nonlocal seen
        if not seen:
            mark("ready")
        call = read(value)
        window = call.at - call.at % settings.size_ms
        live = by_key.setdefault(call.campaign, {"campaigns": {}, "reps": {}})
        for name, owner in (("campaigns", call.campaign), ("reps", call.rep)):
            key = f"{owner}|{window}"
            cell = add(state.get(key) or new_cell(), call.amd, call.talk_s, call.delay_s)
            state.set(key, cell)
            live[name][owner, window] = cell
        seen += 1
        if seen == settings.expected:
            mark("done")
            settings.write_totals(
                {name: add_up(live[name] for live in by_key.values()) for name in ("campaigns", "reps")}
            )
            app.stop()

    frame.update(count, stateful=True)
    app.run()


if __name__ == "__main__":
    main(JobSettings.read())
