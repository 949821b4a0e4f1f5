"""A Kafka topic of the user's own, read by a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.own_topic.settings import ConnectKafkaSettings
from stream.sources.source import Live, Option, VendorSource

if TYPE_CHECKING:
    from stream.sources.source import LiveModule


def _live() -> LiveModule:
    from stream.sources.own_topic import live

    return live


SOURCE: Final = VendorSource(
    name="own_topic",
    title="a Kafka topic",
    docs=("mapping.md",),
    settings=(ConnectKafkaSettings,),
    live=Live(
        "kafka",
        "A Kafka topic of your own, by a mapping.",
        _live,
        (
            Option("--topic", "connect_kafka_topic", "The topic to read.  [default: the setting connect_kafka_topic]"),
            Option("--mapping", "connect_kafka_mapping", "What its records say: a mapping file, or one that is ready."),
        ),
    ),
)
