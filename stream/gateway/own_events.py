"""Ringboard's own form: one event, a list of them, or one a line; and what is answered for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.web.http_refusal import HttpReason, HttpRefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.gateway.submission import NotAccepted, Submission

LONGEST_SAID: Final = 500
_BY_LINE: Final = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_WHOLE: Final = msgspec.json.Decoder(msgspec.Raw)
_BOM: Final = b"\xef\xbb\xbf"
_PAUSE_EVERY: Final = 2_000  # blank lines, or brackets inside one element

# Of a list that is known to be JSON. Nothing is tried twice: the groups give back nothing.
_BETWEEN: Final = re.compile(rb"[\s,]*+")
_FLAT: Final = re.compile(rb'\{[^][{}"]*+(?:"(?:[^"\\]++|\\.)*+"[^][{}"]*+)*+\}', re.DOTALL)
_SCALAR: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^][{}",\s]++', re.DOTALL)
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[][{}]', re.DOTALL)


def each_event(body: bytes, content_type: str) -> Iterator[tuple[int, bytes] | None]:
    """
    Yield the events in `body` as they stand there, with the number of their line, or of their place in the list.

    Yields None now and then where none comes for long, so that other things have their turn. Raises HttpRefusalError
    for a list that is none, or where there is nothing.
    """
    body = body.removeprefix(_BOM)
    text = body.strip()
    if not text:
        raise HttpRefusalError(
            HttpReason.UNREADABLE, 400, "the body is empty; send an event, a list of events, or one a line"
        )
    if text.startswith(b"["):
        if not _is_json(text):
            raise _no_list()
        yield from _elements(text)
    elif content_type not in _BY_LINE and (b"\n" not in text or _is_json(text)):
        yield 1, text
    else:
        yield from _lines(body)


def answer_of(submission: Submission) -> dict[str, Any]:
    """
    Return what is answered for what was submitted: how many lines were accepted, and which of the others are first.

    It is no larger than its fixed number of lines, whatever was posted.
    """
    return {
        "accepted": submission.accepted,
        "refused": submission.refused,
        "left_out": submission.left_out,
        "reasons": dict(submission.reasons),
        "lines": [_line(one) for one in submission.not_accepted],
    }


def _line(one: NotAccepted) -> dict[str, Any]:
    if one.reason is None:
        return {"line": one.line, "status": "left out"}
    field = None if one.field is None else one.field[:LONGEST_SAID]
    message = one.message[:LONGEST_SAID]
    return {"line": one.line, "status": "refused", "reason": one.reason, "field": field, "message": message}


def _lines(body: bytes) -> Iterator[tuple[int, bytes] | None]:
    number, at = 0, 0
    while at <= len(body):
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        number += 1
        line = body[at:end].strip()
        if line:
            yield number, line
        elif number % _PAUSE_EVERY == 0:
            yield None
        at = end + 1


def _elements(text: bytes) -> Iterator[tuple[int, bytes] | None]:
    number, at, end = 0, _after(text, 1), len(text) - 1
    while at < end:
        number += 1
        whole = _FLAT.match(text, at) or _SCALAR.match(text, at)
        if whole is not None:
            to = whole.end()
        else:
            to, depth = at, 0
            for count, token in enumerate(_TOKEN.finditer(text, at), 1):
                depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
                if not depth:
                    to = token.end()
                    break
                if count % _PAUSE_EVERY == 0:
                    yield None
        if to == at:
            raise _no_list()
        yield number, text[at:to]
        at = _after(text, to)


def _after(text: bytes, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return at if between is None else between.end()


def _is_json(text: bytes) -> bool:
    try:
        _WHOLE.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def _no_list() -> HttpRefusalError:
    return HttpRefusalError(
        HttpReason.UNREADABLE,
        400,
        "the list is not JSON; correct it, or send one event a line, each of which is read alone",
    )
