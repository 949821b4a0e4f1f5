"""The thresholds of all alerts."""

from __future__ import annotations

from typing import Final

ENOUGH_REQUESTS: Final = 10
"""A share of fewer requests (attempts, follow-ups, calls, risks) than this is not significant."""
ENOUGH_ATTEMPTS: Final = 50
ENOUGH_FOLLOW_UPS: Final = 20
ENOUGH_CALLS: Final = 20
ENOUGH_RISKS: Final = 10
ENOUGH_IN_AN_HOUR: Final = 20
"""Attempts in an hour of the week; the API says the same of its heat map."""

BURN_FAST: Final = 3
"""Times the share of late leads that the target allows, today."""
CONTACT_RATE_FALLEN: Final = 0.7
"""The last hour's contact rate as a share of that of the last 7 days: below it, the alert fires."""
MISSED_RISEN: Final = 1.25
"""Times the share of missed follow-ups of a week ago."""
PRESSING_SHARE: Final = 0.02
PRESSING_LEAST: Final = 3
LOSS_RISEN: Final = 1.5
"""Times the loss rate of the last 30 days, over the last 7."""
QUEUE_WAIT_S: Final = 120
ABANDONED: Final = 0.03
LAG_RECORDS: Final = 5000
REJECTED_SHARE: Final = 0.01
CALLS_LEFT_OUT: Final = 0.1
"""The share of a source's calls in an hour; `ringboard check` says the same of all since the source began."""
UNUSED_RISEN: Final = 0.2
"""How much of what a webhook brings may be taken by no rule, beyond the share of the day before."""
UNUSED_LEAST: Final = 5
CLOCK_OFF_S: Final = 5
WRONG_TOKENS: Final = 20
"""Requests with a wrong token in ten minutes; a person who mistypes makes a few."""
