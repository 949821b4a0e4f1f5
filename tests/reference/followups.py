"""What became of the follow-up that each attempt made due, and whether an attempt pressed."""

from dataclasses import dataclass

from tests.reference.calls import Attempt
from tests.reference.config import DAY, HOUR, Config
from tests.reference.leads import Lead
from tests.reference.windows import last_whole_minute


@dataclass(frozen=True)
class FollowUp:
    """`state` is `kept`, `withdrawn`, `missed` or `pending`; the rest is of the attempt that made it due."""

    due: int
    state: str
    early: bool
    pressing: bool
    campaign: str | None
    team: str | None
    rep: str | None


def state_of(attempt: Attempt, following: Attempt | None, closed: int | None, as_of: int, config: Config) -> str:
    limit = attempt.placed_at + config.follow_up_h * HOUR
    if following is not None and following.placed_at <= limit:
        return "kept"
    if closed is not None and closed <= limit:
        return "withdrawn"
    if limit < last_whole_minute(as_of):
        return "missed"
    return "pending"


def follow_ups_of(lead: Lead, as_of: int, config: Config) -> list[FollowUp]:
    """One for each attempt that counts for the lead."""
    found = []
    for n, attempt in enumerate(lead.attempts):
        following = lead.attempts[n + 1] if n + 1 < len(lead.attempts) else None
        state = state_of(attempt, following, lead.closed, as_of, config)
        gap = following.placed_at - attempt.placed_at if following is not None else None
        found.append(
            FollowUp(
                due=attempt.placed_at,
                state=state,
                early=state == "kept" and gap is not None and gap < config.early_h * HOUR,
                pressing=n >= 3 and attempt.placed_at - lead.attempts[n - 3].placed_at < DAY,
                campaign=attempt.campaign,
                team=attempt.team,
                rep=attempt.rep,
            ),
        )
    return found
