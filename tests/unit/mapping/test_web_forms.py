"""A form of any site is a request at the moment at which it comes, as JSON or as forms are posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve

KEY = "the-key-of-the-form-in-the-tests"
FORM = {
    "id": "812",
    "name": "Jeanne Martin",
    "phone": "06 39 98 00 01",
    "utm_campaign": "Search",
    "utm_source": "google",
}


async def told(serve: Serve, kind: str, *forms: dict[str, Any], **options: Any) -> tuple[list[dict[str, Any]], int]:
    """Post forms, and return their events and the last status."""
    served = await serve(gateway_sources={"site": {"mapping": kind, "key": KEY}})
    status = 0
    for form in forms:
        if kind == "web-form":
            status, _ = await served.post("/v1/sources/site", form, **{"headers": {"X-Api-Key": KEY}, **options})
        else:
            token = options.get("token", KEY)
            status, _ = await served.post(f"/v1/sources/site?token={token}", urlencode(form).encode())
    assert "Jeanne" not in str(served.broker.records)
    return served.broker.of("events"), status


KINDS = pytest.mark.parametrize("kind", ["web-form", "web-form-post"])


@KINDS
async def test_a_form_is_a_request_with_its_number_campaign_and_channel(serve: Serve, kind: str) -> None:
    (one,), status = await told(serve, kind, FORM)
    assert status == 204
    assert (one["type"], one["lead"], one["at"]) == ("lead.requested", "812", NOW)
    assert (one["campaign"], one["channel"]) == ("Search", "google")
    assert one["number"].startswith("num_")


@KINDS
@pytest.mark.parametrize("name", ["your-tel", "telephone", "mobile", "Téléphone"])
async def test_other_names_of_the_number_are_known_and_nothing_else_is_needed(
    serve: Serve, kind: str, name: str
) -> None:
    (one,), _ = await told(serve, kind, {name: "+33199000001"})
    assert one["number"].startswith("num_")
    assert (one["campaign"], one["lead"]) == ("web form", f"form-{NOW}")


@KINDS
async def test_with_an_id_what_is_posted_twice_is_one_lead(serve: Serve, kind: str) -> None:
    events, _ = await told(serve, kind, FORM, FORM)
    assert len({one["id"] for one in events}) == 1


async def test_who_has_not_the_key_is_turned_away(serve: Serve) -> None:
    assert await told(serve, "web-form", FORM, headers={"X-Api-Key": KEY[::-1]}) == ([], 401)
    assert await told(serve, "web-form-post", FORM, token=KEY[::-1]) == ([], 401)
