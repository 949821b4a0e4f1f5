"""A worker's part of the numbers opens to another worker only, whose token opens nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from agents.peers.claims import Holder, Part
from agents.peers.floor_view import Alone, FloorView
from agents.peers.peers import parameters_of
from agents.peers.tokens import ANSWER, Tokens
from stream.clock import FixedClock
from stream.journeys.due import ToDo
from stream.kpi.reading import Filters
from stream.privacy.identity import Identity
from tests.engine_in_memory import EngineInMemory
from tests.unit.agents.pages.conftest import NOW, a_floor
from tests.unit.agents.pages.test_access import TOKEN
from tests.unit.agents.pages.test_middlewares import PAGES

if TYPE_CHECKING:
    from tests.unit.agents.pages.conftest import Serve

PATH = "/api/v1/snapshot"
IDENTITY = Identity(b"a key of the tests, and of nothing else", "FR")
ONE, TWO = (Tokens(name, IDENTITY, FixedClock(NOW)) for name in ("one", "two"))
ASKED = {"as_of": str(NOW), "window": "today", "waiting": "no"}


async def test_the_token_of_another_worker_opens_it_and_the_answer_is_signed(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN), None, TWO)
    token = ONE.token("two", ASKED.items())
    response = await client.get(PATH, params=ASKED, headers={"Authorization": token})
    assert response.status == 200
    body = await response.read()
    assert msgspec.msgpack.decode(body, type=Part).snapshot.as_of == NOW
    assert response.headers[ANSWER] == TWO.answer_signature(token, body)


@pytest.mark.parametrize("api_token", [None, TOKEN])
async def test_nothing_else_opens_it_and_the_answer_does_not_say_why(api_token: str | None, serve: Serve) -> None:
    client = await serve(a_floor(**({"api_token": api_token} if api_token else {})), None, TWO)
    good = ONE.token("two", ASKED.items())
    answers = set()
    for headers, params in (
        ({}, ASKED),
        ({"Authorization": f"Bearer {TOKEN}"}, ASKED),
        ({}, {**ASKED, "token": TOKEN}),
        ({"Cookie": f"ringboard_token={TOKEN}"}, ASKED),
        ({"Authorization": good}, {**ASKED, "waiting": "yes"}),
        ({"Authorization": good}, {}),
        ({"Authorization": ONE.token("three", ASKED.items())}, ASKED),
        ({"Authorization": Tokens("one", IDENTITY, FixedClock(NOW - 60_001)).token("two", ASKED.items())}, ASKED),
    ):
        response = await client.get(PATH, params=params, headers=headers)
        answers.add((response.status, await response.text(), response.headers["WWW-Authenticate"]))
    assert answers == {(401, '{"error":"this is between workers"}\n', "Ringboard-Worker")}
    assert (await client.post(PATH, params=ASKED, headers={"Authorization": good})).status == 401
    assert (await client.head(PATH, params=ASKED, headers={"Authorization": good})).status == 401


async def test_it_opens_no_page(serve: Serve) -> None:
    client = await serve(a_floor(api_token=TOKEN), None, TWO)
    for page in set(PAGES) - {"/", "/healthz", "/readyz"}:  # those ask for no token
        for token in (ONE.token("two", ()), ONE.token("two", ()).replace("Ringboard-Worker", "Bearer")):
            response = await client.get(page, headers={"Authorization": token}, allow_redirects=False)
            assert response.status in {401, 429}, page


async def test_a_worker_without_others_answers_none(serve: Serve) -> None:
    client = await serve(a_floor())
    token = ONE.token("two", ASKED.items())
    assert (await client.get(PATH, params=ASKED, headers={"Authorization": token})).status == 401


async def test_a_wrong_question_of_another_worker_is_refused_by_its_name(serve: Serve) -> None:
    client = await serve(a_floor(), None, TWO)
    wrong = {"as_of": "soon"}
    response = await client.get(PATH, params=wrong, headers={"Authorization": ONE.token("two", wrong.items())})
    assert response.status == 400
    assert (await response.json())["error"].startswith("as_of: ")


async def test_the_first_follow_ups_of_every_worker_are_the_first_of_the_floor(serve: Serve) -> None:
    floor = a_floor()
    for n in range(12):
        placed = NOW - 72 * 3_600_000 + (n - 3) * 600_000
        call = {"type": "call.ended", "direction": "outbound", "at": placed, "placed_at": placed, "campaign": "Winter"}
        floor.feed([{"id": f"c{n}", "call": f"w{n}", "lead": f"W{n}", "rep": "zoe" if n % 2 else "yan", **call}])
    parts = {place for place in floor.states if place != ("events", 1)}
    one, two = EngineInMemory(floor, parts), EngineInMemory(floor, {("events", 1)})
    client = await serve(floor, two, TWO)

    class Other(Alone):
        async def ask(self, own: Part, window: str | None, **wanted: Any) -> list[Holder]:
            params = {"as_of": str(own.snapshot.as_of), "window": str(window), "waiting": "no"}
            params |= parameters_of(wanted["due"])
            response = await client.get(
                PATH, params=params, headers={"Authorization": ONE.token("two", params.items())}
            )
            assert response.status == 200, await response.text()
            part = msgspec.msgpack.decode(await response.read(), type=Part)
            return [Holder(part.generation, part.claims, part)]

    view = FloorView("one", one, Other(), floor.clock, floor.settings.zone)
    wanted = ToDo(3, None, Filters("Winter", rep="zoe"))
    now = await view.now("5m", waiting=False, due=wanted)
    assert now.complete
    assert [found.lead for found in now.snapshot.follow_ups[:3]] == ["W1", "W3", "W5"]
    assert sum(sum(bands.values()) for owner, bands in now.snapshot.due if wanted.filters.match(owner)) == 6
    tomorrow = await view.now("5m", waiting=False, due=ToDo(3, "late"))
    assert [found.lead for found in tomorrow.snapshot.follow_ups] == ["W2", "W1", "W0"]
