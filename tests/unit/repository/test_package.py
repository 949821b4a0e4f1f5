"""The wheel and the sdist have all that is needed, and the wheel works where it is installed, far from the sources."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from supply.dist import SOURCES, build
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

# One process builds and installs it, for all of these.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("package")]

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RECORDINGS = ROOT / "tests/recordings"
RECEIVERS = ROOT / "grafana/alertmanager/receivers.example.toml"
# What is in grafana/ for us alone: the tests of the rules, and what draws the boards by a development tool.
OURS_ALONE = re.compile(r"grafana/(boards/.*|prometheus/.*_test\.yml)")
DEMO_WITHIN_S = 240.0


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist and the wheel."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(packages: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of an environment that has the wheel and, by the locks, what it needs; nothing else."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    install = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    subprocess.run([*install, "--require-hashes", "-r", ROOT / "supply/locks/run.txt"], check=True)
    subprocess.run([*install, "--no-index", packages[1]], check=True)
    return home / "bin"


def run(installed: Path, folder: Path, command: Sequence[object], expect: int = 0) -> str:
    """Return what the installed program writes, started in a folder that has nothing of ours."""
    done = subprocess.run(
        [installed / "ringboard", *map(str, command)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    own = {"RINGBOARD_DATA_DIR": str(folder / "data"), "RINGBOARD_BROKER": "127.0.0.1:1", "PYTHONSAFEPATH": "1"}
    return {name: value for name, value in os.environ.items() if not name.startswith(("RINGBOARD_", "PYTHON"))} | own


def expected() -> set[str]:
    """Return the files of the three packages that whoever installs them needs."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in ("stream", "agents", "grafana")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        if not OURS_ALONE.fullmatch(path.relative_to(ROOT).as_posix())
    }


def test_the_wheel_has_every_module_page_mapping_board_and_rule_and_nothing_else(packages: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(packages[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == expected()


def test_the_sdist_has_all_of_it_and_what_builds_it(packages: tuple[Path, Path]) -> None:
    with tarfile.open(packages[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert expected() <= names
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names
    assert not any(name.startswith(("tests/", "supply/", "docs/")) for name in names)


def test_the_image_is_built_of_the_same_files() -> None:
    copied = re.findall(r"^COPY (?!supply|--from)(.*) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert {name for line in copied for name in line.split()} == set(SOURCES)


def test_it_says_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, ["--version"]).strip() == f"ringboard, version {PROJECT['version']}"


def test_it_checks_what_is_there(installed: Path, tmp_path: Path) -> None:
    said = json.loads(run(installed, tmp_path, ["check", "--json"], expect=1))  # also without any of the extras
    broker = next(one for one in said["checks"] if one["what"] == "broker")
    assert broker["told"].startswith("the broker is away: no Kafka broker answers at 127.0.0.1:1")


def test_it_writes_the_boards_the_rules_and_alertmanagers_configuration(installed: Path, tmp_path: Path) -> None:
    own = tmp_path / "monitoring"
    run(installed, tmp_path, ["grafana", "export", own])
    written = {path.relative_to(own).as_posix() for path in own.rglob("*") if path.is_file()}
    for path in written - {"alertmanager/receivers.example.toml"}:
        assert (own / path).read_bytes() == (ROOT / "grafana" / path).read_bytes()
    assert {f"dashboards/{language}/floor.json" for language in ("en", "fr")} <= written
    assert {"prometheus/alerts.yml", "prometheus/recording.yml", "provisioning/datasources/prometheus.yml"} <= written
    (own / "prometheus/alerts.yml").write_text("of an older version")
    (own / "prometheus/prometheus.yml").write_text("with our own addresses")
    said = run(installed, tmp_path, ["grafana", "export", own, "--receivers", RECEIVERS])
    assert "left as they are" in said
    assert "prometheus/prometheus.yml" in said
    assert (own / "prometheus/prometheus.yml").read_text() == "with our own addresses"
    assert (own / "prometheus/alerts.yml").read_bytes() == (ROOT / "grafana/prometheus/alerts.yml").read_bytes()
    routes = yaml.safe_load((own / "alertmanager/alertmanager.yml").read_text())
    names = {one["name"] for one in routes["receivers"]}
    assert set(tomllib.loads(RECEIVERS.read_text())["receivers"]) <= names


def test_it_reads_files_of_telephone_systems_and_by_the_mappings_that_come_with_it(
    installed: Path, tmp_path: Path
) -> None:
    for command in (
        [RECORDINGS / "asterisk_recorded/queue_log"],
        ["--mapping", "maven-crm", RECORDINGS / "maven_crm_pipeline/sales_pipeline.csv"],
    ):
        said = json.loads(run(installed, tmp_path, ["replay", "--dry-run", "--json", *command]))
        assert any(line["fate"] == "sent" for line in said["lines"])


@pytest.mark.kafka
def test_it_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [installed / "ringboard", "demo", "--days", "1", "--port", str(port)],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        said: list[str] = []
        try:
            for line in demo.stdout:
                said.append(line)
                if f"Open http://localhost:{port}/" in line:
                    break
        finally:
            demo.send_signal(signal.SIGTERM)
            said += demo.communicate(timeout=DEMO_WITHIN_S)[0].splitlines(keepends=True)
    assert f"Open http://localhost:{port}/" in "".join(said)
    assert demo.returncode == 0, "".join(said)
