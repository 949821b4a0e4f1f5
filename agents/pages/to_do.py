"""Makes the answers of the API about what is to be done: follow-ups that fall due, customers at risk."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from agents.pages.answers import moment
from agents.pages.parameters import as_object
from stream.journeys.due import BANDS, band_in, bands_at
from stream.kpi.rules import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agents.pages.answers import Answers
    from agents.peers.floor_view import FloorNow
    from stream.journeys.due import AtRisk, FollowUp, ToDo
    from stream.kpi.reading import Filters


class ToDoAnswers:
    """Makes the answers of one floor."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._zone = answers.zone

    def follow_ups_due(self, floor: FloorNow, wanted: ToDo, *, offset: int, limit: int, reps: int) -> dict[str, Any]:
        """
        Return which follow-ups are to be made, and how many, by when their limit runs out and of which rep.

        At most `reps` reps, those with the most late ones first, then those with the most within the hour, and so on;
        and the leads `wanted`, at most `limit`, without the first `offset` of them. While a part of the floor is
        missing, the leads of the rest are listed, as each of them is due; the counts are None, and no rep is listed.
        """
        as_of, whole = floor.snapshot.as_of, floor.recovering is None
        total: Counter[str] = Counter()
        by_rep: dict[tuple[str, str | None], Counter[str]] = {}
        for owner, bands in floor.snapshot.due if whole else ():
            if wanted.filters.match(owner):
                total.update(bands)
                if owner[2] is not None:
                    by_rep.setdefault((owner[2], owner[1]), Counter()).update(bands)
        ordered = sorted(
            by_rep.items(), key=lambda one: ([-one[1][band] for band in BANDS], one[0][0], one[0][1] or "")
        )
        listed = floor.snapshot.follow_ups[offset : offset + limit]
        bands_now = bands_at(as_of, self._zone)
        chosen = BANDS if wanted.band is None else (wanted.band,)
        left_out = max(sum(total[band] for band in chosen) - offset - len(listed), 0)
        return {
            **self._answers.state(floor),
            "filters": as_object(wanted.filters),
            "due": {band: total[band] if whole else None for band in BANDS},
            "reps": [
                {"rep": rep, "team": team, **{band: bands[band] for band in BANDS}}
                for (rep, team), bands in ordered[:reps]
            ],
            "reps_left_out": max(len(ordered) - reps, 0) if whole else None,
            "band": wanted.band,
            "offset": offset,
            "leads": [self._follow_up(one, bands_now) for one in listed],
            "left_out": left_out if whole else None,
        }

    def _follow_up(self, one: FollowUp, bands: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
        campaign, team, rep = one.owner
        return {
            "lead": one.lead,
            "number": one.number,
            "campaign": campaign,
            "team": team,
            "rep": rep,
            "band": band_in(bands, one.limit // MINUTE),
            "due_at": moment(one.limit, self._zone),
            "called_at": moment(one.called_at, self._zone),
            "attempts": one.attempts,
        }

    def at_risk(self, floor: FloorNow, filters: Filters, limit: int) -> dict[str, Any]:
        """
        Return the customers at risk, those first who have been for longest, at most `limit`, and how many there are.

        While a part of the floor is missing, those of the rest are listed, and the counts are None.
        """
        customers = [one for one in floor.snapshot.at_risk if filters.match(one.owner)]
        whole = floor.recovering is None
        return {
            **self._answers.state(floor),
            "filters": as_object(filters),
            "at_risk": len(customers) if whole else None,
            "by_campaign": _by_campaign(customers) if whole else None,
            "customers": [
                {
                    "customer": one.customer,
                    "campaign": one.owner[0],
                    "rep": one.owner[2],
                    "since": moment(one.since, self._zone),
                    "until": moment(one.until, self._zone),
                }
                for one in customers[:limit]
            ],
            "left_out": max(len(customers) - limit, 0) if whole else None,
        }


def _by_campaign(customers: Iterable[AtRisk]) -> dict[str, int]:
    counts = Counter(one.owner[0] for one in customers if one.owner[0] is not None)
    return dict(sorted(counts.items()))
