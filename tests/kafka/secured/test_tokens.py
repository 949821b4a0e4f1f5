"""A process logs in by tokens that it fetches itself, at a broker that looks at their signature."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from stream.check.kafka import expected_topics
from stream.configuration import load_settings
from stream.kafka.connection import Connection
from stream.kafka.create_topics import create_missing
from stream.kafka.rights import Right, rights_of
from stream.kafka.topics import topics
from tests.kafka.secured.acls import give
from tests.kafka.secured.commands import ringboard_here
from tests.token_endpoint import CLIENT, SECRET, Endpoint, token_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kafka.secured.secured_broker import Secured

pytestmark = pytest.mark.kafka
ANOTHER = "another"
SUBJECT = "ringboard-by-token"


@pytest.fixture
def endpoint(kafka: Secured) -> Iterator[Endpoint]:
    with token_endpoint(kafka.authority, lambda: kafka.token(SUBJECT)) as made:
        yield made


def by_token(kafka: Secured, endpoint: Endpoint, **more: str) -> dict[str, str]:
    given = {
        "sasl": "OAUTHBEARER",
        "token_url": endpoint.url,
        "token_client": CLIENT,
        "token_secret": SECRET,
        "token_ca": str(kafka.ca),
    }
    return kafka.environment("OAUTH", **(given | more))


def look(settings: dict[str, str], folder: Path) -> str:
    ended = ringboard_here(settings, folder, "check", "--json")
    assert SECRET not in ended.out + ended.err
    found = ended.checks["broker"]
    return f"{found['state']}: {found['told']}; {found['todo']}"


async def make_topics(kafka: Secured, app_id: str) -> None:
    settings = load_settings(app_id=app_id, partitions=1)
    await create_missing(Connection(kafka.broker.bootstrap), expected_topics(settings), 1)
    first = Right("Write", "topic", topics(settings).control.name)  # no worker was here before
    await give(kafka.broker.bootstrap, SUBJECT, (*rights_of("simulate", topics(settings)), first))


def test_a_token_gets_in(kafka: Secured, endpoint: Endpoint, tmp_path: Path) -> None:
    assert look(by_token(kafka, endpoint), tmp_path).startswith("ok: ")


async def test_a_process_sends_by_token(kafka: Secured, endpoint: Endpoint, app_id: str, tmp_path: Path) -> None:
    await make_topics(kafka, app_id)
    settings = by_token(kafka, endpoint) | {"RINGBOARD_APP_ID": app_id, "RINGBOARD_PARTITIONS": "1"}
    settings["RINGBOARD_PSEUDONYM_KEY"] = "a key of the tests, of no floor"
    settings["RINGBOARD_DATA_DIR"] = str(tmp_path)
    words = ("simulate", "--reps", "1", "--campaigns", "1", "--leads-per-day", "3")
    ended = await asyncio.to_thread(ringboard_here, settings, tmp_path, *words)
    assert ended.code == 0, ended
    assert len(endpoint.forms) == 1  # one token for all that it connects to


def test_another_secret(kafka: Secured, endpoint: Endpoint, tmp_path: Path) -> None:
    line = look(by_token(kafka, endpoint, token_secret=ANOTHER), tmp_path)
    assert line.startswith(f"fail: no token from {endpoint.url}: it does not know the client")
    assert "RINGBOARD_BROKER_TOKEN_" in line


def test_an_endpoint_that_fails(kafka: Secured, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.status = 503
    assert look(by_token(kafka, endpoint), tmp_path).startswith(
        f"fail: the broker is away: no token from {endpoint.url}: it answers with 503"
    )


def test_an_endpoint_of_an_unknown_authority(kafka: Secured, endpoint: Endpoint, tmp_path: Path) -> None:
    assert "its certificate is not trusted" in look(by_token(kafka, endpoint, token_ca=""), tmp_path)


def test_a_token_that_the_broker_refuses(kafka: Secured, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.token = lambda: kafka.token(SUBJECT, audience="another")
    line = look(by_token(kafka, endpoint), tmp_path)
    assert f"{kafka.at('OAUTH')} refuses the token (invalid_token)" in line
