"""The table `sender` of a mapping says who may send; what is wrong in it is told in one line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from stream.mapping.loading import mapping_of
from stream.mapping.senders.proofs import Hmac, Token
from stream.mapping.senders.sender import KEY_ALONE
from stream.mapping.wrong import WrongError

RULE = """
[[events]]
type = "lead.lost"
at = "{at}"
lead = "{id}"
"""


def sender(text: str) -> object:
    return mapping_of(tomllib.loads(f'name = "crm"\n{text}\n{RULE}')).sender


def test_a_mapping_that_says_nothing_leaves_it_to_the_key() -> None:
    assert sender("") == KEY_ALONE


def test_a_signature_has_defaults_for_what_most_senders_do() -> None:
    made = sender('[sender.hmac]\nheader = "X-Signature"').proof  # type: ignore[attr-defined]
    assert isinstance(made, Hmac)
    assert (made.hash, made.encoding, made.over.holes, made.form.holes) == ("sha256", "hex", ("body",), ("signature",))
    assert (made.is_dated, made.tolerance_s, made.key) == (False, 300, "text")


@pytest.mark.parametrize(
    ("written", "where", "name"),
    [
        ('token = { header = "X-Token", prefix = "Token " }', "header", "X-Token"),
        ('token = { query = "token" }', "query", "token"),
        ('token = { field = "data.secret" }', "field", "data.secret"),
        ('token = { basic = "ringboard" }', "basic", "ringboard"),
        ('token = "path"', "path", ""),
    ],
)
def test_a_token_has_one_place(written: str, where: str, name: str) -> None:
    made = sender(f"[sender]\n{written}").proof  # type: ignore[attr-defined]
    assert isinstance(made, Token)
    assert (made.where, made.name) == (where, name)


HMAC = '[sender.hmac]\nheader = "X-Signature"\n'


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("sender = 1", "sender: a whole number; write a table: [sender] and below it token ="),
        ("[sender]\ntokn = 1", "sender, tokn: no such key (did you mean token?)"),
        ('[sender]\nbody = "yaml"', "sender, body: a string of 4 characters; write one of json, form, xml"),
        (HMAC + '[sender.token]\nquery = "t"', "sender, hmac: beside token; write the one by which this sender shows"),
        ("[sender]\ntoken = 1", "sender, token: a whole number; write { header ="),
        ("[sender.token]\n", "sender, token: 0 places; write one of { header ="),
        ('[sender.token]\nquery = "a"\nfield = "b"', "sender, token: 2 places; write one of { header ="),
        ('[sender.token]\nheader = "a b"', 'header: a string of 3 characters; write the name of a header: "X-Sig'),
        ('[sender.token]\nquery = "a&b"', 'a string of 3 characters; write the name of a parameter: "token"'),
        ('[sender.token]\nbasic = "a:b"', "write the name of the user, without a colon"),
        ('[sender.token]\nquery = "a"\nprefix = "b"', "prefix: beside query; write it beside header, or leave it out"),
        ('[sender.token]\nheader = "a"\nprefix = 1', "prefix: a whole number; write what stands before the token"),
        ("[sender]\nhmac = 1", "sender, hmac: a whole number; write [sender.hmac] and below it header"),
        ("[sender.hmac]\n", 'sender, hmac, header: missing; write the name of a header: "X-Signature"'),
        (HMAC + 'hash = "md5"', "hash: a string of 3 characters; write one of sha1, sha256, sha512"),
        (HMAC + 'over = "{bdy}"', "over: a hole that is none of {body}, {timestamp}, {method}, {url}, {path}"),
        (HMAC + 'over = "{body"', "over: a brace that is not closed, or not opened; write a text with"),
        (HMAC + 'over = ""', "over: an empty string; write a text with {body}"),
        (HMAC + 'over = "{url}"', "over: no {body} in it, so that anybody could change that; write"),
        (HMAC + 'form = "sha256="', 'form: not one {signature} in it; write "sha256={signature}"'),
        (HMAC + 'form = "{timestamp}:{signature}"', "form: no comma or semicolon between its holes; write"),
        (
            HMAC + 'form = "t={timestamp},v1={signature}"\ntimestamp = "X-T"\nover = "{timestamp}{body}"',
            "timestamp: there twice; write it in the form, or the header that has it",
        ),
        (HMAC + 'timestamp = "X-T"', "over: no {timestamp} in it, so that anybody could change that; write"),
        (HMAC + 'over = "{timestamp}{body}"', "timestamp: missing, and over has it; write the header that has it"),
        (HMAC + "tolerance_s = 60", "tolerance_s: without a timestamp it does nothing; write timestamp ="),
        (
            HMAC + 'timestamp = "X-T"\nover = "{timestamp}{body}"\ntolerance_s = 0',
            "tolerance_s: a whole number; write seconds from 1 to 3600",
        ),
        ("[sender]\njwt = 1", "sender, jwt: a whole number; write [sender.jwt] and below it header ="),
        (
            '[sender.jwt]\nheader = "A"\nhash = "sha1"',
            "hash: a string of 4 characters (did you mean sha512?); write one of sha256, sha512",
        ),
        ("[sender]\nchallenge = 1", "sender, challenge: a whole number; write { header ="),
        ("[sender.challenge]\n", "sender, challenge: 0 places; write one of { header ="),
        ('[sender.challenge]\nquery = "a"\nanswer = {}', "answer: beside query; write it beside field, or leave it"),
        ('[sender.challenge]\nfield = "a"\ntoken = "b"', "token: beside field; write it beside query, or leave it"),
        ('[sender.challenge]\nfield = "a"\nanswer = 1', "answer: a whole number; write { token ="),
        (
            '[sender.challenge]\nfield = "a"\nanswer = { b = "{hash}" }',
            "challenge, answer: {hash} is made as hmac says, which is missing; write [sender.hmac]",
        ),
        ("[sender]\nanswer = 1", "sender, answer: a whole number; write { status = 200, type ="),
        ("[sender.answer]\nstatus = 500", "status: a whole number; write a status of success, from 200 to 299"),
        ('[sender.answer]\ntype = "xml"', 'type: a string of 3 characters; write a content type: "text/xml"'),
        (f'[sender.answer]\nbody = "{"x" * 4097}"', "body: a string of 4097 characters; write up to 4096 bytes"),
        ('[sender.answer]\nstatus = 204\nbody = "x"', "body: beside status = 204, which has none; write status = 200"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_right_form(written: str, told: str) -> None:
    with pytest.raises(WrongError) as caught:
        sender(written)
    assert told in f"{caught.value.key}: {caught.value.message}"


def test_every_example_in_the_page_of_senders_can_be_read() -> None:
    page = (Path(__file__).parents[4] / "docs" / "sources" / "senders.md").read_text("utf-8")
    examples = re.findall(r"^```toml sender\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        assert sender(example) != KEY_ALONE
