"""Where a key lives is where Kafka's own clients put it."""

from __future__ import annotations

import random

from aiokafka.partitioner import DefaultPartitioner, murmur2
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.partitioner import partition_of


@given(st.binary(max_size=600), st.integers(1, 5000))
def test_a_key_lives_where_a_kafka_client_puts_it(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key) & 0x7FFFFFFF) % partitions


def test_keys_of_every_length_live_where_the_default_partitioner_puts_them() -> None:
    chance = random.Random(1)
    every = list(range(32))
    for length in range(1, 300):
        key = chance.randbytes(length)
        assert partition_of(key, 32) == DefaultPartitioner()(key, every, every)
