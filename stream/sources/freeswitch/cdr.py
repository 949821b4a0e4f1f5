"""FreeSWITCH's call detail records, CSV, JSON, XML or FusionPBX's rows: the legs of one call are joined into one."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from stream.events.refusal import Reason, Refused
from stream.sources.date_order import DateOrder
from stream.sources.freeswitch import cdr_json, cdr_xml, fusionpbx
from stream.sources.freeswitch.calls import calls_of, directions_of
from stream.sources.freeswitch.cdr_csv import LAYOUT, Reader
from stream.sources.freeswitch.explaining import explained
from stream.sources.freeswitch.gathering import Gathering
from stream.sources.freeswitch.settings import FreeSwitchSettings
from stream.sources.reading import FAILURES, Read, Unreadable, WrongFileError, guarded, parsed, refusal
from stream.sources.rows import one_fits
from stream.sources.seen import Seen
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stream.settings.model import Settings
    from stream.sources.explaining import Asked
    from stream.sources.freeswitch.legs import Leg
    from stream.sources.joining import Group

T = TypeVar("T")
SOURCE: Final = "freeswitch-cdr"
_MACHINES: Final = "docs/sources/freeswitch.md says which variables tell them"
_REMEMBERED: Final = 200_000
_HEAD: Final = 65_536
_EPOCH: Final = re.compile(rb'\bstart_epoch"?\s*[>:]\s*"?([0-9]{9,11})\b')
_STAMP: Final = re.compile(rb"\b(20[0-9]{2})[-/]([0-9]{1,2})[-/]([0-9]{1,2})[ T]([0-9]{1,2}):([0-9]{2})")


def looks(head: bytes) -> bool:
    """Return whether the beginning is that of a record in JSON or XML, or a line among the first a leg, or columns."""
    return cdr_xml.looks(head) or cdr_json.looks(head) or fusionpbx.looks(head) or one_fits(head, LAYOUT.knows)


def begins(head: bytes) -> int | None:
    """Return when the first leg of a file that begins with `head` began, in seconds, as far as that can be seen."""
    found = _EPOCH.search(head)
    if found is not None:
        return int(found[1])
    stamp = _STAMP.search(head)
    if stamp is None:
        return None
    year, month, day, hour, minute = (int(part) for part in stamp.groups())
    try:
        return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
    except ValueError:
        return None


class FreeSwitchCdr:
    """Reads files of records, each all of CSV, all of JSON or all of XML."""

    def __init__(self, settings: Settings) -> None:
        self._clock = WallClock(
            settings.group(FreeSwitchSettings).freeswitch_zone,
            settings.zone,
            "freeswitch_timezone",
            DateOrder(settings.date_order),
        )
        self._seen = Seen()
        directions = directions_of(settings)
        self._campaign = directions.campaign_variable
        self._calls = calls_of(settings, SOURCE, self._seen)
        self._gathering = Gathering(self._calls.parties)
        self._legs: OrderedDict[str, int] = OrderedDict()
        self._where = ""
        self._of_csv = False
        self.unused: Counter[str] = self._seen.unused
        self.left_open = 0
        self.remarks: list[str] = []
        self.asked: Asked | None = None
        self._asked_legs: set[str] = set()

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the calls, each when it is whole; a record that cannot be one is refused at its place."""
        yield from self._file("", file)
        yield from self._rest()

    def read_all(self, files: Iterable[tuple[str, BinaryIO] | Unreadable]) -> Iterator[Read | Unreadable]:
        """Yield the same of several files, for the legs of one call may lie in as many; a damaged one costs itself."""
        for one in files:
            if isinstance(one, Unreadable):
                yield one
                continue
            name, file = one
            try:
                yield from self._file(name, file)
            except (WrongFileError, *FAILURES) as error:
                why = str(error) if isinstance(error, WrongFileError) else "cut off or damaged; it was read up to there"
                yield Unreadable(1, Refused(Reason.MALFORMED_LINE, None, why), b"", name)
        yield from self._rest()

    def _file(self, name: str, file: BinaryIO) -> Iterator[Read | Unreadable]:
        self._where = name
        start = file.tell()
        head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
        file.seek(start)
        for item in self._legs_in(file, head):
            if isinstance(item, Unreadable):
                yield item._replace(where=name or None)
            else:
                yield from self._whole(item[1].end)

    def _rest(self) -> Iterator[Read | Unreadable]:
        yield from self._whole(None)
        self.remarks = [*self._remarks(), *self._clock.remarks()]

    def known(self) -> Iterator[Read | Unreadable]:
        """Yield the calls that have had no leg for a while, as far as they are known: one more makes them anew."""
        with self._seen.aside():
            for group in self._gathering.settled():
                last = group.parts[-1]
                yield from guarded(last.line, group.parts, self._events(group, last))

    def _csv(self, file: BinaryIO) -> Iterator[tuple[int, Leg] | Unreadable]:
        self._clock.order.look(file)
        reader = Reader(self._clock)

        def parse(number: int, data: bytes) -> Leg | None:
            leg = reader.leg(number, data)
            return None if leg is None else self._taken(leg, data)

        return parsed(file, parse, reader.nameless)

    def _legs_in(self, file: BinaryIO, head: bytes) -> Iterator[tuple[int, Leg] | Unreadable]:
        if head.lstrip().startswith(b"<"):
            return self._records(cdr_xml.records(file), cdr_xml.leg, cdr_xml.nameless)
        if cdr_json.looks(head):
            return self._records(cdr_json.records(file), cdr_json.leg)
        if fusionpbx.looks(head):
            table = fusionpbx.Table(self._clock)
            return self._records(table.records(file), table.leg, table.nameless)
        self._of_csv = True
        return self._csv(file)

    def _records(
        self,
        records: Iterable[tuple[int, bytes, T] | Unreadable],
        leg_in: Callable[[int, T, str | None], Leg],
        hide: Callable[[bytes], bytes] = bytes,
    ) -> Iterator[tuple[int, Leg] | Unreadable]:
        for item in records:
            if isinstance(item, Unreadable):
                yield item
                continue
            line, data, record = item
            try:
                yield line, self._taken(leg_in(line, record, self._campaign), data)
            except Exception as error:  # noqa: BLE001  one of ours puts this record aside, and the next is read
                yield Unreadable(line, refusal(error), hide(data))

    def _taken(self, leg: Leg, data: bytes) -> Leg:
        """Take a leg, which `data` tells of, and return it; raises Refused where it cannot be one of those here."""
        if self.asked is not None and self.asked.is_of(range(leg.line, leg.line + 1 + data.count(b"\n")), ()):
            self._asked_legs.add(leg.uuid)
        before, said = self._legs.get(leg.uuid), hash(leg._replace(line=0))
        if before is not None:
            if before == said:
                self.unused["record that stands there twice"] += 1
                return leg
            raise Refused(
                Reason.OUT_OF_RANGE, "uuid", "uuid: it is the id of another leg, which stands; each has its own"
            )
        self._legs[leg.uuid] = said
        while len(self._legs) > _REMEMBERED:
            self._legs.popitem(last=False)
        self._gathering.put(leg._replace(where=self._where))
        return leg

    def _whole(self, now: int | None) -> Iterator[Read | Unreadable]:
        for group in self._gathering.whole(now):
            last = group.parts[-1]
            for item in guarded(last.line, group.parts, self._events(group, last)):
                yield item._replace(where=last.where or None) if isinstance(item, Unreadable) else item

    def _events(self, group: Group[Leg], last: Leg) -> Iterator[Read]:
        asked = self.asked
        if asked is not None and self._is_asked(asked, group):
            asked.found += explained(self._calls, group.parts)
        else:
            asked = None
        for event in self._calls.events(group.parts):
            if asked is not None:
                asked.told(event)
            yield Read(last.line, event, last.where or None)

    def _is_asked(self, asked: Asked, group: Group[Leg]) -> bool:
        ids = {one for leg in group.parts for one in (leg.uuid, leg.call)}
        return asked.is_of((), ids) if asked.line is None else not self._asked_legs.isdisjoint(ids)

    def _remarks(self) -> Iterator[str]:
        seen = self._seen
        yield from seen.remarks("freeswitch", _MACHINES)
        if self._of_csv and seen.unsure:
            yield (
                f"of {seen.unsure} answered calls it does not say who answered: a rep's leg answered by voicemail or a "
                "menu of the system itself looks the same (JSON records tell)"
            )
