"""The calls that are being told in parts: what is known of each, and when one is told of that lacks a part."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from typing import TYPE_CHECKING, Any, Final

from stream.events.call_parts import Events, Remembered, versioned
from stream.events.refusal import Reason, Refused
from stream.mapping.fields import FIELDS
from stream.mapping.parts.told import told_in
from stream.mapping.parts.whole import KIND, PARTY, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.mapping.parts.rule import PartsRule
    from stream.mapping.parts.told import Told
    from stream.mapping.parts.whole import Whole

MOST_OF_A_CALL: Final = 200
_IN_ORDER: Final = tuple(FIELDS[KIND])
_MARGIN_MS: Final = 2_000  # by which the clocks of two gateways may differ


class CallParts:
    """
    What is known of one call: its `parts`, each once, the last of which came at `last_ms`.

    Once it could be told of, its `party` (lead, number) is what it was then: an event that was sent under another key
    could not be taken back. `counted` says that it is known to lack a part.
    """

    __slots__ = ("counted", "last_ms", "parts", "party")

    def __init__(self, now_ms: int) -> None:
        self.parts: dict[bytes, None] = {}  # as bytes, which take a third of the room
        self.last_ms = now_ms
        self.party: dict[str, Any] | None = None
        self.counted = False

    def take(self, told: Told) -> bool:
        """Take a part, and return whether it is a new one; raises Refused where a call has too many."""
        name = told.as_bytes()
        if name in self.parts:
            return False
        if len(self.parts) >= MOST_OF_A_CALL:
            raise Refused(
                Reason.OUT_OF_RANGE,
                "call",
                f"call: the same in over {MOST_OF_A_CALL} records; write what those of one call share in the mapping",
            )
        self.parts[name] = None
        return True

    def told(self) -> list[Told]:
        """Return its parts."""
        return [told_in(name) for name in self.parts]

    def event(self, source: str, whole: Whole) -> dict[str, Any]:
        """Return the event of the call, in the version that knows as much as is known."""
        fields = whole.fields | {"call": told_in(next(iter(self.parts))).call}
        if self.party is not None:
            fields = {name: value for name, value in fields.items() if name not in PARTY} | self.party
        told = {name: fields[name] for name in _IN_ORDER if name in fields}
        return versioned({"type": KIND, "source": source, **told}, len(self.parts))


class Calls:
    """
    The calls of a mapping whose parts come one by one, over the last day: what comes late still finds them.

    What a part makes of its call depends on the parts before it, and on when these came; on nothing else. `lacking`
    counts the calls that were told of, or given up, without a part that each call has, by that part and which of both.
    """

    def __init__(self, rule: PartsRule) -> None:
        self.lacking: Counter[tuple[str, str]] = Counter()
        self._rule = rule
        self._calls: dict[str, CallParts] = {}
        self._recent = Remembered()
        self._waiting: OrderedDict[str, None] = OrderedDict()  # those that may have to be told of without a part
        self._let_go: deque[Events] = deque()

    def __len__(self) -> int:
        return len(self._calls)

    def apply(self, told: Told, now_ms: int) -> Events:
        """
        Take a part that came at `now_ms`, and return the event of its call, if that is whole.

        Raises Refused where no event can be made of the whole call. Parts of other names are passed over.
        """
        if not self._rule.putting.knows(told.part):
            return []
        self._forget(now_ms)
        call = self._calls.get(told.call)
        if call is None:
            call = self._calls[told.call] = CallParts(now_ms)
        else:
            self._settle_party(call, now_ms)
        new = call.take(told)
        self._recent.touch(told.call, now_ms)
        if new:
            self._recent.parts += 1
            call.last_ms = max(call.last_ms, now_ms)
            self._waiting.pop(told.call, None)
        whole = self._rule.putting.whole(call.told())
        if whole.waits:
            if new:
                self._waiting[told.call] = None
            return []
        if whole.missing is not None:
            raise refused(whole)
        return [call.event(self._rule.source, whole)]

    def overdue(self, now_ms: int) -> Iterator[Events]:
        """Yield the events of the calls that have waited long enough at `now_ms`, with what is known of them."""
        while self._let_go:
            yield self._let_go.popleft()
        while self._waiting:
            name = next(iter(self._waiting))
            call = self._calls[name]
            if call.last_ms + self._rule.patience_ms + _MARGIN_MS > now_ms:
                return
            del self._waiting[name]
            yield self._told(call, count=True)

    def all_ended(self, now_ms: int) -> Iterator[Events]:
        """Yield, for each call that was told of or is overdue at `now_ms`, the event of its end once more."""
        for name, call in list(self._calls.items()):  # others come meanwhile
            if name in self._waiting:
                if call.last_ms + self._rule.patience_ms + _MARGIN_MS > now_ms:
                    continue
                del self._waiting[name]
            yield self._told(call, count=False)

    def _told(self, call: CallParts, *, count: bool) -> Events:
        try:
            whole = self._rule.putting.whole(call.told())
        except Exception:  # noqa: BLE001  whoever brought its last part was answered with it
            return []
        if whole.missing is not None:
            return []  # it goes on, or its end is lost: it is counted when it is forgotten
        if count and whole.lacks and not call.counted:
            self.lacking.update((part, "told") for part in whole.lacks)
        call.counted = call.counted or bool(whole.lacks)
        return [call.event(self._rule.source, whole)]

    def _settle_party(self, call: CallParts, now_ms: int) -> None:
        """Keep whom a call counts for as it is, if it has been told of, or should have been."""
        if call.party is not None:
            return
        try:
            whole = self._rule.putting.whole(call.told())
        except Exception:  # noqa: BLE001  as above
            return
        late = call.last_ms + self._rule.patience_ms < now_ms
        if whole.missing is None and (late or not whole.waits):
            call.party = {name: whole.fields[name] for name in PARTY if name in whole.fields}

    def _forget(self, now_ms: int) -> None:
        for name in self._recent.too_old(now_ms):
            call = self._calls.pop(name)
            self._recent.parts -= len(call.parts)
            if name in self._waiting:  # there is no room for it to wait
                del self._waiting[name]
                self._let_go.append(self._told(call, count=True))
            self._count_given_up(call)

    def _count_given_up(self, call: CallParts) -> None:
        try:
            whole = self._rule.putting.whole(call.told())
        except Exception:  # noqa: BLE001  as above
            return
        if whole.missing is not None:
            self.lacking.update((part, "given up") for part in whole.lacks or (whole.missing,))
