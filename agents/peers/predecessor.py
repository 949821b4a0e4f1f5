"""A worker that starts again takes the one killed at its address out of the group, which would wait for it longer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from agents.peers.address import url_of
from agents.peers.failure_detector import take_out
from agents.peers.peers import KEY_PREFIX, Entry
from stream.errors import RingboardError
from stream.kafka.control_topic import Control
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.settings.model import Settings

LATELY_MS: Final = 30_000  # the session of one that was silent for longer has ended by itself

log = logging.getLogger(__name__)


async def take_out_predecessors(settings: Settings, clock: Clock) -> None:
    """
    Take those out of the group that spoke lately from the address of this worker, whose port is its own by now.

    Where that fails nothing is lost but seconds: their sessions end by themselves.
    """
    url, since = url_of(settings), clock.now_ms() - LATELY_MS
    try:
        said = await Control(settings.broker, topics(settings).control.name).read_all()
    except RingboardError as error:
        log.info("who was here before cannot be read (%s)", error)
        return
    for name, value in said.items():
        if not name.startswith(KEY_PREFIX):
            continue
        try:
            entry = msgspec.json.decode(value, type=Entry)
        except (msgspec.MsgspecError, ValueError, RecursionError):  # of another version
            continue
        if entry.url == url and entry.member and entry.at >= since:
            await take_out(settings.broker, settings.app_id, entry.member)
