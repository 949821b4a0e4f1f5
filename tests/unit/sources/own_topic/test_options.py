"""How the brokers of a user's own topic are reached, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.sources.own_topic.live import broker_of, connection_to, group_of

if TYPE_CHECKING:
    from pathlib import Path

    from stream.settings.model import Settings

SPOKEN = "open sesame, said the test"


def settings(tmp_path: Path, **given: Any) -> Settings:
    return load_settings(data_dir=tmp_path, **given)


def test_by_default_it_is_the_floors_own_broker_in_the_clear(tmp_path: Path) -> None:
    plain = settings(tmp_path, broker="10.0.0.5:9092", app_id="floor")
    assert broker_of(plain) == "10.0.0.5:9092"
    assert connection_to(plain).security == {"security_protocol": "PLAINTEXT"}
    assert group_of(plain, "crm") == "floor-connect-crm"


@pytest.mark.parametrize(("tls", "protocol"), [("no", "SASL_PLAINTEXT"), ("yes", "SASL_SSL")])
def test_a_user_logs_in_over_tls_or_not(tmp_path: Path, tls: str, protocol: str) -> None:
    secured = settings(
        tmp_path,
        connect_kafka_broker="kafka.example:9093",
        connect_kafka_user="ringboard",
        connect_kafka_password=SecretStr(SPOKEN),
        connect_kafka_login="SCRAM-SHA-512",
        connect_kafka_tls=tls,
    )
    assert broker_of(secured) == "kafka.example:9093"
    options = connection_to(secured).security
    assert options["security_protocol"] == protocol
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "ringboard")
    assert options["sasl_plain_password"] == SPOKEN
    assert ("ssl_context" in options) is (tls == "yes")


def test_a_wrong_broker_is_refused_with_its_right_form() -> None:
    with pytest.raises(RingboardError, match=r"connect_kafka_broker: not a list of host:port; write host:port"):
        load_settings(connect_kafka_broker="kafka")


def test_on_the_floors_brokers_it_gets_in_as_the_floor_does_or_by_a_login_of_its_own(tmp_path: Path) -> None:
    floor: dict[str, Any] = {
        "broker": "kafka.example:9093",
        "broker_security": "SASL_SSL",
        "broker_sasl": "SCRAM-SHA-256",
        "broker_user": "floor",
        "broker_password": SecretStr(SPOKEN),
    }
    as_the_floor = connection_to(settings(tmp_path, **floor))
    assert (as_the_floor.servers, as_the_floor.user) == ("kafka.example:9093", "floor")
    own = connection_to(settings(tmp_path, **floor, connect_kafka_user="crm", connect_kafka_password=SecretStr(SPOKEN)))
    assert own.user == "crm"
    assert own.security["ssl_context"] is as_the_floor.security["ssl_context"]
    assert own.security["security_protocol"] == "SASL_SSL"
    elsewhere = connection_to(settings(tmp_path, **floor, connect_kafka_broker="10.0.0.5:9092"))
    assert elsewhere.security == {"security_protocol": "PLAINTEXT"}
