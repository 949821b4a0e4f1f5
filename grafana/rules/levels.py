"""The levels that recording rules add up to: what the first part of their names says, and which labels they keep."""

from __future__ import annotations

from typing import Final, NamedTuple


class Level(NamedTuple):
    """A level: every sample of it has these labels, and no other."""

    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the rules of this level begin with: `campaign_team_window`; the whole floor is `floor_window`."""
        kept = [label for label in self.labels if label != "window"]
        return "_".join((*(kept or ["floor"]), *(["window"] if "window" in self.labels else [])))


FLOOR: Final = Level(("window",))
CAMPAIGN: Final = Level(("campaign", "window"))
TEAM: Final = Level(("team", "window"))
CAMPAIGN_TEAM: Final = Level(("campaign", "team", "window"))
REP: Final = Level(("rep", "window"))
CAMPAIGN_TEAM_REP: Final = Level(("campaign", "team", "rep", "window"))
QUEUE: Final = Level(("queue", "window"))

BY_OWNER: Final = (FLOOR, CAMPAIGN, TEAM, CAMPAIGN_TEAM)
BY_REP: Final = (REP, CAMPAIGN_TEAM_REP)
BY_QUEUE: Final = (FLOOR, QUEUE)
BY_STATE: Final = (FLOOR, TEAM)  # a rep's time belongs to no campaign
BY_CAMPAIGN: Final = (FLOOR, CAMPAIGN)
CURRENCY: Final = (Level(("currency", "window")), Level(("campaign", "currency", "window")))
BY_CHANNEL: Final = (Level(("channel", "window")), Level(("campaign", "channel", "window")))
CHANNEL: Final = (
    Level(("channel", "currency", "window")),
    Level(("campaign", "channel", "currency", "window")),
)
