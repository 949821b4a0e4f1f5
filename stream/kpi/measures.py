"""The numbers that a slice adds up, each a small integer, in families as the windowed tables have them."""

from __future__ import annotations

from typing import Final

# contacts: by the moment an attempt was placed, with the attempt's campaign, team and rep
ATTEMPTS: Final = 1
ANSWERED: Final = 2
CONTACTS: Final = 3

# follow-ups: by the attempt that made them due, with its campaign, team and rep
KEPT: Final = 9
MISSED: Final = 10
WITHDRAWN: Final = 11
EARLY: Final = 12
PRESSING: Final = 13

# responses: by the moment of the request, with the lead's campaign, team and rep
REQUESTED: Final = 16
REQUESTED_WON: Final = 17
FAST: Final = 18  # first contacted within the hour
FAST_QUALIFIED: Final = 19
SLOW: Final = 20  # first contacted later
SLOW_QUALIFIED: Final = 21
IN_TIME: Final = 24  # + `response_index`
LATE: Final = 32
OVERDUE: Final = 40
DELAY: Final = 64  # + `delay_index` + bucket

# conversions: each by the moment of the earlier step
DIALLED: Final = 128
DIALLED_CONTACTED: Final = 129
CONTACTED: Final = 130
CONTACTED_QUALIFIED: Final = 131
QUALIFIED: Final = 132
QUALIFIED_WON: Final = 133
WON: Final = 134
WON_ONE_CONTACT: Final = 135
WON_FOUR_NOES: Final = 136
LOST: Final = 137
LOST_EARLY: Final = 138
TO_CONTACT: Final = 144  # + attempts up to the first contact, `MOST` or more as one
NOES: Final = 160  # + noes before the win, likewise
MOST: Final = 15

# risks: by the moment they began
RISKS: Final = 176
RISKS_KEPT: Final = 177
RISKS_LOST: Final = 178

# legal pacing, where a profile is set: by the attempt that broke a rule of it, with its campaign, team and rep
TOO_OFTEN: Final = 184
OUTSIDE_HOURS: Final = 185
TOO_SOON: Final = 186  # after a refusal

# service: by the moment the caller joined the queue; times in ms
OFFERED: Final = 192
QUEUE_ANSWERED: Final = 193
ABANDONED: Final = 194
TIMED_OUT: Final = 195
WAIT_MS: Final = 196
ANSWERED_WITHIN: Final = 197
ABANDONED_WITHIN: Final = 198
HANDLED: Final = 199
HANDLE_MS: Final = 200
ON_CONTACT_MS: Final = 201
IDLE_MS: Final = 202

ATTEMPT, CONTACT = 0, 1  # what ends a response delay
WALL, BUSINESS = 0, 1  # the clock it is measured by
WITHIN_5M, WITHIN_1H = 0, 1  # the limit it is held to


def response_index(reached: int, clock: int, limit: int) -> int:
    """Tell where among the eight response measures the one of `reached`, `clock` and `limit` stands."""
    return reached * 4 + clock * 2 + limit


def delay_index(reached: int, clock: int) -> int:
    """Tell where the histogram of `reached` by `clock` begins, counted from `DELAY`."""
    return (reached * 2 + clock) * 16
