"""Mapping files for tests: written as a user writes them."""

from __future__ import annotations

import tomllib
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from stream.mapping.loading import mapping_of

if TYPE_CHECKING:
    from stream.mapping.lookup import Record
    from stream.mapping.mapping import Mapping


def mapping(text: str, timezone: str | None = None) -> Mapping:
    return mapping_of(tomllib.loads(dedent(text)), timezone)


def lead_lost(fields: str = "", above: str = "") -> Mapping:
    """Map to one event, with the time and the `fields` that a test is about."""
    at = "" if "at =" in fields else 'at = "{at}"\n'
    head = f'name = "crm"\n{above}\n[[events]]\ntype = "lead.lost"\nlead = "{{lead}}"\n{at}'
    return mapping(head + dedent(fields), "Europe/Paris")


def only(mapped: Mapping, record: Record) -> dict[str, Any]:
    """Return the one event that `record` tells, without what each has."""
    (event,) = mapped.events(record)
    return {name: value for name, value in event.items() if name not in {"id", "type", "source"}}
