"""Posts an alert to Alertmanager for each lead of this worker's partitions that waits too long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from stream.alerts.alertmanager import Alertmanager, why_away
from stream.alerts.leads import late_leads, latest, limits_of
from stream.alerts.reconcile import reconcile
from stream.alerts.wording import NAMES, AlertFormat
from stream.errors import RingboardError
from stream.kafka.partitioner import partition_of
from stream.logs.trouble import Trouble
from stream.logs.words import ALERTMANAGER

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from agents.peers.lead_view import LeadView
    from stream.alerts.wording import Labels
    from stream.clock import Clock
    from stream.journeys.events import WaitingLead
    from stream.kpi.rules import Rules
    from stream.settings.model import Settings

ROUND_EVERY_S: Final = 3.0
REST_FACTOR: Final = 9  # times the duration of a round: alerts take a tenth of the worker at most
POSTED_AT_ONCE: Final = 500
OWNED_FOR_MS: Final = 60_000
A_LITTLE_BEHIND: Final = 1000
ENDED: Final = "ended"
_STAGE_OF: Final = {name: stage for stage, name in NAMES.items()}

log = logging.getLogger(__name__)


@dataclass
class LeadAlertStats:
    """What was posted since this process began, and what is late now."""

    posted: Counter[str] = field(default_factory=Counter)  # by stage, or `ended`
    failed: int = 0
    last_success_ms: int = 0
    left_out: int = 0
    late: Counter[str] = field(default_factory=Counter)  # by stage


class LeadAlerts:
    """
    The alerts of one worker.

    Args:
        settings: with the address of Alertmanager.
        rules: with the floor's opening hours.
        view: the leads that wait in this worker's partitions.
        clock: the clock by which a lead is late.

    """

    def __init__(self, settings: Settings, rules: Rules, view: LeadView, clock: Clock) -> None:
        self.stats = LeadAlertStats()
        self._url = settings.alertmanager
        self._view = view
        self._clock = clock
        self._limits = limits_of(settings, rules)
        self._voice = AlertFormat(settings.app_id, settings.zone, settings.language, settings.crm_url)
        self._floor = settings.app_id
        self._at_most = settings.lead_alerts_at_most
        self._sent: dict[Labels, dict[str, str]] = {}
        self._owned_since: dict[int, int] = {}  # when each partition that is ready here became so
        self._caught_up: set[int] = set()
        self._trouble = Trouble(ALERTMANAGER, log)

    async def serve(self, _app: Any = None) -> AsyncGenerator[None]:
        """Post alerts in rounds until resumed; does nothing without the address of an Alertmanager."""
        if self._url is None:
            yield
            return
        async with aiohttp.ClientSession() as session:
            task = asyncio.create_task(self._run(Alertmanager(self._url, session)), name="lead-alerts")
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _run(self, alertmanager: Alertmanager) -> None:
        while True:
            began = time.monotonic()
            try:
                await self.post_round(alertmanager)
                self._trouble.ends()
            except RingboardError as error:
                self.stats.failed += 1
                self._say_away(error)
            except Exception:  # whatever failed, the next round may succeed
                self.stats.failed += 1
                log.exception("the alerts for late leads failed")
            await asyncio.sleep(max(ROUND_EVERY_S, REST_FACTOR * (time.monotonic() - began)))

    async def post_round(self, alertmanager: Alertmanager) -> None:
        """
        Post to `alertmanager` the alerts that have begun or ended since the last round.

        Raises:
            RingboardError: it did not answer, or refused them.

        """
        sure = await self._has_caught_up()
        now = self._clock.now_ms()
        late, self.stats.left_out = latest(late_leads(self._waiting(now), self._limits, now), self._at_most)
        self.stats.late = Counter(one.stage for one in late)
        held = await alertmanager.open_alerts(self._floor)
        changes = reconcile(
            late, held, self._sent, form=self._voice, is_own=self._is_own, sure=sure, now=self._clock.now_ms()
        )
        posts = [*((alert, _kind(alert)) for alert in changes.fire), *((alert, ENDED) for alert in changes.end)]
        for first in range(0, len(posts), POSTED_AT_ONCE):
            part = posts[first : first + POSTED_AT_ONCE]
            await alertmanager.post([alert for alert, _ in part])
            self.stats.posted.update(kind for _, kind in part)
        self._sent = changes.open
        self.stats.last_success_ms = self._clock.now_ms()

    def _waiting(self, now: int) -> Iterator[WaitingLead]:
        for partition in self._caught_up:
            yield from self._view.waiting(partition, now)

    def _is_own(self, lead: str) -> bool:
        """Return whether this worker owns the lead's partition and has caught up with it."""
        partition = partition_of(lead.encode(), self._view.partitions)
        return partition in self._caught_up and partition in self._view.ready()

    async def _has_caught_up(self) -> bool:
        """
        Return whether this worker knows all that happened in its partitions, and note with which it has caught up.

        A partition that has only just come may lack the call that a lead was waiting for: it has to have caught up
        once, or to be here for a while and nearly up to date. While the broker does not answer nobody knows what has
        happened.
        """
        now, ready = self._clock.now_ms(), self._view.ready()
        self._owned_since = {partition: self._owned_since.get(partition, now) for partition in ready}
        self._caught_up &= ready
        behind = await self._view.behind()
        if behind is None or behind > A_LITTLE_BEHIND:
            return False
        for partition, since in self._owned_since.items():
            if behind == 0 or now - since >= OWNED_FOR_MS:
                self._caught_up.add(partition)
        return True

    def _say_away(self, error: RingboardError) -> None:
        self._trouble.begins(why_away(error), "alerts for late leads are posted when it answers")


def _kind(alert: dict[str, Any]) -> str:
    return str(_STAGE_OF[alert["labels"]["alertname"]])
