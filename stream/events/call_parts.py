"""What all calls that are told in parts share: the ids of their versions, and how much of them is remembered."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import orjson

from stream.events.types import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEPT_MS: Final = 26 * 3_600_000
MOST_PARTS: Final = 1_000_000  # the callbacks of a day with 200,000 legs

Events = list[dict[str, Any]]


def versioned(event: Mapping[str, Any], known: int | None = None) -> dict[str, Any]:
    """
    Return the `event` of a call with its id: of its source, call and kind, how much is `known`, and a digest.

    Of two versions of a call that end together the one that more was known for has the greater id, and stands.
    """
    digest = hashlib.sha256(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    kind = event["type"].partition(".")[2]
    order = "" if known is None else f"{known:04d}:"
    name = f"{event['source']}:{event['call']}:{kind}:{order}{digest}"
    if len(name) > LONGEST:
        call = hashlib.sha256(event["call"].encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{event['source']}:{call}:{kind}:{order}{digest}"
    return {"id": name, **event}


class Remembered:
    """
    What was heard of within the last `KEPT_MS`, by its key, and no more than `MOST_PARTS` parts of it.

    Whatever is posted, the memory of it is bounded: what was heard of longest ago goes first.
    """

    def __init__(self) -> None:
        self._latest: OrderedDict[str, int] = OrderedDict()
        self.parts = 0

    def touch(self, key: str, now_ms: int) -> None:
        """Keep `key` for another while, from `now_ms` on."""
        self._latest[key] = now_ms
        self._latest.move_to_end(key)

    def too_old(self, now_ms: int) -> Iterator[str]:
        """Yield, and forget, what is to be forgotten at `now_ms`; whoever has its parts takes them off `parts`."""
        while self._latest and (next(iter(self._latest.values())) < now_ms - KEPT_MS or self.parts > MOST_PARTS):
            yield self._latest.popitem(last=False)[0]
