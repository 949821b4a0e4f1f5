"""A source is one folder and one line: nothing else names it, and its pages and its settings are documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stream.configuration import AllSettings
from stream.sources.formats import FORMATS
from stream.sources.live_kinds import KINDS
from stream.sources.registry import SOURCES

if TYPE_CHECKING:
    from stream.sources.source import VendorSource

ROOT = Path(__file__).parents[3]
FOLDERS = ROOT / "stream" / "sources"
REGISTRY = FOLDERS / "registry.py"
VENDORS = [one for one in SOURCES if not one.title[0].islower()]  # the others are no product of anybody's


def test_every_folder_that_offers_something_has_its_line_in_the_registry() -> None:
    offering = {file.parent.name for file in FOLDERS.glob("*/__init__.py") if "SOURCE: Final" in file.read_text()}
    assert offering == {one.name for one in SOURCES}


@pytest.mark.parametrize("source", VENDORS, ids=lambda one: str(one.name))
def test_a_vendors_name_stands_in_its_folder_and_its_line_only(source: VendorSource) -> None:
    name = re.compile(re.escape(source.title.split()[0]), re.IGNORECASE)
    modules = [file for top in ("stream", "agents") for kind in ("py", "js", "html") for file in _files(top, kind)]
    named = {file for file in modules if name.search(file.read_text("utf-8"))}
    assert REGISTRY in named
    others = {file for file in named if FOLDERS / source.name not in file.parents} - {REGISTRY}
    # A system that is built on another one names that.
    assert {file.relative_to(ROOT) for file in others if not _of_another_vendor(file)} == set()


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: str(one.name))
def test_a_source_has_its_pages_and_the_overview_lists_it(source: VendorSource) -> None:
    docs = ROOT / "docs" / "sources"
    overview = (docs / "README.md").read_text("utf-8")
    assert source.docs
    for page in source.docs:
        assert source.title.removeprefix("a ") in (docs / page).read_text("utf-8"), page
        assert f"({page})" in overview, page
    assert source.title.removeprefix("a ") in overview


def test_what_sources_offer_has_names_of_its_own() -> None:
    webhooks = [one.webhook.name for one in SOURCES if one.webhook is not None]
    formats = [form.name for one in SOURCES if one.formats is not None for form in one.formats()]
    assert len(set(webhooks)) == len(webhooks)
    assert len(set(formats)) == len(formats) == len(FORMATS) - 1  # and Ringboard's own
    assert len(KINDS) == sum(one.live is not None for one in SOURCES)
    groups = [group for one in SOURCES for group in one.settings]
    names = [name for group in groups for name in group.model_fields]
    assert len(set(names)) == len(names)
    assert set(names) < AllSettings.model_fields.keys()
    assert all(one.webhook.secret in names for one in SOURCES if one.webhook is not None)


def _files(top: str, kind: str) -> list[Path]:
    return list((ROOT / top).rglob(f"*.{kind}"))


def _of_another_vendor(file: Path) -> bool:
    return any(FOLDERS / one.name in file.parents for one in VENDORS)
