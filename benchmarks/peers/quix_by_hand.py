"""Quix Streams without its windows: one stateful function by the topic's key, the window in the state's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from quixstreams import Application

from benchmarks.marks import mark
from benchmarks.peers.job_settings import Asked, add, new_cell
from benchmarks.simple.events import add_up

if TYPE_CHECKING:
    from benchmarks.simple.events import Totals


class Told(msgspec.Struct, gc=False):
    """What of an event the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


def main(asked: Asked) -> None:
    """Run the application until it has seen all."""
    app = Application(
        broker_address=asked.broker,
        consumer_group=asked.app,
        auto_offset_reset="earliest",
        state_dir=asked.folder / "quix",
        loglevel="WARNING",
    )
    read = msgspec.json.Decoder(Told).decode
    frame = app.dataframe(app.topic(asked.topic, value_deserializer="bytes"))
    seen = 0
    # For the comparison only: by key, as a rep's state is kept by campaign.
    by_key: dict[str, dict[str, Totals]] = {}

    def count(value: bytes, state: Any) -> None:
        nonlocal seen
        if not seen:
            mark("ready")
        call = read(value)
        window = call.at - call.at % asked.size_ms
        live = by_key.setdefault(call.campaign, {"campaigns": {}, "reps": {}})
        for name, owner in (("campaigns", call.campaign), ("reps", call.rep)):
            key = f"{owner}|{window}"
            cell = add(state.get(key) or new_cell(), call.amd, call.talk_s, call.delay_s)
            state.set(key, cell)
            live[name][owner, window] = cell
        seen += 1
        if seen == asked.expected:
            mark("done")
            asked.hand_over({name: add_up(live[name] for live in by_key.values()) for name in ("campaigns", "reps")})
            app.stop()

    frame.update(count, stateful=True)
    app.run()


if __name__ == "__main__":
    main(Asked.read())
