"""Removes a killed worker from the group when another starts at its address, without waiting for its session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from agents.peers.address import url_of
from agents.peers.announcement import KEY_PREFIX, decode
from agents.peers.failure_detector import take_out
from stream.errors import RingboardError
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import Control
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.settings.model import Settings

LATELY_MS: Final = 30_000  # after a longer silence, its session has expired by itself

log = logging.getLogger(__name__)


async def take_out_predecessors(settings: Settings, clock: Clock) -> None:
    """
    Remove the members that were announced lately at the address of this worker, which owns the port by now.

    If that fails, only a few seconds are lost: their sessions expire by themselves.
    """
    url, since = url_of(settings), clock.now_ms() - LATELY_MS
    try:
        records = await Control(
            connection_of(settings), topics(settings).control.name, identity_of(settings)
        ).read_all()
    except RingboardError as error:
        log.info("earlier workers at this address cannot be found (%s)", error)
        return
    for name, value in records.items():
        if not name.startswith(KEY_PREFIX):
            continue
        try:
            entry = decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):  # of another version
            continue
        if entry.url == url and entry.member and entry.at >= since:
            await take_out(connection_of(settings), settings.app_id, entry.member)
