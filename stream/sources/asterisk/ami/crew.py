"""Which channels are a rep's own, and what each rep does by theirs: rings, or talks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.lines import Line, Lines
    from stream.sources.asterisk.ami.members import Members
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.asterisk.ami.peers import Peers

TALKING: Final = "talking"
RINGING: Final = "ringing"
_EXECUTES: Final = 2  # the half of a Local channel that goes through the dial plan
_BETWEEN_TWO: Final = "basic"  # the type of a bridge that a dial makes; a conference's has another
_HOLDS: Final = "holding_bridge"
_CONFERENCES: Final = frozenset({"meetmejoin", "confbridgejoin"})
_JOINS: Final = frozenset({"queuecallerjoin", "join"})
_LEAVES: Final = frozenset({"queuecallerleave", "leave", "queuecallerabandon"})


@dataclass(slots=True, eq=False)
class Post:
    """
    A channel that is a rep's own.

    It `was_up`; `met` once it was joined with anything; it is a `session` if it sits in a conference that its
    telephone was called for, and calls are put into that one after another.
    """

    line: Line
    rep: str
    was_up: bool = False
    met: bool = False
    session: bool = False


class Gone(NamedTuple):
    """A channel of a rep's own that has ended: of a call that a `queue` gave and they took, or of a `session`."""

    rep: str
    queue: str
    session: bool


@dataclass(slots=True)
class Crew:
    """
    Knows the reps' own channels; it looks at those that changed, after each message.

    `lines` are the channels that there are, with what joins them.
    """

    lines: Lines
    members: Members
    peers: Peers
    _posts: dict[str, Post] = field(default_factory=dict)
    _by_rep: dict[str, dict[str, Post]] = field(default_factory=dict)
    _waiting: dict[str, str] = field(default_factory=dict)
    _waited: set[str] = field(default_factory=set)
    _given: dict[str, str] = field(default_factory=dict)
    _dialling: dict[str, set[str]] = field(default_factory=dict)
    _dialled_by: dict[str, str] = field(default_factory=dict)
    _through: set[str] = field(default_factory=set)
    _rung: dict[str, set[str]] = field(default_factory=dict)
    _conferences: set[str] = field(default_factory=set)

    def take(self, message: Message) -> set[str]:
        """Take a message that the channels know of already; return the reps whose channels it may be about."""
        unique, dest = message.get("uniqueid"), message.get("destuniqueid")
        event = message.event
        changed: set[str] = set()
        if event in _JOINS:
            self._waiting[unique] = message.get("queue")
            self._waited.add(unique)
        elif event in _LEAVES:
            self._waiting.pop(unique, None)
            changed |= self._rung.pop(unique, set())
        elif event in {"dialbegin", "dial"} and message.get("subevent").casefold() != "end":
            self._dials(unique, dest, message.get("dialstring"))
        elif event in {"dialend", "dial"}:
            self._dialling.get(self._dialled_by.get(dest, unique), set()).discard(dest)
        elif event.startswith("agent"):
            changed |= self._called(message, unique, dest)
        elif (line := self.lines.by_id.get(unique)) is not None:
            self._joined(message, line)
        self.lines.touched.update(one for one in (unique, dest) if one)
        return changed

    def look(self) -> tuple[set[str], list[Gone]]:
        """Look at the channels that changed; return whose they are, and those of reps that have ended."""
        touched, self.lines.touched = self.lines.touched, set()
        changed: set[str] = set()
        gone: list[Gone] = []
        for unique in sorted(touched):
            line = self.lines.by_id.get(unique)
            post = self._posts.get(unique)
            if line is None:
                changed |= self._rung.pop(unique, set())
                if post is not None:
                    gone.append(self._ended(post))
                self._forget(unique)
            elif post is None and unique not in self._waited and (rep := self.peers.rep_at(line)) is not None:
                post = self._own(line, rep)
            if post is not None:
                changed.add(post.rep)
                if line is not None:
                    self._note(post)
        return changed, gone

    def state(self, rep: str) -> str | None:
        """Return what a rep does by their channels; None where they are in no call."""
        states = {self._state(post) for post in self._by_rep.get(rep, {}).values() if not self._is_through(post.line)}
        if TALKING in states:
            return TALKING
        return RINGING if RINGING in states or any(rep in rung for rung in self._rung.values()) else None

    def in_session(self, rep: str) -> bool:
        """Return whether a rep sits in a conference that calls are put into."""
        return any(post.session for post in self._by_rep.get(rep, {}).values())

    def _joined(self, message: Message, line: Line) -> None:
        """Take what changes who a channel is joined with: a bridge, or that the end of a Local channel is up."""
        event, bridge = message.event, message.get("bridgeuniqueid")
        if event == "bridgeenter":
            if message.get("bridgetechnology") == _HOLDS or message.get("bridgetype") not in {"", _BETWEEN_TWO}:
                self._conferences.add(bridge)
        elif event in _CONFERENCES and line.bridge:
            self._conferences.add(line.bridge)
        elif event == "bridgeleave" and not self.lines.members(bridge):
            self._conferences.discard(bridge)
        elif event == "newstate" and line.name.half:
            self.lines.touched |= self.lines.connected(line.unique)

    # who is dialled by whom

    def _dials(self, dialler: str, dialled: str, dial_string: str) -> None:
        line, calls = self.lines.by_id.get(dialled), self.lines.by_id.get(dialler)
        if line is None:
            return
        self.peers.learn(line, calls, dial_string)
        if calls is None:
            return
        self._dialled_by[dialled] = dialler
        self._dialling.setdefault(dialler, set()).add(dialled)
        self._leads_to(line, dialler)
        half = self.lines.other_half(calls)
        queue = self._waiting.get(dialler) or (self._given.get(half.unique) if half is not None else None)
        if queue:
            self._given[dialled] = queue

    def _leads_to(self, line: Line, dialler: str) -> None:
        """Note that a channel leads through to a rep's telephone: whether they ring or talk, that tells better."""
        if line.unique in self._posts and not line.name.is_local:
            self._through.add(dialler)

    def _called(self, message: Message, caller: str, dest: str) -> set[str]:
        """Take what a queue says of a member that it rings."""
        rep = self.members.of(message)
        if rep is None:
            return set()
        if message.event == "agentcalled":
            line = self.lines.by_id.get(dest)
            if line is None:
                self._rung.setdefault(caller, set()).add(rep)
            else:
                self._given[dest] = message.get("queue")
                if dest not in self._posts:
                    self._own(line, rep)
            return {rep}
        if message.event == "agentconnect":
            return self._rung.pop(caller, set()) | {rep}
        if message.event == "agentringnoanswer":
            self._rung.get(caller, set()).discard(rep)
        return {rep}

    # whose a channel is

    def _own(self, line: Line, rep: str) -> Post:
        post = self._posts[line.unique] = Post(line, rep)
        self._by_rep.setdefault(rep, {})[line.unique] = post
        self._leads_to(line, self._dialled_by.get(line.unique, ""))
        self._rung.get(self._dialled_by.get(line.unique, ""), set()).discard(rep)  # now the channel rings
        return post

    def _ended(self, post: Post) -> Gone:
        del self._posts[post.line.unique]
        posts = self._by_rep[post.rep]
        del posts[post.line.unique]
        if not posts:
            del self._by_rep[post.rep]
        return Gone(post.rep, self._given.get(post.line.unique, "") if post.was_up else "", post.session)

    def _forget(self, unique: str) -> None:
        self._waiting.pop(unique, None)
        self._waited.discard(unique)
        self._given.pop(unique, None)
        self._through.discard(unique)
        self._dialling.pop(unique, None)
        dialler = self._dialled_by.pop(unique, None)
        if dialler is not None:
            self._dialling.get(dialler, set()).discard(unique)

    # what its rep does

    def _note(self, post: Post) -> None:
        line = post.line
        post.was_up = post.was_up or line.up
        post.met = post.met or bool(line.bridge)
        called_for_it = line.dialled and line.unique not in self._dialled_by
        post.session = post.session or (called_for_it and line.bridge in self._conferences)

    def _state(self, post: Post) -> str | None:
        line = post.line
        if not line.up:
            return RINGING
        if line.bridge in self._conferences:
            return TALKING if self._has_company(line) else None
        if post.session and not line.bridge:
            return None
        if line.name.half == _EXECUTES:
            return TALKING if not line.bridge and not line.leads_on and self.peers.hears_outside(line) else None
        if line.came and not post.met and self._dialling.get(line.unique) and line.unique not in self._waiting:
            return RINGING
        return TALKING

    def _is_through(self, line: Line) -> bool:
        """Return whether a Local channel has led to a rep's telephone, whose own channel tells what its rep does."""
        half = self.lines.other_half(line)
        return half is not None and half.unique in self._through

    def _has_company(self, line: Line) -> bool:
        """Return whether anybody else is in the conference of a channel."""
        connected = self.lines.connected(line.unique)
        return any(other is not line for other in self.lines.parties(connected))
