"""A token is fetched by client credentials and kept for most of its time; what fails is one line without the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme
from pydantic import SecretStr

from stream.kafka.tls import client_context
from stream.kafka.token_endpoint import Client, TokenEndpoint, TokenError
from tests.ports import free_port
from tests.token_endpoint import CLIENT, SECRET, Endpoint, token_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANOTHER = "another"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def endpoint(authority: trustme.CA) -> Iterator[Endpoint]:
    numbers = iter(range(100))
    with token_endpoint(authority, lambda: f"token-{next(numbers)}") as made:
        yield made


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def tokens(
    url: str, authority: trustme.CA, folder: Path, *, secret: str = SECRET, clock: Clock | None = None
) -> TokenEndpoint:
    ca = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    client = Client(url, CLIENT, SecretStr(secret), "kafka")
    return TokenEndpoint(client, client_context(ca, prefix="RINGBOARD_BROKER_TOKEN"), clock=clock or Clock())


async def refusal(provider: TokenEndpoint) -> TokenError:
    with pytest.raises(TokenError) as caught:
        await provider.token()
    line = str(caught.value)
    assert "\n" not in line
    assert SECRET not in line
    return caught.value


async def test_a_token_is_kept_for_four_fifths_of_its_time(
    endpoint: Endpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    clock = Clock()
    provider = tokens(endpoint.url, authority, tmp_path, clock=clock)
    assert await provider.token() == "token-0"
    clock.now += 239
    assert await provider.token() == "token-0"
    clock.now += 2
    assert await provider.token() == "token-1"
    assert endpoint.forms == [{"grant_type": ["client_credentials"], "scope": ["kafka"]}] * 2


async def test_a_token_without_a_time_is_for_one_login(
    endpoint: Endpoint, authority: trustme.CA, tmp_path: Path
) -> None:
    endpoint.lasts_s = None
    provider = tokens(endpoint.url, authority, tmp_path)
    assert [await provider.token(), await provider.token()] == ["token-0", "token-1"]


async def test_another_secret_is_refused_for_good(endpoint: Endpoint, authority: trustme.CA, tmp_path: Path) -> None:
    error = await refusal(tokens(endpoint.url, authority, tmp_path, secret=ANOTHER))
    assert "it does not know the client, or its secret is another" in str(error)
    assert not error.passing


@pytest.mark.parametrize(("status", "passing"), [(500, True), (503, True), (404, False), (302, True)])
async def test_an_endpoint_that_fails_is_named_with_its_status(
    endpoint: Endpoint, authority: trustme.CA, tmp_path: Path, status: int, passing: bool
) -> None:
    endpoint.status = status
    error = await refusal(tokens(endpoint.url, authority, tmp_path))
    assert str(error) == f"no token from {endpoint.url}: it answers with {status}"
    assert error.passing is passing


async def test_nothing_answers(authority: trustme.CA, tmp_path: Path) -> None:
    error = await refusal(tokens(f"https://127.0.0.1:{free_port()}/token", authority, tmp_path))
    assert "nothing answers there" in str(error)
    assert error.passing


async def test_an_endpoint_of_another_authority_is_sent_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    error = await refusal(tokens(endpoint.url, trustme.CA(), tmp_path))
    assert "its certificate is not trusted" in str(error)
    assert not error.passing
    assert not endpoint.forms
