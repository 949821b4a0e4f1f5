"""What Ringboard makes is its owner's alone from its making on, whatever the umask; `check` names what is not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from stream.broker.directory import BrokerDirectory
from stream.check.files import check_files
from stream.demo.folder import DemoFolder
from stream.privacy.key_file import KEY_FILE, read_or_create_key
from stream.privacy.private_files import close_all, make_folder, open_in, open_to_others, write_text
from stream.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no modes there")


@pytest.fixture(autouse=True, params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_and_those_above_it_are_closed_and_what_was_there_is_left(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folder(tmp_path / "one" / "two")
    assert [mode(tmp_path / "one"), mode(tmp_path / "one" / "two"), mode(tmp_path)] == [0o700, 0o700, 0o755]
    make_folder(tmp_path / "one" / "two")


def test_a_file_is_closed_also_one_that_was_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for _ in range(2):
        write_text(path, "some text")
        assert (mode(path), path.read_text()) == (0o600, "some text")
        path.chmod(0o666)


def test_the_key_and_its_folder_are_closed_and_an_open_key_is_closed_when_it_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "of" / "ours"
    key = read_or_create_key(folder)
    path = folder / KEY_FILE
    assert [mode(one) for one in (folder.parent, folder, path)] == [0o700, 0o700, 0o600]
    path.chmod(0o644)
    assert read_or_create_key(folder) == key
    assert mode(path) == 0o600


def test_a_broker_closes_its_directory_and_what_was_left_open_in_it(tmp_path: Path) -> None:
    directory = BrokerDirectory(tmp_path / "kafka" / "one")
    directory.claim("4.0.0")
    directory.configure(9092, 9093, directory.data, "warn")
    assert list(open_in(tmp_path / "kafka", 9)) == []
    (directory.root / "data").mkdir(mode=0o755)
    (directory.root / "data" / "meta.properties").write_text("node.id=1\ncluster.id=x\n")
    directory.root.chmod(0o755)
    (directory.root / "data").chmod(0o755)
    (directory.root / "data" / "meta.properties").chmod(0o644)
    directory.claim("4.0.0")
    assert list(open_in(tmp_path / "kafka", 9)) == []


def test_the_demo_closes_its_folder(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.lock():
        assert list(open_in(folder.root, 9)) == []


def test_check_names_each_thing_that_is_open_and_its_advice_works(tmp_path: Path) -> None:
    root = tmp_path / "da ta"
    make_folder(root / "broker" / "logs")
    settings = Settings(data_dir=root)
    read_or_create_key(root)
    assert [one.state for one in check_files(settings)] == ["ok"]
    (root / "broker" / "logs").chmod(0o750)
    (root / KEY_FILE).chmod(0o644)
    found = check_files(settings)
    assert [(one.state, one.message.partition(":")[0]) for one in found] == [
        ("warn", f"data_dir/{KEY_FILE} has the mode 0644"),
        ("warn", "data_dir/broker/logs has the mode 0750"),
    ]
    for one in found:
        subprocess.run(one.todo, shell=True, check=True)  # noqa: S602  as its reader would
    assert [one.state for one in check_files(settings)] == ["ok"]
    assert mode(root / KEY_FILE) == 0o600


def test_a_folder_that_is_not_there_has_nothing_to_say(tmp_path: Path) -> None:
    assert check_files(Settings(data_dir=tmp_path / "none", pseudonym_key=SecretStr("x" * 32))) == []


def test_what_is_somebody_elses_is_left_and_links_are_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    target.chmod(0o644)
    folder = tmp_path / "folder"
    make_folder(folder)
    (folder / "link").symlink_to(target)
    close_all(folder)
    assert mode(target) == 0o644
    assert open_to_others(folder / "link") is None
