"""What became of the follow-up that each attempt made due, and how attempts were spaced."""

from dataclasses import dataclass

from tests.reference.calls import Attempt
from tests.reference.config import DAY, HOUR, Config
from tests.reference.leads import Lead


@dataclass(frozen=True)
class FollowUp:
    """
    What the attempt that made it due says: `limit` is when it runs out, `state` what it is by then.

    `state` is `kept`, `withdrawn` or `missed`; `open`: it is still to be made.
    """

    limit: int
    state: str
    open: bool
    campaign: str | None
    team: str | None
    rep: str | None


def state_at_the_limit(limit: int, following: Attempt | None, closed: int | None) -> str:
    if following is not None and following.placed_at <= limit:
        return "kept"
    return "withdrawn" if closed is not None and closed <= limit else "missed"


def follow_ups_of(lead: Lead, config: Config) -> list[FollowUp]:
    """One for each attempt that counts for the lead."""
    found = []
    for n, attempt in enumerate(lead.attempts):
        following = lead.attempts[n + 1] if n + 1 < len(lead.attempts) else None
        limit = attempt.placed_at + config.follow_up_h * HOUR
        found.append(
            FollowUp(
                limit=limit,
                state=state_at_the_limit(limit, following, lead.closed),
                open=following is None and lead.closed is None,
                campaign=attempt.campaign,
                team=attempt.team,
                rep=attempt.rep,
            ),
        )
    return found


def early_ones(lead: Lead, config: Config) -> list[Attempt]:
    """The attempts less than the set hours after the one before to the same lead."""
    pairs = zip(lead.attempts, lead.attempts[1:], strict=False)
    return [later for earlier, later in pairs if later.placed_at - earlier.placed_at < config.early_h * HOUR]


def pressing_ones(lead: Lead) -> list[Attempt]:
    """The attempts that are at least the fourth to the lead in less than a day."""
    return [a for n, a in enumerate(lead.attempts) if n >= 3 and a.placed_at - lead.attempts[n - 3].placed_at < DAY]
