"""Files of any form that a mapping describes: CSV with or without a header, or JSON."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

from stream.clock import SystemClock
from stream.events.diagnosis import json_of
from stream.events.refusal import Reason, Refused
from stream.mapping.loading import load_mapping
from stream.mapping.mapping import READ
from stream.sources.csv_rows import MOST_ABOVE, Form, Row, rows
from stream.sources.gathered import Gathered
from stream.sources.json_values import values
from stream.sources.reading import Read, Unreadable, WrongFileError, refusal
from stream.sources.source import Format
from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stream.mapping.lookup import Record
    from stream.mapping.mapping import Mapping
    from stream.mapping.parts.told import Told
    from stream.settings.model import Settings

NO_RULE = "no rule applies"
EMPTY_ROW = "empty row"
MADE_UP = "made up: "


class Mapped:
    """
    Reads a file by a mapping; where calls are told in parts, also several as one.

    Besides its columns a record has `#line`, the line it begins on, and `#row`, how many rows stand above it and
    with it, whatever became of them; and `#read`, when the file is read, where `read_ms` says so. `seen` gets each
    record, before its events, with its line, and `heard` what it tells of a call that is told in parts. Where `most` is
    given, it reads so many rows, and no more.
    """

    def __init__(
        self,
        mapping: Mapping,
        seen: Callable[[int, Record], None] = lambda _line, _record: None,
        heard: Callable[[int, Told], None] = lambda _line, _told: None,
        most: float = math.inf,
        read_ms: int | None = None,
    ) -> None:
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self.remarks = [] if mapping.made_up is None else [f"{MADE_UP}{mapping.made_up}"]
        self._mapping = mapping
        self._seen = seen
        self._heard = heard
        self._most = most
        self._known = {} if read_ms is None else {READ: read_ms}
        self._row = 0
        self._where: str | None = None
        self._calls = None if mapping.parts is None else Gathered(mapping.parts)

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the records in their order, then the calls that are told in parts."""
        yield from self.rows(file)
        yield from self.rest()

    def read_all(self, files: Iterable[tuple[str, BinaryIO] | Unreadable]) -> Iterator[Read | Unreadable]:
        """Yield the same of several files, for the rows of one call may lie in more than one."""
        for one in files:
            if isinstance(one, Unreadable):
                yield one
                continue
            self._where, file = one
            try:
                yield from (item._replace(where=item.where or self._where) for item in self.rows(file))
            except WrongFileError as error:
                raise WrongFileError(f"{self._where}: {error}") from error
        yield from self.rest()

    def rest(self) -> Iterator[Read | Unreadable]:
        """Yield the calls that are told in parts, of what has been read."""
        if self._calls is None:
            return
        yield from self._calls.rest()
        self.left_open = self._calls.left_open
        self.unused.update(self._calls.lost)
        self.remarks.extend(self._calls.remarks())

    def rows(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the records in their order, without the calls that are told in parts."""
        before = self._mapping.odd_hours.copy()
        yield from self._csv(file) if self._mapping.file.format == "csv" else self._json(file)
        odd = self._mapping.odd_hours - before
        if odd["twice"]:
            self.remarks.append(
                f"{odd['twice']} of its times lie in an hour that comes twice, when the clocks go back; read as its "
                "first coming, as they have no offset"
            )
        if odd["never"]:
            self.remarks.append(
                f"{odd['never']} of its times lie in an hour that the clocks skip; read as if they had not been put "
                "forward: is the timezone right?"
            )

    def _csv(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        form = self._mapping.file
        header = list(form.header) if form.header else None

        def fits(cells: list[str]) -> bool:
            return header is not None and len(cells) == len(header)

        loose = 0
        skip = self._has_columns if form.skip is None else form.skip
        for row in rows(file, Form(form.delimiter, form.quote, form.encoding), skip, fits=fits):
            if isinstance(row, Unreadable):
                if header is None and form.header is None:
                    raise WrongFileError(f"header: {row.refused.message}")
                self._row += 1
                yield row
                continue
            if header is None:
                if not any(row.cells):
                    continue  # a sheet may begin further down
                if form.header is None:
                    header = [name.strip() for name in row.cells]
                    self._check(header)
                    continue
                header = [str(number) for number in range(1, len(row.cells) + 1)]
                self._check(header)
            if self._row >= self._most:
                break
            self._row += 1
            if not any(row.cells):
                self.unused[EMPTY_ROW] += 1
                continue
            loose += row.loose
            yield from self._of_row(row, header)
        if loose:
            self.remarks.append(f"{loose} rows have broken quotes, and were read by how many columns they must have")

    def _of_row(self, row: Row, header: list[str]) -> Iterator[Read | Unreadable]:
        if len(row.cells) != len(header):
            refused = Refused(
                Reason.MALFORMED_LINE,
                None,
                f"{len(row.cells)} columns where the file has {len(header)}; is the row cut off, or a quote missing?",
            )
            yield Unreadable(row.line, refused, row.data)
            return
        yield from self._events(dict(zip(header, row.cells, strict=True)), row.line, row.data)

    def _json(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        for value in values(file):
            if isinstance(value, Unreadable):
                self._row += 1
                yield value
                continue
            number, data = value
            try:
                for record in self._mapping.records(json_of(data)):
                    if self._row >= self._most:
                        return
                    self._row += 1
                    yield from self._events(record, number, data)
            except Exception as error:  # noqa: BLE001  one of ours puts this line aside, and the next is read
                self._row += 1
                yield Unreadable(number, refusal(error), data)

    def _events(self, record: Record, line: int, data: bytes) -> Iterator[Read | Unreadable]:
        count = 0
        parts: list[Told] = []
        self._seen(line, record)
        try:
            known = {**record, **self._known, "#line": line, "#row": self._row}
            for event in self._mapping.events(known, parts.append):
                count += 1
                yield Read(line, event)
        except Exception as error:  # noqa: BLE001  as above
            yield Unreadable(line, refusal(error), data)
        else:
            if not count and not parts:
                self.unused[NO_RULE] += 1
        yield from self._gathered(parts, line, data)

    def _gathered(self, parts: list[Told], line: int, data: bytes) -> Iterator[Read | Unreadable]:
        for part in parts:
            self._heard(line, part)
            try:
                if self._calls is not None:
                    yield from self._calls.take(part, line, self._where)
            except Exception as error:  # noqa: BLE001  as above
                yield Unreadable(line, refusal(error), data)

    def _has_columns(self, cells: list[str]) -> bool:
        """Return whether these are the header's: all columns that the mapping reads are there."""
        header = {one.strip() for one in cells}
        return all(not header.isdisjoint(names) for names in self._mapping.columns)

    def _check(self, header: list[str]) -> None:
        """Find out a column that is not there, before every row is refused for it."""
        if self._mapping.file.skip is None and not self._has_columns(header):
            columns = ", ".join(sorted(f'"{" or ".join(names)}"' for names in self._mapping.columns))
            raise WrongFileError(
                f"header: none of the first {MOST_ABOVE} lines has all columns that the mapping {self._mapping.name} "
                f"reads: {columns}; add them to the export, or name them in the mapping as the file does"
            )
        if len(set(header)) != len(header):
            twice = next(name for name, count in Counter(header).items() if count > 1)
            at = [number for number, name in enumerate(header, 1) if name == twice]
            raise WrongFileError(
                f"header: columns {at[0]} and {at[1]} have one name; give each its own under [file] in the mapping: "
                'header = ["…", "…"], skip = 1'
            )
        for names in sorted(self._mapping.columns):
            if not any(name in header for name in names):
                close = difflib.get_close_matches(names[0], header, n=1)
                hint = f' (did you mean "{close[0]}"?)' if close else ""
                if len(header) == 1:
                    raise WrongFileError(
                        f'header: read as one column, while the mapping {self._mapping.name} reads "{names[0]}"; '
                        'write what separates the columns, under [file] in the mapping: delimiter = ";"'
                    )
                raise WrongFileError(
                    f'header: none of its {len(header)} columns is "{names[0]}", which the mapping '
                    f"{self._mapping.name} reads{hint}; name it there as the file does"
                )


def mapped_format(name: str, settings: Settings) -> Format:
    """Return the format of files that the mapping `name` (a file, or a ready one) describes."""
    mapping = load_mapping(name, settings.timezone)
    written = _written(mapping)
    begins = None if mapping.parts is None else lambda _: None
    return Format(
        f"mapping {mapping.name}",
        lambda _: Mapped(mapping, read_ms=SystemClock().now_ms()),
        lambda _: False,
        written,
        begins=begins,
        described=True,
    )


def written_for(mapping: Mapping, settings: Settings) -> Written:
    """Return how the files of a mapping are written; where it names no encoding, in that of the floor."""
    written = _written(mapping)
    return written if written.encoding is not None else written._replace(encoding=settings.text_encoding)


def _written(mapping: Mapping) -> Written:
    form = mapping.file
    return Written(form.encoding, form.delimiter or ",", form.quote, mapping.decimal)
