"""The engine's own records in the changelogs: which state a table belongs to, and how far its topics were folded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED = b"\x00"  # the first byte of their keys, and of no other key
STATE_ID_KEY = b"\x00seal"  # in each table: the id of the state, the same in all of them
POSITION_KEY = b"\x00position"  # in the first table: the next offset of every topic


@dataclass(slots=True)
class ReservedRecords:
    """What the changelogs of one state contain of these: its id in each table, and the position with the id there."""

    state_ids: dict[str, str] = field(default_factory=dict)
    position: dict[str, int] | None = None
    position_state_id: str | None = None

    def take(self, table: str, key: bytes, value: bytes | None) -> None:
        """Read one reserved record of `table`; the last one of a key holds."""
        if value is None:
            return
        content = json.loads(value)
        if key == STATE_ID_KEY:
            self.state_ids[table] = content["born"]
        elif key == POSITION_KEY:
            self.position_state_id = content["born"]
            self.position = {str(topic): int(offset) for topic, offset in content["next"].items()}

    def complete(self, tables: tuple[str, ...]) -> bool:
        """Return whether all tables, and the position if there is one, belong to the same state."""
        found = {self.state_ids.get(table) for table in tables}
        return len(found) == 1 and None not in found and (self.position is None or self.position_state_id in found)


def state_id_value(state_id: str) -> bytes:
    """Return the value that marks a table as belonging to the state `state_id`."""
    return json.dumps({"born": state_id}).encode()


def position_value(state_id: str, offsets: Mapping[str, int]) -> bytes:
    """Return the value that says how far each topic of a state was folded: the next offsets."""
    return json.dumps({"born": state_id, "next": dict(offsets)}).encode()
