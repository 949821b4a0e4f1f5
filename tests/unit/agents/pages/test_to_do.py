"""What the API says is to be done: leads that wait, follow-ups, and customers at risk."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from agents.metrics.bands import band_of
from agents.pages.answers import moment
from stream.kpi.rules import DAY
from tests.unit.agents.pages.conftest import MINUTE, NOON, NOW, a_floor

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Serve


def waits(name: str, minutes: float, campaign: str = "Spring") -> dict[str, Any]:
    at = NOW - round(minutes * MINUTE)
    return {"id": name, "type": "lead.requested", "at": at, "lead": name, "campaign": campaign}


async def test_the_leads_come_first_that_can_still_be_saved(serve: Serve) -> None:
    floor = a_floor(lead_limit_s_by_campaign={"Autumn": 1500})
    floor.feed([waits("L4", 70)])
    client = await serve(floor)
    answer = await (await client.get("/api/v1/leads/waiting")).json()
    assert [lead["lead"] for lead in answer["leads"]] == ["L3", "L4"]
    assert answer["waiting"] == {"0-5m": 0, "5-15m": 0, "15-60m": 1, "60m+": 1}
    assert answer["stages"] == {"in_time": 0, "warned": 1, "overdue": 1, "escalated": 0}
    assert (answer["alarms"], answer["left_out"], answer["offset"]) == (True, 0, 0)
    assert (
        answer["leads"][1]
        == answer["freshest_late"]
        == answer["oldest"]
        == {
            "lead": "L4",
            "campaign": "Spring",
            "team": None,
            "rep": None,
            "requested_at": "2026-03-18T10:50:30.250+01:00",
            "waited_s": 4200.0,
            "band": "60m+",
            "stage": "overdue",
            "overdue": True,
            "limit_s": 3600.0,
            "warn_at": "2026-03-18T11:35:30.250+01:00",
            "limit_at": "2026-03-18T11:50:30.250+01:00",
        }
    )
    one = await (await client.get("/api/v1/leads/waiting?limit=1")).json()
    assert ([lead["lead"] for lead in one["leads"]], one["left_out"]) == (["L3"], 1)
    autumn = await (await client.get("/api/v1/leads/waiting?campaign=Autumn")).json()
    assert [lead["lead"] for lead in autumn["leads"]] == ["L3"]
    for wrong in ("-1", "many", "1001", "9999999"):
        assert (await client.get(f"/api/v1/leads/waiting?limit={wrong}")).status == 400


async def test_leads_are_ordered_by_the_time_they_have_left_and_paged(serve: Serve) -> None:
    floor = a_floor(lead_limit_s_by_campaign={"Winter": 1200}, lead_alarm_days=2)
    late = [("A", 61, "Spring"), ("B", 300, "Spring"), ("C", 21, "Winter"), ("D", 2 * 24 * 60 - 1, "Spring")]
    saved = [("E", 59, "Spring"), ("F", 1, "Spring"), ("G", 18, "Winter"), ("H", 45, "Spring"), ("I", 60, "Spring")]
    given_up = [("J", 2 * 24 * 60, "Spring"), ("K", 3 * 24 * 60, "Spring")]
    floor.feed([waits(*one) for one in (*late, *saved, *given_up)])
    client = await serve(floor)
    answer = await (await client.get("/api/v1/leads/waiting?campaign=Winter")).json()
    assert [(lead["lead"], lead["stage"]) for lead in answer["leads"]] == [("G", "warned"), ("C", "overdue")]
    answer = await (await client.get("/api/v1/leads/waiting")).json()
    order = ["I", "E", "G", "H", "L3", "F", "A", "C", "B", "D"]
    assert [lead["lead"] for lead in answer["leads"]] == order
    stages = ["warned", "warned", "warned", "in_time", "in_time", "in_time", *["overdue"] * 2, *["escalated"] * 2]
    assert [lead["stage"] for lead in answer["leads"]] == stages
    assert answer["stages"] == {"in_time": 3, "warned": 3, "overdue": 2, "escalated": 2}
    assert (answer["freshest_late"]["lead"], answer["oldest"]["lead"]) == ("A", "D")
    assert (answer["given_up"], [lead["lead"] for lead in answer["leads_given_up"]]) == (2, ["J", "K"])
    page = await (await client.get("/api/v1/leads/waiting?limit=3&offset=5")).json()
    assert ([lead["lead"] for lead in page["leads"]], page["left_out"]) == (order[5:8], 2)
    assert (page["stages"], page["offset"]) == (answer["stages"], 5)


async def test_nobody_is_alarmed_while_the_floor_is_closed_unless_the_limit_runs_then(serve: Serve) -> None:
    closed = {"mon": ["09:00-18:00"]}
    for clock, alarms in (("business", False), ("wall", True)):
        client = await serve(a_floor(lead_limit_clock=clock, opening_hours=closed))
        assert (await (await client.get("/api/v1/leads/waiting")).json())["alarms"] is alarms


def test_a_band_begins_at_its_lower_end() -> None:
    assert [band_of(minutes * MINUTE) for minutes in (0, 5, 15, 60)] == ["0-5m", "5-15m", "15-60m", "60m+"]
    assert [band_of(minutes * MINUTE - 1) for minutes in (5, 15, 60)] == ["0-5m", "5-15m", "15-60m"]


async def test_leads_wait_by_the_floors_clock_until_they_are_given_up(serve: Serve) -> None:
    evening = NOW - 17 * 60 * MINUTE  # 19:00 of the day before: closed until 9:00
    waiting = [("W1", evening), ("W2", NOW - 20 * MINUTE), ("W3", NOW - 7 * DAY), ("W4", NOW - 7 * DAY + 1)]
    answers = {}
    for clock in ("business", "wall"):
        floor = a_floor(lead_limit_clock=clock, opening_hours={"mon": ["09:00-18:00"], "wed": ["11:30-18:00"]})
        for name, at in waiting:
            floor.feed([{"id": name, "type": "lead.requested", "at": at, "lead": name, "campaign": "Winter"}])
        client = await serve(floor)
        answers[clock] = await (await client.get("/api/v1/leads/waiting?campaign=Winter")).json()
    by_floor, by_wall = answers["business"], answers["wall"]
    assert (by_floor["clock"], by_wall["clock"]) == ("business", "wall")
    assert by_floor["waiting"] == {"0-5m": 0, "5-15m": 0, "15-60m": 2, "60m+": 1}
    assert by_wall["waiting"] == {"0-5m": 0, "5-15m": 0, "15-60m": 1, "60m+": 2}
    for answer, order, late in ((by_floor, ["W1", "W2", "W4"], ["W4"]), (by_wall, ["W2", "W1", "W4"], ["W1", "W4"])):
        assert [lead["lead"] for lead in answer["leads"]] == order
        assert [lead["lead"] for lead in answer["leads"] if lead["overdue"]] == late
        assert (answer["given_up"], [lead["lead"] for lead in answer["leads_given_up"]]) == (1, ["W3"])


async def test_follow_ups_to_be_made_are_counted_by_when_and_by_whom_the_late_ones_first(serve: Serve) -> None:
    floor = a_floor()
    due = {"late": (-1, -3), "1h": (0.5,), "4h": (2,), "today": (8,), "tomorrow": (20,), "": (40,)}
    for band, hours in due.items():
        for n, hour in enumerate(hours):
            placed = NOW - 72 * 60 * MINUTE + round(hour * 60) * MINUTE
            call = {
                "type": "call.ended",
                "direction": "outbound",
                "placed_at": placed,
                "at": placed,
                "lead": f"{band}{n}",
            }
            rep = {"campaign": "Winter", "team": "north", "rep": "zoe" if n else "yan"}
            floor.feed([{"id": f"{band}{n}", "call": f"{band}{n}", **call, **rep}])
    client = await serve(floor)
    answer = await (await client.get("/api/v1/follow-ups/due?campaign=Winter")).json()
    assert answer["due"] == {"late": 2, "1h": 1, "4h": 1, "today": 1, "tomorrow": 1}
    none = dict.fromkeys(answer["due"], 0)
    assert answer["reps"] == [
        {"rep": "yan", "team": "north", "late": 1, "1h": 1, "4h": 1, "today": 1, "tomorrow": 1},
        {"rep": "zoe", "team": "north", **none, "late": 1},
    ]
    leads = [("late0", "late"), ("late1", "late"), ("1h0", "1h"), ("4h0", "4h"), ("today0", "today")]
    listed = [*leads, ("tomorrow0", "tomorrow")]  # of those that are late the latest comes first
    assert [(lead["lead"], lead["band"]) for lead in answer["leads"]] == listed
    first = answer["leads"][0]
    assert first == {
        "lead": "late0",
        "number": None,
        "campaign": "Winter",
        "team": "north",
        "rep": "yan",
        "band": "late",
        "due_at": moment(NOW - 60 * MINUTE, NOON.tzinfo or UTC),
        "called_at": moment(NOW - 73 * 60 * MINUTE, NOON.tzinfo or UTC),
        "attempts": 1,
    }
    one = await (await client.get("/api/v1/follow-ups/due?rep=zoe&limit=0&reps=0")).json()
    assert (one["due"], one["reps"], one["reps_left_out"]) == ({**none, "late": 1}, [], 1)
    assert (one["leads"], one["left_out"]) == ([], 1)
    page = await (await client.get("/api/v1/follow-ups/due?campaign=Winter&limit=2&offset=3")).json()
    assert ([lead["lead"] for lead in page["leads"]], page["left_out"]) == (["4h0", "today0"], 1)
    band = await (await client.get("/api/v1/follow-ups/due?campaign=Winter&band=late&limit=1")).json()
    assert ([lead["lead"] for lead in band["leads"]], band["left_out"]) == (["late0"], 1)
    assert band["due"] == answer["due"]
    for wrong in ("band=soon", "limit=1001", "offset=10001", "reps=-1"):
        assert (await client.get(f"/api/v1/follow-ups/due?{wrong}")).status == 400, wrong


async def test_a_follow_up_is_listed_until_it_is_made_or_its_lead_closes(serve: Serve) -> None:
    floor = a_floor()
    before = NOW - 72 * 60 * MINUTE

    def call(name: str, placed: int, **who: str) -> dict[str, Any]:
        ended = {"type": "call.ended", "direction": "outbound", "campaign": "Winter", "placed_at": placed, "at": placed}
        return {"id": name, "call": name, **ended, **who}

    client = await serve(floor)

    async def listed() -> list[tuple[str | None, str]]:
        answer = await (await client.get("/api/v1/follow-ups/due?campaign=Winter")).json()
        assert sum(answer["due"].values()) == len(answer["leads"])
        return [(lead["lead"], lead["band"]) for lead in answer["leads"]]

    floor.feed([call("a", before + 10 * MINUTE, lead="A"), call("b", before - 10 * MINUTE, lead="B")])
    floor.feed([call("n", before + 90 * MINUTE, number="06 39 98 12 34")])
    assert await listed() == [("B", "late"), ("A", "1h"), (None, "4h")]
    floor.feed([call("b2", NOW - MINUTE, lead="B")])  # too late to be kept, but it is called
    floor.feed([{"id": "x", "type": "lead.lost", "at": NOW, "lead": "A"}])
    assert await listed() == [(None, "4h")]
    # Whoever asks for the number makes it a lead of that name, also after the call.
    floor.feed(
        [{"id": "r", "type": "lead.requested", "at": before, "lead": "N", "campaign": "Winter", "number": "0639981234"}]
    )
    assert await listed() == [("N", "4h")]
    floor.restart()
    assert await listed() == [("N", "4h")]
    floor.clock.advance(90 * MINUTE)
    assert await listed() == [("N", "1h")]
    floor.clock.advance(MINUTE)
    assert await listed() == [("N", "late")]
    floor.feed([{"id": "w", "type": "lead.withdrawn", "at": NOW, "lead": "N"}])
    assert await listed() == [(None, "late")]  # nobody has requested it, so the number is its own lead again
    floor.feed([call("n2", NOW, number="06 39 98 12 34")])
    assert await listed() == []  # the next one is due in 72 hours


async def test_customers_at_risk_are_counted_and_listed_until_the_risk_ends(serve: Serve) -> None:
    floor = a_floor(risk_days=2)

    def risk(name: str, kind: str, at: int, **who: str) -> dict[str, Any]:
        return {"id": f"{name}-{kind}", "type": f"customer.{kind}", "customer": name, "at": at, **who}

    floor.feed(
        [
            risk("K1", "at_risk", NOW - 2 * DAY + MINUTE, campaign="Winter", rep="zoe"),
            risk("K2", "at_risk", NOW - DAY, campaign="Winter"),
            risk("K2", "kept", NOW - MINUTE),
            risk("K3", "at_risk", NOW - DAY),
            risk("K4", "lost", NOW - DAY, campaign="Winter"),
        ]
    )
    client = await serve(floor)

    async def at_risk(query: str = "limit=10") -> Any:
        return await (await client.get(f"/api/v1/customers/at-risk?{query}")).json()

    answer = await at_risk()
    assert (answer["at_risk"], answer["by_campaign"], answer["left_out"]) == (2, {"Winter": 1}, 0)
    assert [one["customer"] for one in answer["customers"]] == ["K1", "K3"]
    assert (answer["customers"][0]["rep"], answer["customers"][1]["campaign"]) == ("zoe", None)
    assert [(await at_risk(f"{name}"))["at_risk"] for name in ("campaign=Winter", "rep=zoe", "team=north")] == [1, 1, 0]
    assert (await at_risk(""))["customers"] == []
    floor.restart()
    floor.clock.advance(MINUTE)
    assert (await at_risk())["at_risk"] == 2  # the limit is judged at the whole minute
    floor.clock.advance(MINUTE)
    assert (await at_risk())["at_risk"] == 1
    floor.feed([risk("K3", "lost", NOW)])
    assert (await at_risk())["at_risk"] == 0
