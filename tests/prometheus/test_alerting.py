"""Kafka, workers, Prometheus and Alertmanager together: who waits is told, and no sum is wrong while workers die."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import SystemClock
from stream.simulate.play import history
from tests.kafka.worker_process import DEADLINE_S
from tests.prometheus.stack import a_stack
from tests.prometheus.webhook import a_webhook

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from tests.prometheus.stack import Stack
    from tests.prometheus.webhook import Webhook

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]
NASTY = 'Été "}{<script> 🌞'
ALWAYS_OPEN = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
LIMIT_S = 5
DUE_SOON, OVERDUE, ESCALATED = "RingboardLeadDueSoon", "RingboardLeadOverdue", "RingboardLeadEscalated"
SLOW = ("RingboardLeadsDueSoon", "calm")


def request(lead: str, at: int) -> dict[str, Any]:
    owner = {"campaign": NASTY, "rep": "ada", "team": "north"}
    return {"id": f"r-{lead}", "type": "lead.requested", "at": at, "lead": lead, **owner}


def call(lead: str, at: int) -> dict[str, Any]:
    placed = {"direction": "outbound", "placed_at": at, "talk_s": 40}
    return {"id": f"c-{lead}", "type": "call.ended", "at": at, "call": f"C-{lead}", "lead": lead, **placed}


async def test_a_lead_left_waiting_is_told_once_and_resolved_when_it_is_called(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    async with (
        a_webhook() as hook,
        a_stack(
            broker,
            app_id,
            tmp_path,
            workers=2,
            alertmanager=hook.config,
            opening_hours=ALWAYS_OPEN,
            holidays_country="none",
            lead_limit_s=LIMIT_S,
            lead_warn_share=0.5,
            lead_limit_s_by_campaign={"slow": 7200, "calm": 7200},
            crm_url="https://crm.example.org/leads/{lead}",
        ) as stack,
    ):
        await stack.answered()
        now = SystemClock().now_ms()
        waits = {"L-1": request("L-1", now), "L-2": {**request("L-2", now - 400_000), "campaign": "slow"}}
        waits["L-3"] = {**request("L-3", now - 4_000_000), "campaign": "calm"}
        await stack.tell(waits.values())
        await hook.until(lambda: (OVERDUE, "firing") in hook.sent("L-1"))
        await hook.until(lambda: (DUE_SOON, "firing") in hook.sent("L-3"))
        await stack.workers[0].kill()
        again = await stack.start_worker()
        await again.wait_for("/readyz", lambda told: told["ready"])
        await hook.until(lambda: (ESCALATED, "firing") in hook.sent("L-1"))
        await hook.until(lambda: by_rule(hook))
        await stack.tell(call(lead, SystemClock().now_ms()) for lead in ("L-1", "L-3"))
        await hook.until(lambda: all((stage, "resolved") in hook.sent("L-1") for stage in fired(hook, "L-1")))
        await hook.until(lambda: (DUE_SOON, "resolved") in hook.sent("L-3"))
        # The first stage of L-1 lasts for a moment: a busy worker looks when the next has begun, which silences it.
        assert fired(hook, "L-1") - {DUE_SOON} == {OVERDUE, ESCALATED}
        for lead in waits:
            told = Counter(hook.sent(lead))
            assert told == {(stage, state): 1 for stage in fired(hook, lead) for state in ("firing", "resolved")}
        assert fired(hook, "L-3") == {DUE_SOON}
        assert hook.sent("L-2") == []  # its campaign has two hours
        first = next(one for one in hook.alerts if one["labels"].get("lead") == "L-1")
        assert first["labels"]["campaign"] == NASTY
        assert first["annotations"]["crm_url"] == "https://crm.example.org/leads/L-1"
        assert by_rule(hook)[0]["annotations"]["summary"] == "calm: 1 leads must be called soon"


def fired(hook: Webhook, lead: str) -> set[str]:
    return {stage for stage, state in hook.sent(lead) if state == "firing"}


def by_rule(hook: Webhook) -> list[dict[str, Any]]:
    return [one for one in hook.alerts if (one["labels"]["alertname"], one["labels"].get("campaign")) == SLOW]


async def test_while_a_worker_dies_no_sum_is_wrong_and_none_of_its_series_stays(
    broker: Broker, app_id: str, tmp_path: Path
) -> None:
    events = [event for _, event in history(7, 1, SystemClock().now_ms() - 86_400_000)]
    async with a_stack(broker, app_id, tmp_path, workers=2) as stack:
        await stack.tell(events)
        await stack.answered("30d")
        two = await stack.start_worker()
        await two.wait_for("/readyz", lambda told: told["ready"])
        answer = (await stack.answered("30d"))["kpis"]
        await both_have_a_part(stack)
        begun = time.time()
        dead = stack.workers[0]
        await dead.kill()
        await two.wait_for("/api/v1/kpis?window=30d", lambda told: told["complete"] and told["behind"] == 0)
        await stack.recorded()
        for rule, value in (
            ("floor_window:ringboard_contact_rate:ratio", answer["contact_rate"]["value"]),
            ("floor_window:ringboard_leads_requested:sum", answer["leads_requested"]["value"]),
            ("floor_window:ringboard_lead_response_p90_attempt:quantile", answer["lead_response_p90_attempt"]["value"]),
        ):
            async with asyncio.timeout(DEADLINE_S):
                while not (recorded := await stack.samples(f'{rule}{{window="30d"}}', since=begun)):  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
            assert [one for one in recorded if one != pytest.approx(value, rel=1e-9)] == [], rule
        left = await stack.query(f'{{__name__=~"ringboard_.+",instance="127.0.0.1:{dead.port}"}}')
        assert left == []
        assert [value for _, value in await stack.query("floor:ringboard_complete:bool")] == [1]


async def both_have_a_part(stack: Stack) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            ready = await stack.query("sum by (instance) (ringboard_partitions_ready)")
            complete = await stack.query("floor:ringboard_complete:bool == 1")
            if len([value for _, value in ready if value]) == len(stack.workers) and complete:
                return
            await asyncio.sleep(0.3)
