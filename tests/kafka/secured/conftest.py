"""The secured broker of these tests, one for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kafka.secured.secured_broker import Secured, secured

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A broker that is entered by TLS, certificates, passwords and tokens, and gives no rights by itself."""
    made = secured(tmp_path_factory.mktemp("secured"))
    with pytest.MonkeyPatch.context() as patch:
        # Kafka reads the keys of tokens only where its own system property lets it.
        keys = made.folder / "jwks.json"
        allowed = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://{keys}"
        # It serves few records: what makes many of them fast only makes its start slow.
        patch.setenv("JAVA_TOOL_OPTIONS", f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC {allowed}")
        made.broker.start()
    with made.broker:
        yield made
