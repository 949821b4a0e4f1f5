"""Ringboard's own form: one event, a list of them, or one a line; and what is answered for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.web.http_refusal import HttpReason, HttpRefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.gateway.submission import Submission

_BY_LINE: Final = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_WHOLE: Final = msgspec.json.Decoder(msgspec.Raw)


def each_event(body: bytes, content_type: str) -> Iterator[tuple[int, bytes]]:
    """
    Yield the events in `body` as they stand there, with the number of their line, or of their place in the list.

    Raises HttpRefusalError for a list that is none, or where there is nothing.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise HttpRefusalError(
            HttpReason.UNREADABLE, 400, "the body is empty; send an event, a list of events, or one a line"
        )
    if text.startswith(b"["):
        try:
            events = _LIST.decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise HttpRefusalError(
                HttpReason.UNREADABLE,
                400,
                "the list is not JSON; correct it, or send one event a line, each of which is read alone",
            ) from None
        yield from enumerate(map(bytes, events), 1)
    elif content_type not in _BY_LINE and _is_one(text):
        yield 1, text
    else:
        lines = enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
        yield from ((number, line.strip()) for number, line in lines if line.strip())


def answer_of(submission: Submission, numbers: Sequence[int]) -> dict[str, Any]:
    """Return what is answered for the lines with these `numbers`: what became of all of them, and of each."""
    refused = {one.line: one for one in submission.refusals}
    left_out = set(submission.left_out)
    lines: list[dict[str, Any]] = []
    for number in numbers:
        one = refused.get(number)
        if one is not None:
            refusal = {"reason": one.reason, "field": one.field, "message": one.message}
            lines.append({"line": number, "status": "refused", **refusal})
        else:
            lines.append({"line": number, "status": "left out" if number in left_out else "accepted"})
    accepted = len(numbers) - len(refused) - len(left_out)
    return {"accepted": accepted, "refused": len(refused), "left_out": len(left_out), "lines": lines}


def _is_one(text: bytes) -> bool:
    try:
        _WHOLE.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return b"\n" not in text
    return True
