"""Every source there is, one line each: the folder that says what it offers."""

from __future__ import annotations

import importlib
from typing import Final

from stream.sources.source import VendorSource

_FOLDERS: Final = (
    "asterisk",
    "vicidial",
    "freeswitch",
    "twilio",
    "amazon_connect",
    "hubspot",
    "pipedrive",
    "typeform",
    "google_ads",
    "salesforce",
    "aircall",
    "ringover",
    "ringcentral",
    "genesys",
    "threecx",  # 3CX: a folder of Python begins with a letter
    "own_topic",
    "sql",
)


def _source_in(folder: str) -> VendorSource:
    source = importlib.import_module(f"stream.sources.{folder}").SOURCE
    if not isinstance(source, VendorSource):
        raise TypeError(f"stream.sources.{folder}: its SOURCE is no VendorSource")
    return source


SOURCES: Final = tuple(_source_in(folder) for folder in _FOLDERS)
