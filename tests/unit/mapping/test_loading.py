"""Mapping files are found, read, and refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.errors import RingboardError
from stream.mapping.loading import load_mapping, ready

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_not_there_is_told_with_the_ready_ones(tmp_path: Path) -> None:
    with pytest.raises(RingboardError, match=r"there is no such mapping file; name one, or a ready mapping"):
        load_mapping(tmp_path / "crm.toml")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"name = ", r"not TOML: .*end of document"),
        (b'name = "\xff"', "not UTF-8"),
        (b'name = "a"\nfoo = 1', r"crm\.toml: foo: no such key"),
    ],
)
def test_a_file_that_is_no_mapping_is_told_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "crm.toml"
    path.write_bytes(content)
    with pytest.raises(RingboardError, match=told) as caught:
        load_mapping(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ready())
def test_every_ready_mapping_can_be_read(name: str) -> None:
    mapped = load_mapping(name, "Europe/Paris")
    assert (mapped.name, bool(mapped.about)) == (name, True)
