"""From the facts about a call to the attempt it was: who placed it, when, and whether it was a contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.reference.config import Config
from tests.reference.facts import Event, Facts, latest
from tests.reference.ratios import share

CONTACTS = {"conversation", "interested", "callback", "refused"}
NO_CONTACTS = {"voicemail", "no_answer", "busy", "failed", "wrong_number", "abandoned", "other"}


@dataclass(frozen=True)
class Attempt:
    """An outbound call that was placed and has ended, with its effective campaign and its own team and rep."""

    call: str
    placed_at: int
    campaign: str | None
    team: str | None
    rep: str | None
    contact: bool
    answered: bool
    refused: bool
    voicemail: bool


def disposition_in_force(ended: Event, disposed: Sequence[Event], config: Config) -> str | None:
    """The canonical disposition, or None if nothing was said or what was said maps to nothing."""
    last = latest(disposed)
    said = ended.get("disposition") if last is None else last["disposition"]
    canonical = None if said is None else config.dispositions.get(said, said)
    return canonical if canonical in CONTACTS | NO_CONTACTS else None


def was_answered(ended: Event) -> bool:
    return "answered_at" in ended or ended.get("talk_s", 0) > 0


def is_contact(ended: Event, disposition: str | None, campaign: str | None, config: Config) -> bool:
    """The verdict: the first rule that applies."""
    if disposition is not None:
        return disposition in CONTACTS
    if ended.get("amd") in ("machine", "fax"):
        return False
    if not was_answered(ended):
        return False
    return bool(ended.get("talk_s", 0) >= config.talk_threshold(campaign))


def is_voicemail(ended: Event, disposition: str | None) -> bool:
    if disposition is not None:
        return disposition == "voicemail"
    return ended.get("amd") in ("machine", "fax")


def effective_campaign(ended: Event, facts: Facts) -> str | None:
    """The call's own campaign, else that of the lead it names, else that of the only lead its number is linked to."""
    if "campaign" in ended:
        return str(ended["campaign"])
    leads = {ended["lead"]} if "lead" in ended else facts.leads_linked_to(ended["number"])
    if len(leads) != 1:
        return None
    request = facts.standing_request(leads.pop())
    return None if request is None else request["campaign"]


def attempts_among(ended: Sequence[Event], disposed: Sequence[Event], facts: Facts, config: Config) -> list[Attempt]:
    """The attempts made of these `call.ended` and `call.disposed`, one for each call id, in the order of a lead's."""
    attempts = []
    for call in {event["call"] for event in ended}:
        standing = latest(event for event in ended if event["call"] == call)
        assert standing is not None
        if standing["direction"] != "outbound":
            continue
        disposition = disposition_in_force(standing, [event for event in disposed if event["call"] == call], config)
        campaign = effective_campaign(standing, facts)
        attempts.append(
            Attempt(
                call=call,
                placed_at=standing["placed_at"],
                campaign=campaign,
                team=standing.get("team"),
                rep=standing.get("rep"),
                contact=is_contact(standing, disposition, campaign, config),
                answered=was_answered(standing),
                refused=disposition == "refused",
                voicemail=is_voicemail(standing, disposition),
            ),
        )
    return sorted(attempts, key=lambda attempt: (attempt.placed_at, attempt.call))


def all_attempts(facts: Facts, config: Config) -> list[Attempt]:
    """Every attempt of the floor, once for each key (a lead, or a number where no lead is named)."""
    ended = facts.of("call.ended")
    leads = {event["lead"] for event in ended if "lead" in event}
    numbers = {event["number"] for event in ended if "lead" not in event}
    attempts = []
    for lead in leads:
        own = facts.of("call.ended", lead=lead), facts.of("call.disposed", lead=lead)
        attempts += attempts_among(*own, facts, config)
    for number in numbers:
        own = facts.of_number("call.ended", number), facts.of_number("call.disposed", number)
        attempts += attempts_among(*own, facts, config)
    return attempts


def rates(attempts: Sequence[Attempt]) -> dict[str, dict[str, Any]]:
    """What share of the attempts came to what."""
    return {
        "contact_rate": share(attempts, lambda a: a.contact),
        "answer_rate": share(attempts, lambda a: a.answered),
        "voicemail_rate": share(attempts, lambda a: a.voicemail),
    }
