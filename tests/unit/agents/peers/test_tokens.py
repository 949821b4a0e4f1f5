"""What opens a worker's part of the numbers: a signature of one request to it, for a minute."""

from __future__ import annotations

import pytest

from agents.peers.tokens import SCHEME, VALID_MS, Tokens
from stream.clock import FixedClock
from stream.privacy.identity import Identity

NOW = 1_770_000_000_000
IDENTITY = Identity(b"a key of the tests, and of nothing else", "FR")
ASKED = [("as_of", str(NOW)), ("waiting", "no"), ("campaign", "Été 2026")]


def tokens(own: str, at: int = NOW, identity: Identity = IDENTITY) -> Tokens:
    return Tokens(own, identity, FixedClock(at))


def test_it_opens_the_worker_it_was_made_for_whatever_the_order_of_the_parameters() -> None:
    token = tokens("one").token("two", ASKED)
    assert tokens("two").opens(token, ASKED)
    assert tokens("two").opens(token, reversed(ASKED))


@pytest.mark.parametrize("off", [-VALID_MS - 1, VALID_MS + 1])
def test_it_opens_nothing_else(off: int) -> None:
    token = tokens("one").token("two", ASKED)
    assert not tokens("one").opens(token, ASKED)
    assert not tokens("two").opens(token, ASKED[:-1])
    assert not tokens("two").opens(token, [*ASKED, ("team", "")])
    assert not tokens("two").opens(token, [*ASKED[:-1], ("campaignÉté", " 2026")])
    assert not tokens("two", NOW + off).opens(token, ASKED)
    assert not tokens("two", identity=Identity(b"a key of a stranger, and no other", "FR")).opens(token, ASKED)


def test_what_has_another_form_opens_nothing() -> None:
    good = tokens("one").token("two", ASKED)
    at, nonce, signature = good.removeprefix(SCHEME + " ").split(".")
    for wrong in (
        "",
        SCHEME,
        "Bearer a token of the tests",
        good + "0",
        " " + good,
        good + "\n",
        good.replace(SCHEME, "Bearer"),
        f"{SCHEME} {at}.{nonce}.",
        f"{SCHEME} {at}.{nonce}.{'0' * 64}",
        f"{SCHEME} {int(at) + 1}.{nonce}.{signature}",
        f"{SCHEME} {at}.{'0' * 16}.{signature}",
        f"{SCHEME} {'9' * 400}.{nonce}.{signature}",
        f"{SCHEME} \N{ARABIC-INDIC DIGIT ONE}.{nonce}.{signature}",
    ):
        assert not tokens("two").opens(wrong, ASKED), wrong


def test_two_requests_for_the_same_have_two_tokens_and_no_answer_fits_both() -> None:
    one, two = (tokens("one").token("two", ASKED) for _ in range(2))
    assert one != two
    signature = tokens("two").answer_signature(one, b"body")
    assert (
        len({signature, tokens("two").answer_signature(two, b"body"), tokens("3").answer_signature(one, b"body")}) == 3
    )
    made = tokens("one").answer_of("two", one)
    made.update(b"bo")
    made.update(b"dy")
    assert made.hexdigest() == signature
