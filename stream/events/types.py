"""The events of a floor, each with the fields that a record of its type has."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct, field

TopicKind = Literal["events", "floor", "spend"]

TIME_FIELDS: Final = frozenset({"at", "placed_at", "answered_at", "from", "to"})
"""The fields of all events that are moments, as JSON names them."""
LONGEST: Final = 200
LONGEST_SECONDS: Final = 7 * 24 * 3600
LATEST_REVISION: Final = 2**53 - 1

SIMULATED: Final = "simulated"
"""The `source` of an event that nothing real has led to."""

Text = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
Revision = Annotated[int, Meta(ge=0, le=LATEST_REVISION)]
Seconds = Annotated[float, Meta(ge=0, le=LONGEST_SECONDS)]
Direction = Literal["outbound", "inbound"]
Amd = Literal["human", "machine", "fax", "unknown"]
RepStates = Literal["available", "ringing", "talking", "wrap_up", "paused", "offline"]
QueueOutcome = Literal["answered", "abandoned", "timeout"]

if TYPE_CHECKING:
    # What an event holds once it has been read: reading turns the other form into this one.
    Millis = int
else:
    Millis = int | Annotated[datetime, Meta(tz=True)]


class Event(Struct, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """What every event has; times are ms since the epoch."""

    kind: ClassVar[TopicKind] = "events"

    id: Text
    at: Millis
    source: Text | None = None
    revision: Revision = 0

    def key(self) -> str:
        """Return the Kafka key."""
        raise NotImplementedError


class _OfLead(Event, kw_only=True):
    lead: Text

    def key(self) -> str:
        return self.lead


class _OfCall(Event, kw_only=True):
    """What names a lead or else a number; read events name at least one."""

    call: Text
    lead: Text | None = None
    number: Text | None = None

    def key(self) -> str:
        return self.lead or self.number or self.call


class _OfCustomer(Event, kw_only=True):
    customer: Text
    rep: Text | None = None
    campaign: Text | None = None
    reason: Text | None = None

    def key(self) -> str:
        return self.customer


class LeadRequested(_OfLead, tag="lead.requested", kw_only=True):
    """Someone asked to be called."""

    campaign: Text
    number: Text | None = None
    channel: Text | None = None
    rep: Text | None = None
    team: Text | None = None


class LeadAssigned(_OfLead, tag="lead.assigned", kw_only=True):
    """A lead was given to a rep."""

    rep: Text
    team: Text | None = None


class CallStarted(_OfCall, tag="call.started", kw_only=True):
    """A call began; for live views only."""

    direction: Direction
    campaign: Text | None = None
    rep: Text | None = None
    team: Text | None = None
    queue: Text | None = None


class CallAnswered(_OfCall, tag="call.answered", kw_only=True):
    """A call was answered; for live views only."""

    rep: Text | None = None
    amd: Amd | None = None


class CallEnded(_OfCall, tag="call.ended", kw_only=True):
    """A whole call, as a call detail record has it."""

    direction: Direction
    placed_at: Millis
    campaign: Text | None = None
    rep: Text | None = None
    team: Text | None = None
    queue: Text | None = None
    queued_as: Text | None = None
    also_withheld: bool = False
    answered_at: Millis | None = None
    talk_s: Seconds | None = None
    wait_s: Seconds | None = None
    ring_s: Seconds | None = None
    hold_s: Seconds | None = None
    wrap_s: Seconds | None = None
    amd: Amd | None = None
    disposition: Text | None = None
    hangup_cause: Text | None = None


class CallDisposed(_OfCall, tag="call.disposed", kw_only=True):
    """A verdict on a call that came later."""

    disposition: Text
    rep: Text | None = None


class LeadQualified(_OfLead, tag="lead.qualified", kw_only=True):
    """A lead became an opportunity."""

    opportunity: Text | None = None
    rep: Text | None = None
    campaign: Text | None = None


class LeadWon(_OfLead, tag="lead.won", kw_only=True):
    """A lead became a customer."""

    opportunity: Text | None = None
    rep: Text | None = None
    amount: Text | None = None
    currency: Text | None = None


class LeadLost(_OfLead, tag="lead.lost", kw_only=True):
    """A lead was given up."""

    reason: Text | None = None
    rep: Text | None = None


class LeadConsent(_OfLead, tag="lead.consent", kw_only=True):
    """A lead agreed to be called, or no longer does."""

    granted: bool


class LeadMerged(_OfLead, tag="lead.merged", kw_only=True):
    """A lead is another one: all that happened to it happened to that."""

    into: Text


class LeadWithdrawn(_OfLead, tag="lead.withdrawn", kw_only=True):
    """A lead was none: deleted, a test, a duplicate."""


class CustomerAtRisk(_OfCustomer, tag="customer.at_risk", kw_only=True):
    """A customer may leave."""


class CustomerKept(_OfCustomer, tag="customer.kept", kw_only=True):
    """A customer stays."""


class CustomerLost(_OfCustomer, tag="customer.lost", kw_only=True):
    """A customer has left."""


class SpendRecorded(Event, tag="spend.recorded", kw_only=True):
    """Money spent on a campaign, evenly over [from, to)."""

    kind: ClassVar[TopicKind] = "spend"

    campaign: Text
    amount: Text
    currency: Text
    start: Millis = field(name="from")
    end: Millis = field(name="to")
    channel: Text | None = None

    def key(self) -> str:
        """Return the campaign."""
        return self.campaign


class RepState(Event, tag="rep.state", kw_only=True):
    """What a rep does from now on: for `lasts_s` unless another state follows, 4 h by default and at most."""

    kind: ClassVar[TopicKind] = "floor"

    rep: Text
    state: RepStates
    team: Text | None = None
    reason: Text | None = None
    lasts_s: Seconds | None = None

    def key(self) -> str:
        """Return the rep."""
        return self.rep


class _OfQueue(Event, kw_only=True):
    kind: ClassVar[TopicKind] = "floor"

    call: Text
    queue: Text
    queued_as: Text | None = None
    outcome: QueueOutcome | None = None
    wait_s: Seconds | None = None

    def key(self) -> str:
        return self.call


class QueueJoined(_OfQueue, tag="queue.joined", kw_only=True):
    """An inbound call began to wait."""


class QueueLeft(_OfQueue, tag="queue.left", kw_only=True):
    """An inbound call no longer waits."""


CallEvent = CallStarted | CallAnswered | CallEnded | CallDisposed
AnyEvent = (
    LeadRequested
    | LeadAssigned
    | CallEvent
    | LeadQualified
    | LeadWon
    | LeadLost
    | LeadConsent
    | LeadMerged
    | LeadWithdrawn
    | CustomerAtRisk
    | CustomerKept
    | CustomerLost
    | SpendRecorded
    | RepState
    | QueueJoined
    | QueueLeft
)
