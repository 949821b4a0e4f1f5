"""The cases of the alerts on calls and queues."""

from __future__ import annotations

from typing import Final

from grafana.rules.case import Case

_OWNER: Final = 'campaign="Spring",team="north"'

CASES: Final = (
    Case(
        "RingboardContactRateFallen",
        {
            f'ringboard_window_contacts{{window="1h",{_OWNER}}}': "10x60",
            f'ringboard_window_attempts{{window="1h",{_OWNER}}}': "100x60",
            f'ringboard_window_contacts{{window="7d",{_OWNER}}}': "3000x60",
            f'ringboard_window_attempts{{window="7d",{_OWNER}}}': "10000x60",
        },
        {"campaign": "Spring"},
        "10%",
        {f'ringboard_window_contacts{{window="1h",{_OWNER}}}': "25x60"},
        "a little below its own past",
    ),
    Case(
        "RingboardQueueWaitLong",
        {
            'ringboard_queue_oldest_wait_seconds{queue="sales",instance="a"}': "180x60",
            'ringboard_queue_oldest_wait_seconds{queue="sales",instance="b"}': "30x60",
        },
        {"queue": "sales"},
        "3m 0s",
        {'ringboard_queue_oldest_wait_seconds{queue="sales",instance="a"}': "60x60"},
        "the call was taken in time",
    ),
    Case(
        "RingboardAbandonedHigh",
        {
            'ringboard_window_queue_abandoned{window="1h",queue="sales"}': "5x60",
            'ringboard_window_queue_answered{window="1h",queue="sales"}': "95x60",
            'ringboard_window_queue_timed_out{window="1h",queue="sales"}': "0x60",
            'ringboard_window_queue_offered{window="1h",queue="sales"}': "100x60",
        },
        {"queue": "sales", "window": "1h"},
        "5%",
        {
            'ringboard_window_queue_abandoned{window="1h",queue="sales"}': "3x60",
            'ringboard_window_queue_answered{window="1h",queue="sales"}': "97x60",
        },
        "3 % is not more than 3 %",
    ),
)
