"""One whole call as it comes about: who it is with, when someone spoke to whom, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from stream.sources.asterisk.ids import nth
from stream.sources.canonical import event

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.lines import Line

SOURCE: Final = "asterisk-ami"
WITHHELD: Final = "anonymous"
Kind = Literal["outbound", "inbound", "internal"]

# What a dial that nobody answered says of it.
_UNANSWERED: Final = {
    "BUSY": "busy",
    "NOANSWER": "no_answer",
    "TIMEDOUT": "no_answer",
    "CANCEL": "no_answer",
    "ABORT": "no_answer",
    "CONGESTION": "failed",
    "CHANUNAVAIL": "failed",
    "INVALIDARGS": "failed",
}
_BUSY_CAUSE: Final = "17"
_NOT_TAKEN: Final = frozenset({"18", "19"})
# Unallocated, no route to it, changed, incomplete: a number at which there is nobody, whatever the dial says of it.
_NO_NUMBER: Final = frozenset({"1", "2", "3", "22", "28"})
_MOST_CAUSE: Final = 127


@dataclass(slots=True, eq=False)
class Visit:
    """
    A caller's stay in one queue: the call's `number`th, told as `queued_as`.

    `stands_for` if by a setting it is what stands for a queue: then `ringing` is how many are rung for the caller, and
    `left_ms` when the last one ceased to be.
    """

    number: int
    queued_as: str
    joined_ms: int
    left_ms: int | None = None
    stands_for: bool = False
    ringing: int = 0


@dataclass(slots=True, eq=False)
class Call:
    """
    A call under way: of the group `group` the `ordinal`th.

    `legs` are the channels of the one it is with (the prospect, the caller): what was dialled to reach them, and all
    that this led through; `roots` those of them that the floor dialled, with their numbers. `line_placed` if a dialler
    originated the very line to them: then nothing but this interface tells the number. `reps` are the telephones of the
    floor that spoke to them, in their order; `met` all who spoke to them. `rang` is the channel that was rung first.
    `stays` are the channels that waited in a queue, each with its queue; `queued` if one of these is no ring group or
    the like; `queue` is the one that counts, under what `queued_as` calls it, `served` if a rep took it there. Times
    are in ms; `timed` is false where some of them are not measured. `open` if nothing says on which side someone is
    who was dialled. `flag` says what was not heard of it.
    """

    group: str
    ordinal: int
    placed_ms: int
    kind: Kind = "internal"
    legs: set[str] = field(default_factory=set)
    roots: dict[str, str] = field(default_factory=dict)
    number: str = ""
    line_placed: bool = False
    rang: str = ""
    rep: str | None = None
    reps: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    answered_ms: int | None = None
    talk_ms: int = 0
    talking_since: int | None = None
    talked: bool = False
    hold_ms: int = 0
    held_since: int | None = None
    queue: str | None = None
    queued_as: str | None = None
    visits: dict[str, Visit] = field(default_factory=dict)
    stays: list[tuple[str, str]] = field(default_factory=list)
    queued: bool = False
    served: bool = False
    waited_s: float | None = None
    queue_talk_s: float | None = None
    wrap_s: float | None = None
    dial_status: str = ""
    cause: str | None = None
    amd: str | None = None
    campaign: str | None = None
    lead: str | None = None
    ended_ms: int | None = None
    heard_ms: int = 0
    timed: bool = True
    open: bool = False
    flag: str = ""

    @property
    def id(self) -> str:
        """What the call is called: the Linkedid of its channels, with a number if it is not their first."""
        return self.group if self.ordinal == 1 else f"{self.group}/{self.ordinal}"

    @property
    def source(self) -> str:
        """What its events name as their source: with what was not heard of it, if there is something."""
        return f"{SOURCE}/{self.flag}" if self.flag else SOURCE

    def event(self, kind: str, at: int, what: str = "", **fields: Any) -> dict[str, Any]:
        """Return an event of this call; its id is of the call and of what happened to it."""
        return {**event(kind, at, SOURCE, f"{self.id}/{what}" if what else self.id, **fields), "source": self.source}

    def joins(self, queue: str, channel: str, at: int) -> Visit:
        """Return the stay in a queue that begins with its joining, by a channel."""
        self.stays.append((channel, queue))
        visit = Visit(len(self.stays), nth(channel, self.stays.count((channel, queue))), at)
        self.visits[queue] = visit
        return visit

    def waited(self, queue: str, queued_as: str, wait_s: float | None, *, served: bool) -> None:
        """Note how a stay ended; the one that counts for the call is the first that was served, else the last."""
        if not self.served:
            self.queue, self.queued_as, self.served = queue, queued_as, served
            self.waited_s = self.waited_s if wait_s is None else wait_s

    def of_queue(self, kind: str, at: int, number: int, queued_as: str, **fields: Any) -> dict[str, Any]:
        """Return an event of the call's `number`th stay in a queue: who waits is the channel, where it is another."""
        other = queued_as if queued_as != self.id else None
        return self.event(kind, at, str(number), call=self.id, queued_as=other, **fields)

    def begin_anew(self) -> None:
        """Forget who spoke before: a rep at a telephone, while the call itself was not made yet."""
        self.answered_ms, self.talking_since, self.talk_ms, self.talked = None, None, 0, False
        self.hold_ms, self.held_since = 0, None
        self.reps.clear()
        self.met.clear()

    def party(self) -> dict[str, Any]:
        """Return what names the one it is with."""
        return {"number": self.number or WITHHELD, "lead": self.lead}

    def meets(self, others: list[Line], at: int) -> None:
        """Note that the party it is with hears `others`, or nobody where there are none."""
        if others and self.talking_since is None:
            self.talking_since = at
            self.talked = True
            if self.answered_ms is None:
                self.answered_ms = at
        elif not others and self.talking_since is not None:
            self.talk_ms += max(0, at - self.talking_since)
            self.talking_since = None
            self.off_hold(at)

    def on_hold(self, at: int) -> None:
        """Note that it is put on hold."""
        if self.talking_since is not None and self.held_since is None:
            self.held_since = at

    def off_hold(self, at: int) -> None:
        """Note that it is no longer on hold."""
        if self.held_since is not None:
            self.hold_ms += max(0, at - self.held_since)
            self.held_since = None

    def whole(self) -> dict[str, Any]:
        """Return its `call.ended`."""
        assert self.ended_ms is not None  # noqa: S101 - whoever asks has ended it
        at = max(self.ended_ms, self.placed_ms)
        # Without measured times a talk has no length (unless a queue sent it), and makes no contact.
        talk = (self.talk_ms - self.hold_ms) / 1000 if self.timed or not self.talked else self.queue_talk_s
        answered = self.answered_ms
        ring = None
        if self.kind == "outbound" and self.timed:
            ring = ((at if answered is None else answered) - self.placed_ms) / 1000
        wait = self.waited_s
        if self.kind == "inbound" and wait is None and self.timed:
            wait = ((at if answered is None else answered) - self.placed_ms) / 1000
        return self.event(
            "call.ended",
            at,
            call=self.id,
            direction=self.kind,
            placed_at=self.placed_ms,
            answered_at=None if answered is None else min(max(answered, self.placed_ms), at),
            talk_s=None if talk is None else max(0.0, talk),
            ring_s=None if ring is None else max(0.0, ring),
            wait_s=None if wait is None else max(0.0, wait),
            hold_s=self.hold_ms / 1000 or None,
            wrap_s=self.wrap_s,
            queue=self.queue if self.kind == "inbound" else None,
            queued_as=self.queued_as if self.kind == "inbound" and self.queued_as != self.id else None,
            rep=self.rep,
            campaign=self.campaign,
            amd=self.amd,
            hangup_cause=self.cause,
            disposition=self._disposition(),
            also_withheld=(self.line_placed and bool(self.number)) or None,
            **self.party(),
        )

    def _disposition(self) -> str | None:
        """Return what a call that nobody answered came to; an answered one is judged by its talk."""
        if self.answered_ms is not None:
            return None
        if self.kind == "inbound":
            return "abandoned"
        if self.cause in _NO_NUMBER:
            return "failed"
        if self.cause == _BUSY_CAUSE:
            return "busy"
        return _UNANSWERED.get(self.dial_status) or ("no_answer" if self.cause in _NOT_TAKEN else None)


def cause_of(text: str) -> str | None:
    """Return a Q.850 cause; 0 says nothing."""
    valid = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_CAUSE)) and 0 < int(text) <= _MOST_CAUSE
    return str(int(text)) if valid else None
