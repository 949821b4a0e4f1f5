"""What a worker announces on the control topic: its address, and its claims to partitions."""

from __future__ import annotations

from typing import Final

import msgspec

from agents.peers.claims import Claim  # noqa: TC001  msgspec reads the annotations

KEY_PREFIX: Final = "worker/"


class Announcement(msgspec.Struct, frozen=True):
    """
    What a worker announces.

    `at` is in ms by its own clock, and later in each of its announcements; `member` is its id in the consumer group;
    `left` is set in its last announcement.
    """

    url: str
    claims: list[Claim]
    generation: int
    at: int
    member: str = ""
    left: bool = False


encode: Final = msgspec.json.Encoder().encode
decode: Final = msgspec.json.Decoder(Announcement).decode
