"""Typeform: a mapping of its webhook (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="typeform", title="Typeform", docs=("web-forms.md",))
