"""A real worker with few file descriptors, among more idle and slow clients than it has: it answers, and counts all."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from stream.clock import SystemClock
from tests.flood import SECRET, Flood, flooded
from tests.kafka.test_pages import WORKER, agree, events, same_floor, settings, tell, worker
from tests.kafka.worker_process import DEADLINE_S

if TYPE_CHECKING:
    from stream.settings.model import Settings
    from tests.kafka.test_pages import Events

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
__all__ = ["events", "settings"]
FEW_DESCRIPTORS = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))"
MOST_LINES = 20
FRESH = 500
FULL = re.compile(r"closed a connection of 127\.0\.[01]\.[0-9]+, as 640 are open")


async def test_a_worker_flooded_with_idle_and_slow_clients_answers_and_counts_to_the_exact_number(
    settings: Settings, events: Events
) -> None:
    await tell(settings, events)
    async with worker(settings, program=FEW_DESCRIPTORS + WORKER) as one:
        await one.settled()
        quiet = len(one.log.read_text().splitlines())
        now = SystemClock().now_ms()
        fresh = [
            {"id": f"f{n}", "type": "lead.requested", "at": now, "lead": f"F{n}", "campaign": "Flood"}
            for n in range(FRESH)
        ]
        async with flooded(Flood(one.port)) as flood:
            async with asyncio.timeout(DEADLINE_S):
                while flood.closed < flood.clients or flood.scraped < flood.scrapers:
                    assert (await one.ask("/healthz")).get("alive") is True
                    await asyncio.sleep(0.05)
            await tell(settings, fresh)
            counted = await one.wait_for(
                "/api/v1/kpis?window=today&campaign=Flood",
                lambda told: told["complete"] and told["kpis"]["leads_requested"]["value"] == FRESH,
            )
            assert counted["behind"] is not None
            assert flood.statuses == {200}
            agree(await one.settled("30d"), same_floor(settings, [*events, *fresh]))
        log = one.log.read_text()
        assert SECRET not in log
        assert "Traceback" not in log
        said = log.splitlines()[quiet:]
        assert len(said) <= MOST_LINES, said
        # Whose comes first is not said: on a busy machine the clients of this test may have said nothing yet, too.
        assert any(FULL.search(line) for line in said), said
