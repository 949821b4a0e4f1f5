"""What a body says: JSON, the fields of a form, or an XML document, each as an object that a mapping can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from xml.etree.ElementTree import ParseError

from stream.events.refusal import Reason, Refused
from stream.sources.multipart import boundary_of, fields_in
from stream.sources.webhooks import json_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_FIELDS: Final = 1_000
MOST_ELEMENTS: Final = 50_000
DEEPEST: Final = 50
TEXT: Final = "$"
"""The key of the text of an element that has attributes, or elements, too: no name in XML is that."""

_OF_INSTANCES: Final = "{http://www.w3.org/2001/XMLSchema-instance}"


def payload_in(body: bytes, form: str) -> Any:
    """
    Return what a body of `form` (`json`, `form` or `xml`) says; raises Refused where it is none.

    A form, in one line or in parts, is an object of its fields: one that comes several times is a list, and a file is
    left out. Of XML each element is an object of the
    elements in it, by their names without a namespace, and of its attributes (`@name`); one that has only text is that.
    """
    if form == "json":
        return json_in(body)
    return _of_form(body) if form == "form" else _of_xml(body)


def _of_form(body: bytes) -> dict[str, Any]:
    boundary = boundary_of(body)
    try:
        pairs = (
            parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
            if boundary is None
            else list(fields_in(body, boundary, MOST_FIELDS))
        )
    except ValueError:
        pairs = []
    if not pairs:
        raise Refused(
            Reason.MALFORMED_LINE,
            None,
            f"{len(body)} bytes that are no form; a payload is written name=value&name=value, or in parts "
            f"(multipart/form-data), in up to {MOST_FIELDS} fields",
        )
    fields: dict[str, Any] = {}
    for name, value in pairs:
        _add(fields, name, value)
    return fields


def _of_xml(body: bytes) -> dict[str, Any]:
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415  few sources post XML
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415  as above

    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Refused(
            Reason.MALFORMED_LINE,
            None,
            f"{len(body)} bytes that are no XML; a payload is a whole document, without a DTD",
        ) from None
    return {_name(root): _Reader().read(root, 1)}


class _Reader:
    """Reads one document; it counts its elements."""

    def __init__(self) -> None:
        self._elements = 0

    def read(self, element: Element, depth: int) -> Any:
        self._elements += 1
        if depth > DEEPEST or self._elements > MOST_ELEMENTS:
            raise Refused(
                Reason.MALFORMED_LINE,
                None,
                f"XML of more than {DEEPEST} elements within each other, or {MOST_ELEMENTS} in all; send less",
            )
        fields: dict[str, Any] = {f"@{name}": value for name, value in _attributes(element)}
        for child in element:
            _add(fields, _name(child), self.read(child, depth + 1))
        text = (element.text or "").strip()
        if not fields:
            return text
        return fields | {TEXT: text} if text else fields


def _attributes(element: Element) -> list[tuple[str, str]]:
    """Return the attributes but those of schemas, which say how an element is read and nothing of what it means."""
    return [(_plain(name), value) for name, value in element.items() if not name.startswith(_OF_INSTANCES)]


def _name(element: Element) -> str:
    return _plain(str(element.tag))


def _plain(name: str) -> str:
    return name.rpartition("}")[2]


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put a value beside those of the same name, as a list."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]
