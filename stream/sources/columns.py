"""The columns of a telephone system's records: named in a header, configured, or found by where a row has what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.reading import WrongFileError
from stream.sources.rows import cells_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Names = tuple[str, ...]
_LONGEST: Final = 9  # digits of a number of seconds


class Layout(NamedTuple):
    """
    The orders that a format's columns come in.

    Args:
        header_of: the names of the columns, if these cells are a header.
        order_of: the same, if they are a row in an order that is known.
        needed: what a header must name.
        whose: what has such columns, and its verb: `call detail records have`.

    """

    header_of: Callable[[Sequence[str]], Names | None]
    order_of: Callable[[Sequence[str]], Names | None]
    needed: Names
    whose: str

    def knows(self, cells: Sequence[str]) -> bool:
        """Return whether these are a header or a row of it."""
        return self.header_of(cells) is not None or self.order_of(cells) is not None


class _Texts(dict[str, str]):
    """The texts of a row by their columns; what it has no column for is empty."""

    def __missing__(self, column: str) -> str:
        return ""


class Columns:
    """The columns of one file, which its first line settles, unless they are `given`; a header settles them anew."""

    def __init__(self, layout: Layout, given: Sequence[str] = ()) -> None:
        self._layout = layout
        self._settle(given)

    def texts(self, data: bytes) -> Callable[[str], str] | None:
        """
        Return what gives the text in each column of the row in `data` by name, None for a header.

        Raises:
            Refused: it is no row.
            WrongFileError: the header is of another file.

        """
        cells = cells_of(data, self._fits)
        header = self._layout.header_of(cells)
        if header is not None or not self._count:
            self._settle(header or self._layout.order_of(cells) or ())
        if header is not None:
            missing = [name for name in self._layout.needed if name not in self._places]
            if missing:
                raise WrongFileError(
                    f"header: no {self._layout.whose} this one; it lacks {', '.join(missing)}: have these written too, "
                    "or describe the file in a mapping, --mapping FILE (docs/sources/mapping.md)"
                )
            return None

        return _Texts(zip(self._names, map(str.strip, cells), strict=False)).__getitem__

    def place_of(self, column: str, otherwise: int) -> int:
        """Return where a column is, as far as that is settled."""
        return self._places.get(column, otherwise)

    def _settle(self, names: Sequence[str]) -> None:
        self._names = names
        self._places = {name: place for place, name in enumerate(names)}
        self._count = len(names)

    def _fits(self, cells: list[str]) -> bool:
        if self._count and len(cells) == self._count:
            return True
        return self._layout.header_of(cells) is not None or (not self._count and self._layout.knows(cells))


def seconds(text: str, field: str) -> int:
    """Return how many whole seconds are written in `field`; raises Refused where it is no number of them."""
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdigit() and len(whole) <= _LONGEST):
        example = ", as a number and not as on a clock" if ":" in text else ""
        raise Refused(Reason.WRONG_TYPE, field, f"{field}: {len(text)} characters; write seconds, 0 or more{example}")
    return int(whole)
