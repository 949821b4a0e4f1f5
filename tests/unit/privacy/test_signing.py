"""A key for each purpose is drawn from the floor's, and a signature is of its parts in their order."""

from __future__ import annotations

import pytest

from stream.privacy.identity import Identity
from stream.privacy.signing import Signer, derived_key, same

KEY = b"a key of the tests, and of nothing else"


@pytest.mark.parametrize(
    ("key", "salt", "info", "derived"),
    [  # the first 32 bytes of the test cases 1 and 3 of RFC 5869
        (
            b"\x0b" * 22,
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ),
        (b"\x0b" * 22, b"", b"", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"),
    ],
)
def test_keys_are_derived_as_in_the_rfc(key: bytes, salt: bytes, info: bytes, derived: str) -> None:
    assert derived_key(key, info, salt).hex() == derived


def test_each_purpose_has_a_key_of_its_own() -> None:
    signers = [Signer(KEY, "one"), Signer(KEY, "two"), Signer(KEY + b"!", "one"), Identity(KEY, "FR").signer("three")]
    signatures = {signer.sign(b"x") for signer in signers}
    assert len(signatures) == len(signers)
    assert Identity(KEY, "FR").signer("one").sign(b"x") in signatures


def test_no_text_that_a_pseudonym_is_made_of_yields_such_a_key() -> None:
    """Whoever sends events chooses such texts, and sees the pseudonyms."""
    identity = Identity(KEY, "FR")
    for text in ("one", "one\x01", "ringboard: keys drawn from the floor's key"):
        pseudonym = identity.pseudonym(text, call="one\x01")
        assert pseudonym is not None
        assert pseudonym.value.removeprefix("num_") not in derived_key(KEY, b"one").hex()
        assert identity.digest(text.encode()) != derived_key(KEY, b"one").hex()


def test_parts_do_not_run_into_each_other() -> None:
    signer = Signer(KEY, "one")
    parts: list[tuple[bytes | None, ...]] = [
        (),
        (b"",),
        (None,),
        (b"ab", b"c"),
        (b"a", b"bc"),
        (b"abc",),
        (b"abc", None),
    ]
    assert len({signer.sign(*one) for one in parts}) == len(parts)


def test_a_signature_is_verified_whole() -> None:
    signer = Signer(KEY, "one")
    signature = signer.sign(b"a", None).encode()
    assert signer.verify(signature, b"a", None)
    for wrong in (b"", signature[:-1], signature + b"0", signature.upper(), b"\xff" * 64, b"0" * 64):
        assert not signer.verify(wrong, b"a", None)
    begun = signer.begin(b"a")
    begun.update(b"what follows")
    assert same(begun, begun.hexdigest().encode())
    assert begun.hexdigest() != signer.sign(b"a", b"what follows")
