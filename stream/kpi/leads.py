"""
What the journey of a lead, or of a number that is its own lead, adds to the windowed numbers.

Pure functions of the facts that are visible: the same facts in any order give the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.kpi.attempts import Attempt, attempt_rows, judge
from stream.kpi.cells import NOBODY, NOTHING, limit_slot
from stream.kpi.codes import RIPENING_BITS, detailed, ripening
from stream.kpi.facts import (
    LOST_STEP,
    QUALIFIED_STEP,
    WON_STEP,
    Assigned,
    Call,
    Link,
    Merged,
    Moved,
    Request,
    Shared,
    Step,
    Verdict,
    Withdrawn,
    own_facts,
)
from stream.kpi.follow_ups import follow_up_rows, spacing_rows
from stream.kpi.measures import (
    ASSIGNMENT,
    COLD,
    COLD_OPPORTUNITIES,
    CONTACTED,
    CONTACTED_DECIDED,
    CONTACTED_QUALIFIED,
    DIALLED,
    DIALLED_CONTACTED,
    DIALLED_DECIDED,
    FAST,
    FAST_QUALIFIED,
    LOST,
    LOST_EARLY,
    LOST_FINALLY,
    LOST_OPPORTUNITIES,
    MOST,
    NOES,
    QUALIFIED,
    QUALIFIED_DECIDED,
    QUALIFIED_WON,
    REP_RESPONSE,
    REQUESTED,
    REQUESTED_DECIDED,
    REQUESTED_WON,
    SLOW,
    SLOW_QUALIFIED,
    TO_CONTACT,
    WON,
    WON_FOUR_NOES,
    WON_ONE_CONTACT,
    WON_OPPORTUNITIES,
)
from stream.kpi.responses import bucket_of, response_of
from stream.kpi.rules import FOUR_NOES, GIVEN_UP_BELOW, HOUR, LONGEST_WINDOW, MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.cells import Owner, Row, Rows
    from stream.kpi.codes import Code
    from stream.kpi.facts import Fact
    from stream.kpi.responses import Response
    from stream.kpi.rules import Rules


class Lead:
    """A lead, read from its visible facts, which are sorted by (`at`, `id`)."""

    __slots__ = (
        "assigned",
        "assignments",
        "attempts",
        "closed",
        "cold_at",
        "counting",
        "first_contact",
        "is_another",
        "owner",
        "request",
        "shared",
        "steps",
        "was_none",
    )

    def __init__(self, facts: Sequence[Fact], rules: Rules) -> None:
        self.request: Request | None = None
        self.assignments: list[Assigned] = []
        self.steps: dict[int, Step] = {}
        self.shared: set[str] = set()
        calls: dict[str, Call] = {}
        verdicts: dict[str, Verdict] = {}
        passed_on = False
        others: set[type] | None = None
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
                self.assignments.append(fact)
            elif kind is Step:
                self.steps.setdefault(fact.kind, fact)
            elif kind is Shared:
                self.shared.add(fact.id)
            else:
                others = {kind, *(others or ())}
        self.is_another = self.was_none = False
        if others and self._relate(others, facts, rules):
            return
        self.assigned = self.assignments[-1] if self.assignments else None
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
        self.cold_at = self._cold_at(rules) if self.request or self.steps else None

    def _relate(self, kinds: set[type], facts: Sequence[Fact], rules: Rules) -> bool:
        """
        Note whether it is another lead, or was none: then nothing was asked for, and nothing came of it.

        Return whether another lead is this one, and it is read anew with what happened to that.
        """
        if Moved in kinds:
            self.__init__(own_facts(facts), rules)  # type: ignore[misc]
            return True
        self.is_another, self.was_none = Merged in kinds, Withdrawn in kinds
        if self.was_none:
            self.request, self.steps, self.assignments = None, {}, []
        return False

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

    def _cold_at(self, rules: Rules) -> int | None:
        """Return when the lead goes cold, and so counts as lost; None if it is won or lost, or is no one's."""
        steps = self.steps
        qualified = steps.get(QUALIFIED_STEP)
        if WON_STEP in steps or LOST_STEP in steps:
            return None
        last = max(
            self.request.at if self.request else 0,
            self.assigned.at if self.assigned else 0,
            qualified.at if qualified else 0,
            self.counting[-1].placed_at if self.counting else 0,
        )
        return last + rules.cold

    @property
    def waits_since(self) -> int | None:
        """When the lead was requested, if nobody has tried to reach it since and it is open still."""
        if self.request is None or self.closed is not None or self.counting or self.is_another:
            return None
        return self.request.at

    def follow_up_limit(self, rules: Rules) -> int | None:
        """Return when the limit of the follow-up runs out that is still to be made; None where there is none."""
        if not self.counting or self.closed is not None or self.is_another or self.was_none:
            return None
        return self.counting[-1].placed_at + rules.follow_up

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
    """
    Return what a lead comes to.

    In parts: its own steps, the attempts that are keyed here, what became of the follow-ups that they made due, how
    they were spaced, and what the limits of the lead itself decide.
    """
    counting = lead.counting
    if lead.is_another:
        return ()
    if lead.was_none:
        return [], attempt_rows(lead.attempts)
    response = _response(lead, lead.request, rules) if lead.request else None
    return (
        _own_rows(lead, response),
        attempt_rows(lead.attempts),
        follow_up_rows(counting, lead.closed, rules) if counting else [],
        spacing_rows(counting, rules) if len(counting) > 1 or rules.pacing else [],
        _limit_rows(lead, response),
    )


def _response(lead: Lead, request: Request, rules: Rules) -> Response:
    return response_of(
        request.at,
        lead.counting[0].placed_at if lead.counting else None,
        lead.first_contact.placed_at if lead.first_contact else None,
        lead.closed,
        rules.business,
        request.channel,
    )


def _own_rows(lead: Lead, response: Response | None) -> list[Row]:
    contact, steps = lead.first_contact, lead.steps
    rows = [
        _requested(lead, lead.request) if lead.request else NOTHING,
        _dialled(lead, response) if lead.counting else NOTHING,
        _contacted(lead, contact, response) if contact else NOTHING,
        _assigned(lead, lead.request) if lead.request and lead.assignments else NOTHING,
    ]
    if steps:
        rows += [
            _qualified(lead, steps[QUALIFIED_STEP]) if QUALIFIED_STEP in steps else NOTHING,
            _won(lead, steps[WON_STEP]) if WON_STEP in steps else NOTHING,
            _lost(lead, steps[LOST_STEP]) if LOST_STEP in steps else NOTHING,
            _closed(lead, lead.request, contact) if lead.request and contact else NOTHING,
        ]
    return rows


def _limit_rows(lead: Lead, response: Response | None) -> list[Row]:
    rows: list[Row] = []
    owner = lead.owner
    if lead.cold_at is not None:
        minute = lead.cold_at // MINUTE
        codes: tuple[Code, ...] = (minute << RIPENING_BITS | COLD,)
        if QUALIFIED_STEP in lead.steps:
            codes += (ripening(COLD_OPPORTUNITIES, minute),)
        rows.append((limit_slot(minute), owner, codes))
    if response:
        rows += [(slot, owner, codes) for slot, codes in response.limits]
    return rows


def number_lead(facts: Sequence[Fact], rules: Rules) -> Lead | None:
    """Return the lead that a number is by its visible `facts`; None where it is linked to one."""
    for fact in facts:  # without a generator: every number passes here
        if type(fact) is Link:
            return None
    return Lead(facts, rules)


def number_rows(facts: Sequence[Fact], rules: Rules) -> Rows:
    """Return what a number's visible `facts` come to: with no link to a lead, it is a lead of its own."""
    lead = number_lead(facts, rules)
    return linked_rows(facts, rules) if lead is None else lead_rows(lead, rules)


def linked_rows(facts: Sequence[Fact], rules: Rules) -> Rows:
    """Return what the visible `facts` of a number come to that is linked to leads."""
    links = [fact for fact in facts if type(fact) is Link]
    campaign = links[0].campaign if len(links) == 1 else None
    calls = {fact.call: fact for fact in facts if type(fact) is Call}
    verdicts = {fact.call: fact for fact in facts if type(fact) is Verdict}
    return [], attempt_rows(judge(calls.values(), verdicts, lambda _call: campaign, rules))


def _requested(lead: Lead, request: Request) -> Row:
    """Count the lead among those requested."""
    codes: list[Code] = [REQUESTED, detailed(REQUESTED, request.channel or "")]
    if WON_STEP in lead.steps:
        codes.append(REQUESTED_WON)
    codes += _decided(lead, REQUESTED_DECIDED, request.at)
    return request.at // MINUTE, lead.owner, tuple(codes)


def _decided(lead: Lead, measure: int, since: int) -> tuple[Code, ...]:
    """Return whether it is known what became of a lead of the cohort of `since`: it is won or lost, or goes cold."""
    if WON_STEP in lead.steps or LOST_STEP in lead.steps:
        return (measure,)
    if lead.cold_at is None or lead.cold_at - since >= LONGEST_WINDOW:  # in no window does it go cold
        return ()
    return (ripening(measure, lead.cold_at // MINUTE),)


def _dialled(lead: Lead, response: Response | None) -> Row:
    """Count the lead among those first dialled, and how long it had waited for that."""
    at = lead.counting[0].placed_at
    codes: tuple[Code, ...] = (DIALLED,)
    if lead.first_contact is not None:
        codes = (DIALLED, DIALLED_CONTACTED, DIALLED_DECIDED)
    elif lead.closed is not None:
        codes = (DIALLED, DIALLED_DECIDED)
    if response:
        codes += response.attempted
        given = [fact.at for fact in lead.assignments if fact.at <= at]
        if given:
            codes += (REP_RESPONSE + bucket_of(at - given[-1]),)
    return at // MINUTE, lead.owner, codes


def _contacted(lead: Lead, contact: Attempt, response: Response | None) -> Row:
    """Count the lead among those first contacted, and how long it had waited for that."""
    at = contact.placed_at
    codes: tuple[Code, ...] = (CONTACTED, TO_CONTACT + min(lead.counting.index(contact) + 1, MOST))
    if QUALIFIED_STEP in lead.steps:
        codes += (CONTACTED_QUALIFIED, CONTACTED_DECIDED)
    else:
        codes += _decided(lead, CONTACTED_DECIDED, at)
    if response:
        codes += response.contacted
    return at // MINUTE, lead.owner, codes


def _assigned(lead: Lead, request: Request) -> Row:
    """Count how long the lead had waited to be given to a rep."""
    at = lead.assignments[0].at
    return at // MINUTE, lead.owner, (ASSIGNMENT + bucket_of(max(at - request.at, 0)),)


def _qualified(lead: Lead, step: Step) -> Row:
    campaign, team, rep = lead.owner
    codes: tuple[Code, ...] = (QUALIFIED, QUALIFIED_WON) if WON_STEP in lead.steps else (QUALIFIED,)
    codes += _decided(lead, QUALIFIED_DECIDED, step.at)
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
    if QUALIFIED_STEP in lead.steps:
        codes.append(WON_OPPORTUNITIES)
    return step.at // MINUTE, (campaign, team, step.rep or rep), tuple(codes)


def _lost(lead: Lead, step: Step) -> Row:
    campaign, team, rep = lead.owner
    codes: list[Code] = [LOST, detailed(LOST, step.reason or "")]
    if len(lead.counting) < GIVEN_UP_BELOW:
        codes.append(LOST_EARLY)
    if WON_STEP not in lead.steps:
        codes.append(LOST_FINALLY)
        if QUALIFIED_STEP in lead.steps:
            codes.append(LOST_OPPORTUNITIES)
    return step.at // MINUTE, (campaign, team, step.rep or rep), tuple(codes)


def _closed(lead: Lead, request: Request, contact: Attempt) -> Row:
    """Count the lead, which was contacted before it closed, by how soon that was."""
    fast = contact.placed_at - request.at <= HOUR
    codes: tuple[Code, ...] = (FAST if fast else SLOW,)
    if QUALIFIED_STEP in lead.steps:
        codes += (FAST_QUALIFIED if fast else SLOW_QUALIFIED,)
    return (lead.closed or 0) // MINUTE, lead.owner, codes
