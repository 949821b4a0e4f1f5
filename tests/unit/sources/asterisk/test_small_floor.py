"""The small floor's recording is what its program writes, and holds invented numbers alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.recordings.small_floor import recording
from tests.shared_data import OWN, Recording, recordings
from tests.unit.sources.asterisk.recorded_totals import FLOOR

if TYPE_CHECKING:
    from pathlib import Path

OURS: Recording = recordings(FLOOR)[0]
# Numbers are those reserved for fiction: of France, of the United Kingdom, of North America.
RESERVED = re.compile(r"(?:\+?33|0)(?:63998|19900)\d{4}|(?:\+?44|0)(?:1632960|7700900)\d{3}|\+?1?20255501\d\d")
DIGITS = re.compile(r"(?<![\w.:\-])\+?\d{9,15}(?![\w.:\-])")
NO_NUMBER = re.compile(r"1[4-9]\d{8}|0+")  # a moment, an account of nobody


def test_the_recording_is_what_its_program_writes() -> None:
    written = recording()
    assert {path.name.removesuffix(".gz") for path in OURS.folder.iterdir()} == {*written, "README.md"}
    for name, data in written.items():
        assert OURS.read_bytes(name) == data, f"{name}: write it anew with python -m tests.recordings.small_floor"


FOLDERS = sorted(path for path in OWN.iterdir() if path.is_dir() and path.name != "__pycache__")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_recording_of_our_own_says_what_it_shows_and_has_no_number_that_could_be_someones(folder: Path) -> None:
    own = Recording("ours", folder)
    assert own.read_text("README.md").startswith("# ")
    for path in (file for file in own.folder.rglob("*") if file.is_file()):
        text = own.read_text(path.relative_to(own.folder).as_posix().removesuffix(".gz"))
        numbers = [number for number in DIGITS.findall(text) if not NO_NUMBER.fullmatch(number)]
        assert [number for number in numbers if not RESERVED.fullmatch(number)] == [], path.name
