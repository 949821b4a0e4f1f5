"""How far each table was read: a file in the data folder, written when the broker has the events."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from stream.errors import RingboardError
from stream.privacy.private_files import make_folder, write_text
from stream.sources.sql.values import Position, position_as_json, position_of_json

if TYPE_CHECKING:
    from pathlib import Path


class Place(NamedTuple):
    """
    Where a table was.

    All that lies before `low` was read for good; `told_at` is the latest revision that was sent (ms since the epoch).
    """

    low: Position
    told_at: int


class Places:
    """
    The places of the tables of one database.

    A place that is lost costs time alone: the table is read from its beginning again, and what was sent counts once.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self.path = folder / f"connect-sql-{hashlib.sha256(database.encode()).hexdigest()[:12]}.json"
        self._places = self._read()

    def get(self, table: str) -> Place | None:
        """Return the place of a table, None for one that was never read."""
        return self._places.get(table)

    def put(self, table: str, place: Place) -> None:
        """
        Write the place of a table, whole or not at all.

        Raises:
            RingboardError: the file cannot be written.

        """
        if self._places.get(table) == place:
            return
        self._places[table] = place
        known = {name: [position_as_json(one.low), one.told_at] for name, one in self._places.items()}
        new = self.path.with_suffix(".new")
        try:
            make_folder(self.path.parent)
            write_text(new, orjson.dumps(known).decode())
            new.replace(self.path)
        except OSError as error:
            raise RingboardError(
                f"data_dir: {self.path} cannot be written ({error.strerror}); name one that can be"
            ) from error

    def _read(self) -> dict[str, Place]:
        try:
            known: Any = orjson.loads(self.path.read_bytes())
            return {name: Place(position_of_json(low), int(told_at)) for name, (low, told_at) in known.items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise RingboardError(
                f"data_dir: {self.path} cannot be read ({error.strerror}); make it readable, or remove it"
            ) from error
        except (ValueError, TypeError, AttributeError):
            return {}  # cut off as the machine went down: read from the beginning again
