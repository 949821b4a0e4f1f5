"""The engine's own records in the changelogs: by them a table is known to be whole, and how far it was folded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED = b"\x00"  # no key of a share begins so
STATE_ID_KEY = b"\x00seal"  # in each table: the share's birth, the same in all of them
POSITION_KEY = b"\x00position"  # in the first table: the next offset of every topic


@dataclass(slots=True)
class ReservedRecords:
    """What the changelogs of one share said of themselves: the seal of each table, and the position."""

    state_ids: dict[str, str] = field(default_factory=dict)
    position: dict[str, int] | None = None
    position_state_id: str | None = None

    def take(self, table: str, key: bytes, value: bytes | None) -> None:
        """Read one reserved record; the last one stands."""
        if value is None:
            return
        content = json.loads(value)
        if key == STATE_ID_KEY:
            self.state_ids[table] = content["born"]
        elif key == POSITION_KEY:
            self.position_state_id = content["born"]
            self.position = {str(topic): int(offset) for topic, offset in content["next"].items()}

    def complete(self, tables: tuple[str, ...]) -> bool:
        """Tell whether every table carries the same seal, and the position (if there is one) is of that share."""
        found = {self.state_ids.get(table) for table in tables}
        return len(found) == 1 and None not in found and (self.position is None or self.position_state_id in found)


def state_id_value(state_id: str) -> bytes:
    """Return the record that seals a table."""
    return json.dumps({"born": state_id}).encode()


def position_value(state_id: str, offsets: Mapping[str, int]) -> bytes:
    """Return the record that says how far a share was folded."""
    return json.dumps({"born": state_id, "next": dict(offsets)}).encode()
