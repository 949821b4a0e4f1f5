"""The levels of recording rules: the first part of their names, and the labels that they keep."""

from __future__ import annotations

from typing import Final, NamedTuple


class Level(NamedTuple):
    """A level: its samples have exactly these labels."""

    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first part of its rules' names, such as `campaign_team_window`; `floor_window` for the whole floor."""
        names = [label for label in self.labels if label != "window"]
        return "_".join((*(names or ["floor"]), *(["window"] if "window" in self.labels else [])))


FLOOR: Final = Level(("window",))
CAMPAIGN: Final = Level(("campaign", "window"))
TEAM: Final = Level(("team", "window"))
CAMPAIGN_TEAM: Final = Level(("campaign", "team", "window"))
REP: Final = Level(("rep", "window"))
CAMPAIGN_TEAM_REP: Final = Level(("campaign", "team", "rep", "window"))
QUEUE: Final = Level(("queue", "window"))
DAY_HOUR: Final = Level(("day", "hour"))
CAMPAIGN_DAY_HOUR: Final = Level(("campaign", "day", "hour"))

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
