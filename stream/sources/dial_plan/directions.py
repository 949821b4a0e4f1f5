"""Which way a call went, whose it was and for what: found by contexts, queues, channels and codes, as configured."""

from __future__ import annotations

import fnmatch
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from stream.sources.dial_plan import names
from stream.sources.dial_plan.apps import same_number
from stream.sources.dial_plan.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stream.sources.dial_plan.names import Name

Side = Literal["inside", "outside"]
Way = Literal["outbound", "inbound"]

# ISDN spans and groups of lines; a telephone of the floor is not called so.
_LINES = re.compile(r"(?i:DAHDI|Zap|mISDN|CAPI)/[igrGR][0-9]+(/.*)?")
# Cards, whose channels are numbered by their ports: that is a telephone's as well as a line's.
_CARDS = frozenset({"DAHDI", "Zap", "mISDN", "CAPI"})
_FIRST_OF_LINES = frozenset("DdZzMmCc")  # most channels are of another technology
_TELLING = 8  # digits of a direct number; less is an extension
_MOST = 8192  # texts that an answer is remembered for
_UNKNOWN = frozenset({"", "<unknown>", "unknown", "s", "anonymous", "private", "restricted", "unavailable"})


class DialPlan(NamedTuple):
    """
    What a floor has configured of its telephone system; patterns have * for anything.

    `trunks` and `phones` are peers on the outside and the inside; `internal_contexts` those that telephones are born
    in, `click_to_call_contexts` those that ring a rep before the number; `own_numbers` what the floor shows outside.
    `ring_groups` names what stands for a queue: by a ring group's extension, a direct number, or a context.
    `campaign_from` is what names a call's campaign: "accountcode", "queue", "context", "variable"
    (`campaign_variable`) or "none".
    """

    outbound_contexts: Iterable[str]
    inbound_contexts: Iterable[str]
    outbound_queues: Iterable[str]
    extension_digits: int
    extension_pattern: str | None
    campaign_from: str
    campaign_variable: str | None
    campaigns: Mapping[str, str]
    reps: Mapping[str, str]
    trunks: Iterable[str] = ()
    phones: Iterable[str] = ()
    internal_contexts: Iterable[str] = ()
    click_to_call_contexts: Iterable[str] = ()
    own_numbers: Iterable[str] = ()
    ring_groups: Mapping[str, str] = MappingProxyType({})


class _Patterns:
    """Some patterns, with * for anything: says whether a text is of one, and remembers it."""

    def __init__(self, patterns: Iterable[str]) -> None:
        joined = "|".join(fnmatch.translate(pattern) for pattern in patterns)
        # Without any, an expression that matches nothing.
        self._any = re.compile(joined or r"(?!)", re.IGNORECASE)
        self._said: dict[str, bool] = {}

    def fits(self, text: str) -> bool:
        said = self._said.get(text)
        if said is None:
            if len(self._said) >= _MOST:
                self._said.clear()
            said = self._said[text] = self._any.fullmatch(text) is not None
        return said


class Directions:
    """
    Reads what a telephone system says by its dial plan.

    `side` tells a telephone of the floor from a line to the outside by settings and forms alone; `Ways` weighs that
    with all else that a source knows. The first that applies: the configured peers; a peer that is called by its
    account, or by digits alone (but for a port of a card), is a telephone; an extension of a Local channel, then the
    number of the party, is inside if it is short, outside if it is long.
    """

    def __init__(self, plan: DialPlan) -> None:
        self._outbound = _Patterns(plan.outbound_contexts)
        self._inbound = _Patterns(plan.inbound_contexts)
        self._outbound_queues = _Patterns(plan.outbound_queues)
        self._trunks = _Patterns(plan.trunks)
        self._phones = _Patterns(plan.phones)
        self._internal = _Patterns(plan.internal_contexts)
        self._click_to_call = _Patterns(plan.click_to_call_contexts)
        self._own_numbers = [number for one in plan.own_numbers if (number := plain(one))]
        self._ring_groups = {name.casefold(): queue for name, queue in plan.ring_groups.items()}
        self._direct_numbers = [
            (number, queue) for name, queue in plan.ring_groups.items() if len(number := plain(name)) >= _TELLING
        ]
        self._sides: dict[str, Side | None] = {}
        self._extension_digits = plan.extension_digits
        self._extension = re.compile(plan.extension_pattern) if plan.extension_pattern else None
        self._campaign_from = plan.campaign_from
        self._campaign_variable = plan.campaign_variable
        self._campaigns = plan.campaigns
        self._reps = plan.reps

    def way_of_context(self, context: str) -> Way | None:
        """Return which way calls go that enter by this context (inbound) or are dialled in it (outbound)."""
        if self._outbound.fits(context):
            return "outbound"
        return "inbound" if self._inbound.fits(context) else None

    def way_of_queue(self, queue: str) -> Way:
        """Return which way the calls of this queue went."""
        return "outbound" if self._outbound_queues.fits(queue) else "inbound"

    def is_outbound_queue(self, queue: str) -> bool:
        """Return whether the settings name this queue as one of a dialler's."""
        return self._outbound_queues.fits(queue)

    def is_internal_context(self, context: str) -> bool:
        """Return whether telephones of the floor are born in this context."""
        return self._internal.fits(context)

    def is_click_to_call(self, context: str) -> bool:
        """Return whether a rep is rung in this context before the number they call."""
        return self._click_to_call.fits(context)

    def is_own_number(self, number: str) -> bool:
        """Return whether the settings say that the floor shows this number outside."""
        return any(same_number(plain(number), one) for one in self._own_numbers)

    def ring_group(self, *where: str) -> str | None:
        """Return what stands for the queue: by the first of these extensions, direct numbers and contexts named."""
        for one in where:
            if (queue := self._ring_groups.get(one.casefold())) is not None:
                return queue
            if len(bare := plain(one)) >= _TELLING:
                for number, queue in self._direct_numbers:
                    if same_number(bare, number):
                        return queue
        return None

    def configured_side(self, channel: str) -> Side | None:
        """Return on which side the settings say that the peer of a channel is."""
        return self._configured(names.channel(channel))

    def is_rep(self, channel: str) -> bool:
        """Return whether the settings name a rep at the peer, or the extension, of a channel."""
        name = names.channel(channel)
        return any(one in self._reps for one in (f"{name.tech}/{name.peer}", name.peer))

    def side(self, channel: str, *, number: str = "", account: str = "") -> Side | None:
        """
        Return on which side the party of this channel is, None where nothing tells.

        `number` is the party's own number (or what was dialled to reach it), `account` its account code.
        """
        name = names.channel(channel)
        configured = self._configured(name)
        if configured is not None:
            return configured
        if not name.is_local:
            if is_line(channel):
                return "outside"
            if name.peer and (name.peer == account or (name.peer.isdecimal() and not is_port(name))):
                return "inside"
        elif (side := self.side_of_number(name.peer)) is not None:
            return side
        return self.side_of_number(number)

    def side_of_number(self, number: str) -> Side | None:
        """Return where a number is by its form alone: an extension inside, what is longer outside."""
        if number in self._sides:
            return self._sides[number]
        if len(self._sides) >= _MOST:
            self._sides.clear()
        side = self._sides[number] = self._side_of_number(number)
        return side

    def _side_of_number(self, number: str) -> Side | None:
        bare = plain(number)
        if not bare.strip("+0"):  # a dialler shows its reps a number of zeros
            return None
        if self._extension is not None and self._extension.fullmatch(bare):
            return "inside"
        short = not bare.startswith("+") and len(bare) <= self._extension_digits
        return "inside" if short else "outside"

    def number(self, *candidates: str) -> str | None:
        """Return the first of these that is a number of the outside, without the codes before it."""
        return next((plain(one) for one in candidates if self.side_of_number(one) == "outside"), None)

    def rep(self, name: Name, *also: str) -> str | None:
        """
        Return who the rep at this telephone or queue member is, by its peer or extension; `also` are further names.

        A rep reached at a number has that number for a name: with a `+`, so that admission puts a pseudonym there.
        """
        for one in (*also, f"{name.tech}/{name.peer}@{name.context}", f"{name.tech}/{name.peer}", name.peer):
            if one in self._reps:
                return self._reps[one]
        peer = name.peer
        if not peer or peer.casefold() in _UNKNOWN:
            return None
        return "+" + peer.lstrip("+") if self.side_of_number(peer) == "outside" else peer

    def configured(self, name: Name) -> Side | None:
        """Return on which side a peer is by the settings; None where they do not name it."""
        return self._configured(name)

    def named_rep(self, name: Name) -> str | None:
        """Return the rep that the settings name at this telephone or queue member; None where they name none."""
        forms = (f"{name.tech}/{name.peer}@{name.context}", f"{name.tech}/{name.peer}", name.peer)
        return next((self._reps[form] for form in forms if form in self._reps), None)

    def campaign(
        self, *, account: str = "", queue: str = "", context: str = "", variables: Mapping[str, str] | None = None
    ) -> str | None:
        """Return the campaign of a call, by what the settings say names it."""
        name = {
            "accountcode": account,
            "queue": queue,
            "context": context,
            "variable": (variables or {}).get(self._campaign_variable or "", ""),
            "none": "",
        }[self._campaign_from]
        return self._campaigns.get(name, name) or None

    @property
    def campaign_variable(self) -> str | None:
        """The channel variable that names the campaign, if one does."""
        return self._campaign_variable if self._campaign_from == "variable" else None

    def _configured(self, name: Name) -> Side | None:
        if self._trunks.fits(name.peer):
            return "outside"
        return "inside" if self._phones.fits(name.peer) else None


def is_line(channel: str) -> bool:
    """Return whether a channel is of an ISDN span or a group of lines, which no telephone of the floor is."""
    return channel[:1] in _FIRST_OF_LINES and _LINES.fullmatch(channel) is not None


def is_port(name: Name) -> bool:
    """Return whether a channel is called by its place on a card, which is no extension."""
    return name.tech in _CARDS
