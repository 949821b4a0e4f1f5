"""Who a client is, how much it may ask, and how little is said of those who ask too much."""

from __future__ import annotations

import pytest

from stream.web import rates
from stream.web.rates import Rates, Sparing, client_name


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("a name\nor a line", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_client_is_an_address_or_the_network_that_one_customer_is_given(address: str, client: str) -> None:
    assert client_name(address) == client


def test_a_client_may_save_up_a_few_seconds_and_no_more() -> None:
    now = [0.0]
    allowed = Rates(2, lambda: now[0])
    assert [allowed.wait_s("a") for _ in range(11)] == [0.0] * 10 + [0.5]
    assert allowed.wait_s("b") == 0.0
    now[0] = 1.0
    assert [allowed.wait_s("a") for _ in range(3)] == [0.0, 0.0, 0.5]
    now[0] = 1000.0
    assert [allowed.wait_s("a") for _ in range(11)] == [0.0] * 10 + [0.5]


def test_as_many_clients_as_there_are_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_CLIENTS", 100)
    allowed = Rates(1, lambda: 0.0)
    for number in range(1_000):
        assert allowed.wait_s(str(number)) == 0.0
    assert len(allowed._left) == 100


def test_of_many_equal_things_the_first_is_said_and_then_how_many_they_were() -> None:
    now, said = [0.0], list[str]()
    sparing = Sparing(said.append, lambda: now[0])
    for _ in range(5):
        sparing.say("a", "one")
    sparing.say("b", "another")
    now[0] = rates.QUIET_S
    sparing.say("a", "one")
    sparing.say("b", "another")
    assert said == ["one", "another", "one (4 more of the kind since the last line)", "another"]
