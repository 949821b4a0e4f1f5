"""Every KPI, read from the bare events as the design reads: slow, plain, and of nobody else's making."""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol

from tests.reference import money
from tests.reference.calls import all_attempts, rates
from tests.reference.config import HOUR, MINUTE, Config
from tests.reference.facts import Event, Facts
from tests.reference.followups import early_ones, follow_ups_of, pressing_ones
from tests.reference.leads import Lead, Step, all_leads
from tests.reference.ratios import count, hours, mean_seconds, ratio, share
from tests.reference.responses import (
    Reached,
    assignment_delays,
    delays,
    first_attempt,
    first_contact,
    percentile,
    rep_delays,
    response_within,
    uplift,
)
from tests.reference.risks import all_risks
from tests.reference.same import same
from tests.reference.service import all_queue_calls, all_states, occupancy, service_level
from tests.reference.windows import WINDOWS, Window, last_whole_minute, window_of

__all__ = ["WINDOWS", "Config", "Reading", "kpis", "same"]

GIVEN_UP_EARLY = 5
MANY_NOES = 4


class Owned(Protocol):
    """What a filter looks at."""

    @property
    def campaign(self) -> str | None: ...
    @property
    def team(self) -> str | None: ...
    @property
    def rep(self) -> str | None: ...


def kpis(
    events: Sequence[Event],
    *,
    as_of: int,
    window: str,
    campaign: str | None = None,
    team: str | None = None,
    rep: str | None = None,
    config: Config,
) -> dict[str, dict[str, Any]]:
    """
    Each KPI id with its `value`, `numerator` and `denominator`, of a log of events at `as_of` (ms).

    Ratios and money (major units) are Fractions; costs have a `currency`, and `by_currency` where there are two;
    distributions are `{"distribution": {n: count}}`; `leads_lost` has `by_reason`, and how many were
    attempted in time by the clock has `by_channel`.
    """
    return Reading(events, as_of=as_of, config=config).kpis(window, campaign=campaign, team=team, rep=rep)


class Reading:
    """A log read once at `as_of`, to be asked for many windows and filters."""

    def __init__(self, events: Sequence[Event], *, as_of: int, config: Config) -> None:
        self.as_of = as_of
        self.config = config
        self.facts = Facts(events, as_of)
        self.attempts = all_attempts(self.facts, config)
        self.leads = all_leads(self.facts, config)
        self.follow_ups = [due for lead in self.leads for due in follow_ups_of(lead, config)]
        self.early = [attempt for lead in self.leads for attempt in early_ones(lead, config)]
        self.pressing = [attempt for lead in self.leads for attempt in pressing_ones(lead)]
        self.risks = all_risks(self.facts, config)
        self.queue_calls = all_queue_calls(self.facts)
        self.states = all_states(self.facts)

    def kpis(
        self,
        window: str,
        *,
        campaign: str | None = None,
        team: str | None = None,
        rep: str | None = None,
    ) -> dict[str, dict[str, Any]]:
        """As the function `kpis`."""
        span = window_of(window, self.as_of, self.config.zone)

        def ours(owner: Owned) -> bool:
            return (
                (campaign is None or owner.campaign == campaign)
                and (team is None or owner.team == team)
                and (rep is None or owner.rep == rep)
            )

        def stepped(step: Callable[[Lead], Step | None]) -> list[tuple[Lead, Step]]:
            """The leads that took the step in the window, with it, of those whose step is ours."""
            taken = [(lead, step(lead)) for lead in self.leads]
            return [(lead, s) for lead, s in taken if s is not None and span.has(s.at) and ours(s)]

        def reached_first(reached: Reached) -> list[Lead]:
            """Our leads that were first dialled, or first contacted, in the window."""
            firsts = [(lead, reached(lead)) for lead in self.leads if ours(lead)]
            return [lead for lead, first in firsts if first is not None and span.has(first.placed_at)]

        def over(lead: Lead) -> bool:
            """Whether it is known what became of the lead: it is won, lost, or cold."""
            cold = lead.cold is not None and lead.cold < last_whole_minute(self.as_of)
            return lead.won is not None or lead.lost is not None or cold

        ours_only = [lead for lead in self.leads if ours(lead)]
        attempts = [a for a in self.attempts if span.has(a.placed_at) and ours(a)]
        requested = [x for x in ours_only if x.requested is not None and span.has(x.requested)]
        follow_ups = [f for f in self.follow_ups if span.decides(f.limit) and ours(f)]
        faded = [r for r in self.risks if r.faded and span.decides(r.ended) and ours(r)]
        ended = [r for r in self.risks if not r.faded and span.has(r.ended) and ours(r)]
        cold = [lead for lead in ours_only if lead.cold is not None and span.decides(lead.cold)]
        qualified = stepped(lambda lead: lead.qualified)
        won = stepped(lambda lead: lead.won)
        lost = stepped(lambda lead: lead.lost)
        for_good = [lead for lead, _ in lost if lead.won is None]
        dialled = reached_first(first_attempt)
        contacted = reached_first(first_contact)
        kept = sum(f.state == "kept" for f in follow_ups)
        missed = sum(f.state == "missed" for f in follow_ups)
        spend = money.spend_in(span, campaign, self.facts, self.config)
        personal = team is not None or rep is not None

        def decided(leads: Sequence[Lead]) -> int:
            return sum(lead.qualified is not None for lead in leads)

        won_before = decided([lead for lead, _ in won])
        return {
            **rates(attempts),
            "penetration": share(dialled, lambda lead: bool(lead.contacts))
            | {"pending": sum(not lead.contacts and lead.closed is None for lead in dialled)},
            "opportunities_per_1000_calls": ratio(len(qualified), len(attempts), times=1_000),
            **self.responses(ours_only, span),
            "fast_response_uplift": uplift(ours_only, span),
            "follow_up_rate": ratio(kept, kept + missed),
            "early_follow_ups": count(sum(span.has(a.placed_at) and ours(a) for a in self.early)),
            "pressing_attempts": count(sum(span.has(a.placed_at) and ours(a) for a in self.pressing)),
            "conversion_rate": ratio(len(won), len(won) + len(for_good) + len(cold)),
            "win_rate": ratio(won_before, won_before + decided(for_good) + decided(cold)),
            "lead_to_opportunity": share(contacted, lambda lead: lead.qualified is not None)
            | {"pending": sum(lead.qualified is None and not over(lead) for lead in contacted)},
            "opportunity_to_customer": ratio(sum(lead.won is not None for lead, _ in qualified), len(qualified))
            | {"pending": sum(not over(lead) for lead, _ in qualified)},
            "lead_to_customer": share(requested, lambda lead: lead.won is not None)
            | {"pending": sum(not over(lead) for lead in requested)},
            "cost_per_lead": money.cost(spend, requested, of_a_rep_or_team=personal),
            "cost_per_opportunity": money.cost(spend, qualified, of_a_rep_or_team=personal),
            "cost_per_customer": money.cost(spend, won, of_a_rep_or_team=personal),
            "loss_rate": share([*ended, *faded], lambda risk: risk.lost),
            **persistence(contacted, won, lost),
            "opportunities_created": count(len(qualified)),
            "customers_closed": count(len(won)),
            "leads_requested": count(len(requested)),
            "leads_lost": {"value": len(lost), "by_reason": dict(Counter(step.reason for _, step in lost))},
            **self.service([q for q in self.queue_calls if span.has(q.joined) and ours(q)]),
            "occupancy": hours(*occupancy([state for state in self.states if ours(state)], span)),
        }

    def responses(self, leads: Sequence[Lead], span: Window) -> dict[str, dict[str, Any]]:
        found = {}
        histograms: dict[str, tuple[list[int], tuple[int, ...]]] = {
            "lead_assignment_p{}": (assignment_delays(leads, span), (50, 90)),
            "rep_response_p{}": (rep_delays(leads, span), (50, 90)),
        }
        for what, reached in (("attempt", first_attempt), ("contact", first_contact)):
            for clock, config in (("", None), ("_business", self.config)):
                for name, limit in (("5m", 5 * MINUTE), ("1h", HOUR)):
                    judged = response_within(leads, reached, limit, span, config)
                    told = found[f"lead_response_within_{name}_{what}{clock}"] = ratio(*judged)
                    if (what, clock) == ("attempt", ""):
                        told["by_channel"] = self.by_channel(leads, limit, span)
                of = delays(leads, reached, span, config)
                histograms[f"lead_response_p{{}}_{what}{clock}"] = of, (50, 90, 95)
        for name, (of, percents) in histograms.items():
            for percent in percents:
                value = percentile(of, Fraction(percent, 100))
                found[name.format(percent)] = {"value": value, "numerator": None, "denominator": len(of)}
        return found

    def by_channel(self, leads: Sequence[Lead], limit: int, span: Window) -> dict[str, Any]:
        """The share of each channel of which a lead is judged."""
        judged = {
            channel: response_within(
                [lead for lead in leads if lead.channel == channel], first_attempt, limit, span, None
            )
            for channel in {lead.channel for lead in leads if lead.channel}
        }
        return {channel: ratio(*counts) for channel, counts in judged.items() if counts[1]}

    def to_do(self, first: int, end: int, rep: str | None = None) -> int:
        """How many follow-ups are still to be made of those whose limit lies in [first, end)."""
        return sum(f.open and first <= f.limit < end and rep in (None, f.rep) for f in self.follow_ups)

    def service(self, offered: Sequence[Any]) -> dict[str, dict[str, Any]]:
        ended = [call for call in offered if call.outcome is not None]
        return {
            "service_level": ratio(*service_level(ended, self.config)),
            "average_speed_of_answer": mean_seconds(
                [call.wait for call in ended if call.outcome == "answered" and call.wait is not None]
            ),
            "abandon_rate": share(ended, lambda call: call.outcome == "abandoned"),
            "average_handle_time": mean_seconds([call.handled for call in ended if call.handled is not None]),
        }


def persistence(
    contacted: Sequence[Lead],
    won: Sequence[tuple[Lead, Step]],
    lost: Sequence[tuple[Lead, Step]],
) -> dict[str, dict[str, Any]]:
    """How long leads were pursued: up to the first contact, to the win, and to giving up."""
    dials = [lead.attempts.index(lead.contacts[0]) + 1 for lead in contacted]
    noes = [sum(a.refused and a.placed_at <= win.at for a in lead.attempts) for lead, win in won]
    contacts = [sum(a.placed_at <= win.at for a in lead.contacts) for lead, win in won]
    tries = [sum(a.placed_at <= loss.at for a in lead.attempts) for lead, loss in lost]
    return {
        "attempts_to_first_contact": {"distribution": dict(Counter(dials))},
        "noes_before_win": {"distribution": dict(Counter(noes))},
        "wins_with_one_contact": ratio(contacts.count(1), len(won)),
        "wins_after_four_noes": ratio(sum(n >= MANY_NOES for n in noes), len(won)),
        "leads_given_up_early": ratio(sum(n < GIVEN_UP_EARLY for n in tries), len(lost)),
    }
