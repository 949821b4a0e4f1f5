"""The records of mod_xml_cdr: one document for each leg, a file each, or one after the other in a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from stream.events.refusal import Reason, Refused
from stream.sources.freeswitch.legs import Leg, leg_of_record
from stream.sources.reading import Unreadable, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST: Final = 4 * 1024 * 1024
_MARKS: Final = re.compile(rb"<\?xml\b|<cdr[\s>]|</cdr\s*>")
_ROOT: Final = re.compile(rb"<cdr[\s>]")
_VARIABLES: Final = re.compile(r"(?<=<variables>).*(?=</variables>)", re.DOTALL)
_TAG: Final = re.compile(r"<(/?)([^<>]*?)(/?)>")
_NAMES: Final = re.compile(rb"(<[\w.-]*(?:_name|_display|_caller_id|_full_from|_full_to|_contact)>)[^<]*")
_NO_NAME: Final = re.compile(r"[^\w.-]+")
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def looks(head: bytes) -> bool:
    """Return whether the beginning is that of a record."""
    return head.lstrip().startswith(b"<") and _ROOT.search(head) is not None


def nameless(document: bytes) -> bytes:
    """Return a document without the names of people in it."""
    return _NAMES.sub(rb"\1...", document)


class _Unfinished:
    """What has been read of a record since `line`; `begun` once its root has been."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.data = bytearray()
        self.begun = False

    def cut(self) -> Unreadable | None:
        """Return what is here as a record that is refused; None if it is only white space."""
        if not self.data.strip():
            return None
        why = "a document that does not end, or is none; is the record cut off?"
        return Unreadable(self.line, Refused(Reason.MALFORMED_LINE, None, why), nameless(bytes(self.data[:_LARGEST])))


def records(file: BinaryIO) -> Iterator[tuple[int, bytes, bytes] | Unreadable]:
    """
    Yield (line, the document, the document) of what stands in `file`.

    A record that is cut off ends where the next one begins, and is refused.
    """
    unfinished = _Unfinished(1)
    for line in lines(file):
        if isinstance(line, Unreadable):
            yield line
            continue
        number, data = line
        place = 0
        for mark in _MARKS.finditer(data):
            begins = not mark[0].startswith(b"</")
            if begins and (unfinished.begun or mark[0].startswith(b"<?")):
                unfinished.data += data[place : mark.start()]
                place = mark.start()
                if (cut := unfinished.cut()) is not None:
                    yield cut
                unfinished = _Unfinished(number)
            unfinished.begun |= begins and mark[0].startswith(b"<cdr")
            if not begins:
                unfinished.data += data[place : mark.end()]
                place = mark.end()
                if not unfinished.data.strip():
                    continue
                document = bytes(unfinished.data).lstrip()
                yield unfinished.line, document, document
                unfinished = _Unfinished(number)
        if not unfinished.data and not data[place:].strip():
            unfinished.line = number + 1
            continue
        unfinished.data += data[place:] + b"\n"
        if len(unfinished.data) > _LARGEST and (cut := unfinished.cut()) is not None:
            yield cut
            unfinished = _Unfinished(number + 1)
    if (cut := unfinished.cut()) is not None:
        yield cut


def leg(line: int, document: bytes, campaign: str | None) -> Leg:
    """Return the leg that a document describes; raises Refused where it is none."""
    root = _root(document)
    variables = root.find("variables")
    if variables is None:
        raise Refused(Reason.MISSING_FIELD, "variables", "variables: missing; it is no record of mod_xml_cdr")
    known: dict[str, str] = {}
    for one in variables:
        # Of one that stands there twice, the first, as it is where there is none.
        known.setdefault(one.tag, one.text or "")
    profiles = [
        {one.tag: one.text or "" for part in ("times", "caller_profile") for one in flow.iterfind(f"{part}/*")}
        for flow in root.iterfind("callflow")
        if flow.find("caller_profile") is not None
    ]
    apps = [one.get("app_name", "") for one in root.iterfind("app_log/application")]
    return leg_of_record(line, known, profiles, apps, campaign)


def _root(document: bytes) -> Element:
    try:
        try:
            return fromstring(document, forbid_dtd=True)
        except ParseError:
            return fromstring(_mended(document), forbid_dtd=True)
    except DefusedXmlException as error:
        raise Refused(
            Reason.MALFORMED_LINE, None, "it declares a document type or entities, which no record does; it is not read"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (0, 0))[0]
        raise Refused(
            Reason.MALFORMED_LINE, None, f"no XML from its line {line} on; is the record cut off or damaged?"
        ) from error


def _mended(document: bytes) -> str:
    """
    Return a document with what FreeSWITCH writes and XML does not allow.

    A variable may have any name (`nolocal:operator`, `set api_hangup_hook`, `1`), and what is not URL-encoded any
    byte: text that is not UTF-8 is read as Windows-1252.
    """
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError:
        text = document.decode("cp1252", "replace")
    text = _NO_TEXT.sub("", text.partition("?>")[2] if text.startswith("<?xml") else text)
    return _VARIABLES.sub(lambda variables: _TAG.sub(_allowed, variables[0]), text, count=1)


def _allowed(tag: re.Match[str]) -> str:
    name = _NO_NAME.sub("_", tag[2])
    if not name or not (name[0].isalpha() or name[0] == "_"):
        name = f"_{name}"
    return f"<{tag[1]}{name}{tag[3]}>"
