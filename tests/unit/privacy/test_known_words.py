"""Names among the words of a log: what may be one is left out, and what the log is made of stays."""

from __future__ import annotations

import pytest

from stream.privacy.identity import Identity
from stream.privacy.known_words import without_words

IDENTITY = Identity(b"a key of the tests, 32 characters", "FR")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('1,""Ada L" <1115>",1115,default,PJSIP/1115-00,AGI,"2018-11-29 20:19:34",ANSWERED',
         '1,""…" <1115>",1115,default,PJSIP/1115-00,AGI,"2018-11-29 20:19:34",ANSWERED'),
        ('"","101","inbound","""Name001"" <101>","Dial"', '"","101","inbound","""…"" <101>","Dial"'),
        ("1795469629|pbx1-1795469629.9|NONE|Rep 101|OUTCANCEL", "1795469629|pbx1-1795469629.9|NONE|Rep 101|OUTCANCEL"),
        ("CallerIDName: Ada Lovelace\r\nCause: 16", "CallerIDName: …\r\nCause: 16"),
        ("MARTIN Élodie, jean-pierre d'arc <x>", "…, … <x>"),
        ("ada.lovelace@floor.example", "…"),
        ("ada99@floor.example", "…"),
        ("num_0123456789abcdef0123456789abcdef x", "num_0123456789abcdef0123456789abcdef x"),
    ],
)  # fmt: skip
def test_only_known_words_are_kept(before: str, after: str) -> None:
    assert without_words(before) == after


@pytest.mark.parametrize(
    "record",
    [
        b'{"name": Ada Lovelace, "number": "0639980001"}',
        b'{"lead": "L-1", "name": "Ada "the Countess" Lovelace"}',
        b'[{"name": "Ada Lovelace", }, Lovelace',
        '{"name": "Ada'.encode("utf-16") + "Lovelace".encode("utf-16-le"),
    ],
)
def test_json_that_is_broken_names_nobody(record: bytes) -> None:
    assert b"Lovelace" not in IDENTITY.scrub(record).replace(b"\0", b"")


@pytest.mark.parametrize("record", [b'"Ada Lovelace"', b'["Ada Lovelace", 5]', b"Ada Lovelace;0639980001"])
def test_what_comes_of_a_log_or_a_form_names_nobody(record: bytes) -> None:
    assert b"Lovelace" not in IDENTITY.scrub(record, names=True)
