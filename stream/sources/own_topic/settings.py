"""The settings of a topic of one's own: which, how it is read, and how to reach its brokers."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  pydantic reads the annotations
from typing import Annotated, Literal

from pydantic import BaseModel, SecretStr

from stream.settings.fields import Absentable, Brokers, setting


class ConnectKafkaSettings(BaseModel):
    """The topic that `ringboard connect kafka` reads, and how it gets at it."""

    connect_kafka_topic: Annotated[str | None, Absentable] = setting(
        None,
        "The topic of your own that `ringboard connect kafka` reads.",
        'the name of a topic: "crm-events"',
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
    )
    connect_kafka_mapping: Annotated[str | None, Absentable] = setting(
        None,
        "What its records say: a mapping file, or a ready mapping; none where they are Ringboard's own events.",
        'a file: "our-crm.toml"',
    )
    connect_kafka_broker: Annotated[Brokers | None, Absentable] = setting(
        None, "The brokers it lies on; by default `broker`.", 'host:port, or several with commas: "10.0.0.5:9092"'
    )
    connect_kafka_group: Annotated[str | None, Absentable] = setting(
        None,
        "The consumer group whose offsets say how far it was read; by default of app_id and the topic.",
        "the name of a group",
    )
    connect_kafka_begin: Literal["earliest", "latest"] = setting(
        "earliest", "Where a group that has read nothing yet begins.", '"earliest" or "latest"'
    )
    connect_kafka_tls: Literal["no", "yes"] = setting(
        "no",
        "Whether these brokers are reached over TLS; those of `broker` are, as broker_security says.",
        '"no" or "yes"',
    )
    connect_kafka_tls_ca: Annotated[Path | None, Absentable] = setting(
        None,
        "The authorities (PEM) that their certificates come from; by default those that the machine trusts.",
        "a file",
    )
    connect_kafka_user: Annotated[str | None, Absentable] = setting(
        None,
        "The user to log in as (SASL), where they want one; by default, at those of `broker`, as the floor does.",
        "a user's name",
    )
    connect_kafka_password: Annotated[SecretStr | None, Absentable] = setting(None, "Its password.", "a secret")
    connect_kafka_login: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = setting(
        "PLAIN", "How to log in.", '"PLAIN", "SCRAM-SHA-256" or "SCRAM-SHA-512"'
    )
