"""What is installed is what the locks hold: every version with the hashes of its files."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply.lock_files import LOCKS, parse, read

ROOT = Path(__file__).parents[3]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
OPTIONAL = [extra for extra in EXTRAS if extra != "dev"]
PEERS = (ROOT / "benchmarks/peers/requirements.txt").read_text("utf-8").splitlines()
# By lock, the requirements that it is made of.
WANTED: dict[str, list[str]] = {
    "run": PROJECT["project"]["dependencies"],
    **{extra: [*PROJECT["project"]["dependencies"], *EXTRAS[extra]] for extra in OPTIONAL},
    "dev": [*PROJECT["project"]["dependencies"], *(each for extra in [*OPTIONAL, "dev"] for each in EXTRAS[extra])],
    "peers": [line for line in PEERS if line and not line.startswith("#")],
    **PROJECT["dependency-groups"],
}
# How a recipe or an image may call pip: with hashes, or for what is at hand without asking anybody for more.
HASHED = {"--require-hashes", "--no-deps", "--no-build-isolation"}
AT_HAND = {"--no-index", "--no-deps"}
HOSTS = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|\bpypi\.org\b", re.IGNORECASE)


def test_every_lock_is_made_of_something_that_the_project_names() -> None:
    assert {path.stem for path in LOCKS.iterdir()} == set(WANTED)


@pytest.mark.parametrize("lock", WANTED)
def test_every_locked_version_is_exact_and_has_the_hashes_of_its_files(lock: str) -> None:
    locked = read(lock)
    assert locked
    for package in locked:
        assert package.version
        assert package.hashes, package.name
        assert len(set(package.hashes)) == len(package.hashes)
        assert package.requirement.url is None
        assert package.needed_by or lock in {"lock", "peers"}, package.name


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_satisfies_what_the_project_wants(lock: str) -> None:
    locked = {package.name: package for package in read(lock)}
    for wanted in map(Requirement, WANTED[lock]):
        name = canonicalize_name(wanted.name)
        if name == PROJECT["project"]["name"]:
            continue
        assert wanted.specifier.contains(locked[name].version, prereleases=True), wanted


def test_every_lock_has_the_same_version_of_what_several_have() -> None:
    versions: dict[str, set[str]] = {}
    for lock in ("run", *OPTIONAL, "dev"):
        for package in read(lock):
            versions.setdefault(package.name, set()).add(package.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_what_builds_the_project_is_locked() -> None:
    assert set(PROJECT["build-system"]["requires"]) <= set(WANTED["build"])


@pytest.mark.parametrize(
    "path", ["Makefile", "Dockerfile", "pyproject.toml", *sorted(f"{p.name}" for p in LOCKS.iterdir())]
)
def test_no_registry_is_named(path: str) -> None:
    file = ROOT / path if (ROOT / path).exists() else LOCKS / path
    assert [line for line in file.read_text("utf-8").splitlines() if HOSTS.search(line)] == []


@pytest.mark.parametrize(
    "path", ["Makefile", "Dockerfile", "benchmarks/peers/environment.py", ".ci/run", "tests/fresh_machine.sh"]
)
def test_pip_installs_nothing_without_a_hash(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    (locked,) = re.findall(r"^LOCKED := (.*)$", text, re.MULTILINE) or [""]
    lines = text.replace("\\\n", " ").replace("$(LOCKED)", locked).splitlines()
    code = "\n".join(line for line in lines if not re.match(r"\s*(#|echo)", line))
    calls = re.findall(r"\bpip\b[\"', -]+(?:install|wheel|download)\b[^;&\n]*", code)
    assert calls or path not in {"Makefile", "Dockerfile"}
    for call in calls:
        options = set(re.findall(r"--[\w-]+", call))
        assert options >= HASHED or options >= AT_HAND, call


def a_wheel(folder: Path) -> Path:
    """Write the smallest wheel that pip installs."""
    path = folder / "ringboard_example-1.0-py3-none-any.whl"
    about = "ringboard_example-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("ringboard_example.py", "")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: ringboard-example\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")
    return path


@pytest.mark.parametrize("altered", [False, True])
def test_pip_refuses_a_file_whose_hash_is_not_in_the_lock(tmp_path: Path, *, altered: bool) -> None:
    (options,) = re.findall(r"^LOCKED := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    wheel = a_wheel(tmp_path)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"ringboard-example==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    if altered:
        with wheel.open("ab") as file:
            file.write(b"\0")
    command = [sys.executable, "-m", "pip", "install", *options.split(), "--no-index", "--find-links", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [*command, "--target", str(tmp_path / "installed"), "-r", str(lock)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert (tmp_path / "installed/ringboard_example.py").exists() is not altered
    assert (done.returncode != 0) is altered
    assert ("DO NOT MATCH THE HASHES" in done.stderr) is altered


def test_a_lock_is_read_with_its_markers_hashes_and_causes() -> None:
    one, two = parse(
        "# Written by make lock\n"
        f"Example_A==1.0 ; python_full_version < '3.13' \\\n    --hash=sha256:{'a' * 64} \\\n"
        f"    --hash=sha256:{'b' * 64}\n"
        "    # via other-b, -c supply/locks/dev.txt, ringboard (pyproject.toml)\n"
        f"other-b==2.0 \\\n    --hash=sha256:{'c' * 64}\n"
    )
    assert (one.name, one.version, str(one.requirement.marker)) == ("example-a", "1.0", 'python_full_version < "3.13"')
    assert one.hashes == ("a" * 64, "b" * 64)
    assert one.needed_by == ("other-b", "ringboard")
    assert (two.hashes, two.needed_by) == (("c" * 64,), ())


@pytest.mark.parametrize("line", ["a==1 --hash=sha256:abc", "a==1 --hash=md5:" + "a" * 32])
def test_a_hash_that_is_no_sha256_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        parse(line)


@pytest.mark.parametrize("requirement", ["a>=1", "a==1.*"])
def test_a_version_that_is_not_one_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="must be one version"):
        _ = parse(requirement)[0].version
