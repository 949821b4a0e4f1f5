"""
What the journey of a lead, or of a number that is its own lead, adds to the windowed numbers.

Pure functions of the facts that are visible: the same facts in any order give the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.kpi.attempts import Attempt, attempt_rows, judge
from stream.kpi.cells import NOBODY, NOTHING
from stream.kpi.codes import detailed
from stream.kpi.facts import (
    LOST_STEP,
    QUALIFIED_STEP,
    WON_STEP,
    Assigned,
    Call,
    Link,
    Request,
    Shared,
    Step,
    Verdict,
)
from stream.kpi.follow_ups import follow_up_rows
from stream.kpi.measures import (
    CONTACTED,
    CONTACTED_QUALIFIED,
    DIALLED,
    DIALLED_CONTACTED,
    FAST,
    FAST_QUALIFIED,
    LOST,
    LOST_EARLY,
    MOST,
    NOES,
    QUALIFIED,
    QUALIFIED_WON,
    REQUESTED,
    REQUESTED_WON,
    SLOW,
    SLOW_QUALIFIED,
    TO_CONTACT,
    WON,
    WON_FOUR_NOES,
    WON_ONE_CONTACT,
)
from stream.kpi.responses import response_codes
from stream.kpi.rules import FOUR_NOES, GIVEN_UP_BELOW, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.cells import Owner, Row, Rows
    from stream.kpi.codes import Code
    from stream.kpi.facts import Fact
    from stream.kpi.rules import Rules


class Lead:
    """A lead, read from its visible facts, which are sorted by (`at`, `id`)."""

    __slots__ = (
        "assigned",
        "attempts",
        "closed",
        "counting",
        "first_contact",
        "owner",
        "request",
        "shared",
        "steps",
    )

    def __init__(self, facts: Sequence[Fact], rules: Rules) -> None:
        self.request: Request | None = None
        self.assigned: Assigned | None = None
        self.steps: dict[int, Step] = {}
        self.shared: set[str] = set()
        calls: dict[str, Call] = {}
        verdicts: dict[str, Verdict] = {}
        passed_on = False
        fact: Any
        for fact in facts:
            kind = type(fact)  # a union of fourteen is narrowed by isinstance alone, and that costs twice as much
            if kind is Call:
                calls[fact.call] = fact
                passed_on = passed_on or fact.number is not None
            elif kind is Request:
                self.request = self.request or fact
            elif kind is Verdict:
                verdicts[fact.call] = fact
                passed_on = passed_on or fact.number is not None
            elif kind is Assigned:
                self.assigned = fact
            elif kind is Step:
                self.steps.setdefault(fact.kind, fact)
            elif kind is Shared:
                self.shared.add(fact.id)
        if passed_on:
            calls, verdicts = _linked(facts)
        everything = judge(calls.values(), verdicts, self._campaign_of, rules)
        self.attempts = self._keyed_here(facts, rules) if passed_on else everything
        self.closed = min([step.at for step in self.steps.values()]) if self.steps else None
        self.counting = self._count(everything)
        self.first_contact: Attempt | None = None
        for attempt in self.counting:
            if attempt.contact:
                self.first_contact = attempt
                break
        self.owner = self._owner()

    def _campaign_of(self, call: Call) -> str | None:
        """Return the campaign of a call that has none: its lead's, unless it came by a number of several leads."""
        if self.request is None or call.number in self.shared:
            return None
        return self.request.campaign

    def _keyed_here(self, facts: Sequence[Fact], rules: Rules) -> list[Attempt]:
        calls = {fact.call: fact for fact in facts if type(fact) is Call and fact.number is None}
        verdicts = {fact.call: fact for fact in facts if type(fact) is Verdict and fact.number is None}
        return judge(calls.values(), verdicts, self._campaign_of, rules)

    def _count(self, everything: list[Attempt]) -> list[Attempt]:
        """Keep the attempts that were placed while the lead was open."""
        if not everything:
            return everything
        opened = self.request.at if self.request else everything[0].placed_at
        closed = self.closed
        if closed is None and opened <= everything[0].placed_at:
            return everything
        return [a for a in everything if opened <= a.placed_at and (closed is None or a.placed_at < closed)]

    def _owner(self) -> Owner:
        """Return the campaign, team and rep that the lead is filtered by."""
        request = self.request
        campaign, team, rep = self.counting[0].owner if self.counting else NOBODY
        if request:
            campaign = request.campaign
        if self.assigned:
            return campaign, self.assigned.team, self.assigned.rep
        if request and (request.rep or request.team):
            return campaign, request.team, request.rep
        return campaign, team, rep

    @property
    def waits_since(self) -> int | None:
        """When the lead was requested, if nobody has tried to reach it since and it is open still."""
        if self.request is None or self.closed is not None or self.counting:
            return None
        return self.request.at

    @property
    def waited(self) -> int | None:
        """How long, in ms, its request waited for the first attempt; None where there was none yet."""
        return self.counting[0].placed_at - self.request.at if self.request and self.counting else None


def _linked(facts: Sequence[Fact]) -> tuple[dict[str, Call], dict[str, Verdict]]:
    """Return the standing calls and verdicts of a lead, without those of a number that no visible request names."""
    numbers = {None, *(fact.number for fact in facts if type(fact) is Request)}
    calls = {fact.call: fact for fact in facts if type(fact) is Call and fact.number in numbers}
    verdicts = {fact.call: fact for fact in facts if type(fact) is Verdict and fact.number in numbers}
    return calls, verdicts


def lead_rows(lead: Lead, rules: Rules) -> Rows:
    """Return what a lead comes to: its own cohorts, the attempts that are keyed here, the follow-ups they made due."""
    attempts = attempt_rows(lead.attempts)
    contact, steps = lead.first_contact, lead.steps
    cohorts = [
        _requested(lead, lead.request, rules) if lead.request else NOTHING,
        _dialled(lead) if lead.counting else NOTHING,
        _contacted(lead, contact) if contact else NOTHING,
        _qualified(lead, steps[QUALIFIED_STEP]) if QUALIFIED_STEP in steps else NOTHING,
        _won(lead, steps[WON_STEP]) if WON_STEP in steps else NOTHING,
        _lost(lead, steps[LOST_STEP]) if LOST_STEP in steps else NOTHING,
    ]
    return cohorts, attempts, follow_up_rows(lead.counting, lead.closed, rules)


def number_rows(facts: Sequence[Fact], rules: Rules) -> Rows:
    """Return what a number's visible `facts` come to: with no link to a lead, it is a lead of its own."""
    links = [fact for fact in facts if type(fact) is Link]
    if not links:
        return lead_rows(Lead(facts, rules), rules)
    campaign = links[0].campaign if len(links) == 1 else None
    calls = {fact.call: fact for fact in facts if type(fact) is Call}
    verdicts = {fact.call: fact for fact in facts if type(fact) is Verdict}
    return [], attempt_rows(judge(calls.values(), verdicts, lambda _call: campaign, rules)), []


def _requested(lead: Lead, request: Request, rules: Rules) -> Row:
    contact = lead.first_contact
    attempt_at = lead.counting[0].placed_at if lead.counting else None
    contact_at = contact.placed_at if contact else None
    codes: list[Code] = [REQUESTED, detailed(REQUESTED, request.channel or "")]
    codes += response_codes(request.at, attempt_at, contact_at, lead.closed, rules.business, channel=request.channel)
    if contact_at is not None:
        fast = contact_at - request.at <= HOUR
        codes.append(FAST if fast else SLOW)
        if QUALIFIED_STEP in lead.steps:
            codes.append(FAST_QUALIFIED if fast else SLOW_QUALIFIED)
    if WON_STEP in lead.steps:
        codes.append(REQUESTED_WON)
    return request.at // MINUTE, lead.owner, tuple(codes)


def _dialled(lead: Lead) -> Row:
    """Count the lead among those first dialled."""
    codes = (DIALLED,) if lead.first_contact is None else (DIALLED, DIALLED_CONTACTED)
    return lead.counting[0].placed_at // MINUTE, lead.owner, codes


def _contacted(lead: Lead, contact: Attempt) -> Row:
    """Count the lead among those first contacted."""
    needed = TO_CONTACT + min(lead.counting.index(contact) + 1, MOST)
    codes = (CONTACTED, needed, CONTACTED_QUALIFIED) if QUALIFIED_STEP in lead.steps else (CONTACTED, needed)
    return contact.placed_at // MINUTE, lead.owner, codes


def _qualified(lead: Lead, step: Step) -> Row:
    campaign, team, rep = lead.owner
    codes = (QUALIFIED, QUALIFIED_WON) if WON_STEP in lead.steps else (QUALIFIED,)
    return step.at // MINUTE, (campaign or step.campaign, team, step.rep or rep), codes


def _won(lead: Lead, step: Step) -> Row:
    campaign, team, rep = lead.owner
    # What counts for the lead was placed before it closed, and so before each of its steps.
    noes = sum([attempt.refused for attempt in lead.counting])
    codes: list[Code] = [WON, NOES + min(noes, MOST)]
    if sum([attempt.contact for attempt in lead.counting]) == 1:
        codes.append(WON_ONE_CONTACT)
    if noes >= FOUR_NOES:
        codes.append(WON_FOUR_NOES)
    return step.at // MINUTE, (campaign, team, step.rep or rep), tuple(codes)


def _lost(lead: Lead, step: Step) -> Row:
    campaign, team, rep = lead.owner
    codes: list[Code] = [LOST, detailed(LOST, step.reason or "")]
    if len(lead.counting) < GIVEN_UP_BELOW:
        codes.append(LOST_EARLY)
    return step.at // MINUTE, (campaign, team, step.rep or rep), tuple(codes)
