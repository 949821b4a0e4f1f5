"""What the pages for administrators tell them to write and to type is taken."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from stream.cli import main as cli
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.gateway.mapped_sources import mapped_sources
from stream.gateway.running import mappings_of
from stream.sources.vicidial import tables
from tests.floor_in_memory import FloorInMemory

DOCS = Path(__file__).parents[3] / "docs" / "sources"
TABLES = {table.name for table in tables.TABLES} | {"vicidial_log_archive", "vicidial_"}
PAGES = ("asterisk.md", "freepbx.md", "issabel.md", "vicidial.md", "wazo.md")
OF_CLOUDS = ("aircall.md", "ringover.md", "ringcentral.md", "genesys.md")
WITH_SETTINGS = (*PAGES, "asterisk-logs.md", "freeswitch.md", "fusionpbx.md", "3cx.md", *OF_CLOUDS)
WITH_SOURCES = ("pipedrive.md", "salesforce.md", "web-forms.md", "google-ads.md")
WITH_COMMANDS = (*WITH_SETTINGS, "sql.md", "mapping.md", "crm.md", "dialler-csv.md", "costs.md")


def blocks(page: str, kind: str) -> list[str]:
    """Return the blocks of a kind in a page, without what they are indented by."""
    text = (DOCS / page).read_text("utf-8")
    found = re.findall(rf"^( *)(?:\d\. )?```{kind}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return ["\n".join(line.strip() for line in body.splitlines()) for _, body in found]


@pytest.mark.parametrize("page", WITH_SETTINGS)
def test_each_setting_that_a_page_has_is_one(page: str, tmp_path: Path) -> None:
    told = blocks(page, "toml")
    assert told
    for block in told:
        settings = tomllib.loads(block)
        assert settings
        load_settings(data_dir=tmp_path, **settings)


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_each_command_that_a_page_has_is_one_with_its_options(page: str) -> None:
    typed = [
        line.removeprefix("$ ")
        for block in blocks(page, "console")
        for line in block.splitlines()
        if line.startswith("$ ringboard ")
    ]
    assert typed
    for line in typed:
        words = shlex.split(line)[1:]
        assert isinstance(cli, click.Group)
        command = cli.get_command(click.Context(cli), words[0])
        assert command is not None, line
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words[1])
            assert command is not None, line
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES)
def test_each_setting_that_a_page_names_is_there(page: str) -> None:
    reference = (DOCS.parent / "settings.md").read_text("utf-8")
    told = set(re.findall(r"\b(?:asterisk|vicidial)_[a-z_]+\b(?!…)", (DOCS / page).read_text("utf-8")))
    assert {name for name in told - TABLES if f"`{name}`" not in reference} == set()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_to_look_at_to_know_that_the_numbers_are_right(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert re.search(r"Are they right\?", text)
    assert "ringboard" in text


@pytest.mark.parametrize("page", WITH_SOURCES)
def test_each_webhook_that_a_page_has_is_served_with_its_ready_mapping(page: str, tmp_path: Path) -> None:
    told = blocks(page, "toml")
    assert told
    key = tmp_path / "key"
    key.write_text("a secret of the tests")
    for block in told:
        settings = tomllib.loads(re.sub(r'key_file = "[^"]*"', f'key_file = "{key}"', block))
        loaded = load_settings(data_dir=tmp_path, **settings)
        assert mapped_sources(loaded, mappings_of(loaded)).keys() == settings["gateway_sources"].keys()


def test_the_event_of_a_flow_is_one() -> None:
    text = (DOCS / "salesforce.md").read_text("utf-8")
    (found,) = re.findall(r"^```json flow\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert not FloorInMemory(clock=FixedClock(1_770_000_000_000)).feed([json.loads(found)]).refused
