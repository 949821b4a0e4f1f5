"""
What the journey of a lead, or of a number that is its own lead, adds to the windowed numbers.

Pure functions of the facts that are visible: the same facts in any order give the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.attempts import Attempt, count_attempts, judge
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
from stream.kpi.follow_ups import count_follow_ups
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
    detailed,
)
from stream.kpi.responses import response_codes
from stream.kpi.rules import FOUR_NOES, GIVEN_UP_BELOW, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.attempts import Row
    from stream.kpi.facts import Fact
    from stream.kpi.rules import Rules


class Lead:
    """A lead as its visible facts, sorted by (`at`, `id`), tell it."""

    __slots__ = ("assigned", "attempts", "closed", "counting", "first_contact", "request", "shared", "steps")

    def __init__(self, facts: Sequence[Fact], rules: Rules) -> None:
        self.request: Request | None = None
        self.assigned: Assigned | None = None
        self.steps: dict[int, Step] = {}
        self.shared: set[str] = set()
        calls: dict[str, Call] = {}
        verdicts: dict[str, Verdict] = {}
        passed_on = False
        for fact in facts:
            if isinstance(fact, Call):
                calls[fact.call] = fact
                passed_on = passed_on or fact.number is not None
            elif isinstance(fact, Request):
                self.request = self.request or fact
            elif isinstance(fact, Verdict):
                verdicts[fact.call] = fact
                passed_on = passed_on or fact.number is not None
            elif isinstance(fact, Assigned):
                self.assigned = fact
            elif isinstance(fact, Step):
                self.steps.setdefault(fact.kind, fact)
            elif isinstance(fact, Shared):
                self.shared.add(fact.id)
        if passed_on:
            calls, verdicts = _linked(facts)
        everything = judge(calls.values(), verdicts, self._campaign_of, rules)
        self.attempts = self._keyed_here(facts, rules) if passed_on else everything
        self.closed = min((step.at for step in self.steps.values()), default=None)
        self.counting = self._count(everything)
        self.first_contact = next((attempt for attempt in self.counting if attempt.contact), None)

    def _campaign_of(self, call: Call) -> str | None:
        """Give the campaign of a call that has none: its lead's, unless it came by a number of several leads."""
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

    @property
    def owner(self) -> tuple[str | None, str | None, str | None]:
        """The campaign, team and rep that the lead is filtered by."""
        request, first = self.request, self.counting[0] if self.counting else None
        campaign = request.campaign if request else first.campaign if first else None
        if self.assigned:
            return campaign, self.assigned.team, self.assigned.rep
        if request and (request.rep or request.team):
            return campaign, request.team, request.rep
        return (campaign, first.team, first.rep) if first else (campaign, None, None)

    @property
    def waits_since(self) -> int | None:
        """When the lead was requested, if nobody has tried to reach it since and it is open still."""
        if self.request is None or self.closed is not None or self.counting:
            return None
        return self.request.at


def _linked(facts: Sequence[Fact]) -> tuple[dict[str, Call], dict[str, Verdict]]:
    """Give the standing calls and verdicts of a lead, without those of a number that no visible request names."""
    numbers = {None, *(fact.number for fact in facts if type(fact) is Request)}
    calls = {fact.call: fact for fact in facts if type(fact) is Call and fact.number in numbers}
    verdicts = {fact.call: fact for fact in facts if type(fact) is Verdict and fact.number in numbers}
    return calls, verdicts


def lead_rows(facts: Sequence[Fact], rules: Rules, rows: list[Row]) -> Lead:
    """Add to `rows` what a lead's visible `facts` come to, and give back the lead."""
    lead = Lead(facts, rules)
    count_attempts(lead.attempts, rows)
    count_follow_ups(lead.counting, lead.closed, rules, rows)
    _count_first_steps(lead, rows)
    if lead.request:
        _count_request(lead, lead.request, rules, rows)
    if lead.steps:
        _count_steps(lead, rows)
    return lead


def number_rows(facts: Sequence[Fact], rules: Rules, rows: list[Row]) -> None:
    """Add to `rows` what a number's visible `facts` come to: with no link to a lead, it is a lead of its own."""
    links = [fact for fact in facts if type(fact) is Link]
    if not links:
        lead_rows(facts, rules, rows)
        return
    campaign = links[0].campaign if len(links) == 1 else None
    calls = {fact.call: fact for fact in facts if type(fact) is Call}
    verdicts = {fact.call: fact for fact in facts if type(fact) is Verdict}
    count_attempts(judge(calls.values(), verdicts, lambda _call: campaign, rules), rows)


def _count_first_steps(lead: Lead, rows: list[Row]) -> None:
    """Count the lead among those first dialled, and among those first contacted."""
    if not lead.counting:
        return
    owner = lead.owner
    first, contact = lead.counting[0], lead.first_contact
    minute = first.placed_at // MINUTE
    rows.append((minute, *owner, DIALLED))
    if contact is None:
        return
    rows.append((minute, *owner, DIALLED_CONTACTED))
    minute = contact.placed_at // MINUTE
    rows.append((minute, *owner, CONTACTED))
    if QUALIFIED_STEP in lead.steps:
        rows.append((minute, *owner, CONTACTED_QUALIFIED))
    needed = lead.counting.index(contact) + 1
    rows.append((minute, *owner, TO_CONTACT + min(needed, MOST)))


def _count_request(lead: Lead, request: Request, rules: Rules, rows: list[Row]) -> None:
    owner, minute, contact = lead.owner, request.at // MINUTE, lead.first_contact
    rows.append((minute, *owner, REQUESTED))
    rows.append((minute, *owner, detailed(REQUESTED, request.channel or "")))
    attempt_at = lead.counting[0].placed_at if lead.counting else None
    contact_at = contact.placed_at if contact else None
    codes = response_codes(request.at, attempt_at, contact_at, lead.closed, rules)
    rows.extend((minute, *owner, code) for code in codes)
    if contact_at is not None:
        fast = contact_at - request.at <= HOUR
        rows.append((minute, *owner, FAST if fast else SLOW))
        if QUALIFIED_STEP in lead.steps:
            rows.append((minute, *owner, FAST_QUALIFIED if fast else SLOW_QUALIFIED))
    if WON_STEP in lead.steps:
        rows.append((minute, *owner, REQUESTED_WON))


def _count_steps(lead: Lead, rows: list[Row]) -> None:
    campaign, team, rep = lead.owner
    qualified, won, lost = (lead.steps.get(kind) for kind in (QUALIFIED_STEP, WON_STEP, LOST_STEP))
    if qualified:
        to = (qualified.at // MINUTE, campaign or qualified.campaign, team, qualified.rep or rep)
        rows.append((*to, QUALIFIED))
        if won:
            rows.append((*to, QUALIFIED_WON))
    if won:
        to = (won.at // MINUTE, campaign, team, won.rep or rep)
        before = [attempt for attempt in lead.counting if attempt.placed_at <= won.at]
        noes = sum(attempt.refused for attempt in before)
        rows.append((*to, WON))
        rows.append((*to, NOES + min(noes, MOST)))
        if sum(attempt.contact for attempt in before) == 1:
            rows.append((*to, WON_ONE_CONTACT))
        if noes >= FOUR_NOES:
            rows.append((*to, WON_FOUR_NOES))
    if lost:
        to = (lost.at // MINUTE, campaign, team, lost.rep or rep)
        rows.append((*to, LOST))
        rows.append((*to, detailed(LOST, lost.reason or "")))
        if sum(attempt.placed_at <= lost.at for attempt in lead.counting) < GIVEN_UP_BELOW:
            rows.append((*to, LOST_EARLY))
