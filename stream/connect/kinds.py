"""The kinds of live sources: one module each, loaded only when it is asked for."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.check.finding import Finding
    from stream.clock import Clock
    from stream.settings.model import Settings
    from stream.sources.live_source import LiveSource

# What `ringboard connect --help` says of each.
KINDS: Final = {
    "asterisk": "Asterisk, over its manager interface (AMI).",
    "freeswitch": "FreeSWITCH, over its event socket (ESL).",
    "kafka": "A Kafka topic of your own, by a mapping.",
}

_MODULES: Final = {
    "asterisk": "stream.sources.asterisk.live",
    "freeswitch": "stream.sources.freeswitch.live",
    "kafka": "stream.sources.own_topic.live",
}

# The options of each: the setting that one stands for, and what `--help` says of it.
OPTIONS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "kafka": {
        "--topic": ("connect_kafka_topic", "The topic to read.  [default: the setting connect_kafka_topic]"),
        "--mapping": ("connect_kafka_mapping", "What its records say: a mapping file, or one that is ready."),
    }
}


class Kind(Protocol):
    """What the module of a kind has."""

    def source_of(self, settings: Settings, clock: Clock) -> LiveSource:
        """Return the source that `settings` describe; RingboardError where they do not."""

    async def check(self, settings: Settings, clock: Clock) -> list[Finding]:
        """Look at the connection, for `ringboard check`: one finding for each thing; none if it is not configured."""


def there_are() -> list[str]:
    """Return the names of the kinds that are there."""
    return [name for name in KINDS if importlib.util.find_spec(_MODULES[name])]


def kind(name: str) -> Kind:
    """Load the module of a kind."""
    return cast("Kind", importlib.import_module(_MODULES[name]))
