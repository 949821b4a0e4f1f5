"""Builds the Prometheus and Alertmanager of docker-compose.yml from Go modules: `python -m supply.current FOLDER`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from supply.sbom import images

OWNER = "github.com/prometheus"
# By image, the programs that tests run, by their package in the module.
PROGRAMS = {
    "prom/prometheus": {"prometheus": "./cmd/prometheus", "promtool": "./cmd/promtool"},
    "prom/alertmanager": {"prometheus-alertmanager": "./cmd/alertmanager", "amtool": "./cmd/amtool"},
}
# What an Alertmanager embeds of its pages, which a module comes without; no test looks at them.
EMBEDDED = re.compile(r"^//go:embed (.+)$", re.MULTILINE)
# Without the ways to find targets in twenty clouds: most of what there is to compile, and no test has a cloud.
TAGS = "remove_all_sd"
# What counts are the module's own directives, and its go.sum, which holds the hash of all that it needs.
ENVIRONMENT = {"GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0"}


def module(image: str) -> str:
    """Return the Go module of an image, with its version: Prometheus 3.13.5 is the module's v0.313.5."""
    name, _, version = image.removeprefix("prom/").partition(":v")
    major, minor, patch = map(int, version.split("."))
    return f"{OWNER}/{name}@v0.{100 * major + minor}.{patch}"


def stub_pages(source: Path) -> None:
    """Make an empty page where a Go file embeds one that is not in the module."""
    for written in source.glob("ui/*.go"):
        for pattern in EMBEDDED.findall(written.read_text("utf-8")):
            folder = written.parent / pattern.removeprefix("all:").strip('"')
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "index.html").touch()


def build(image: str, folder: Path) -> None:
    """Build an image's programs into `folder`, unless this version's are there."""
    name, wanted = image.partition(":")[0], module(image)
    stamp = folder / f".{name.rpartition('/')[2]}"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    environment = os.environ | ENVIRONMENT
    downloaded = subprocess.run(  # noqa: S603
        ["go", "mod", "download", "-json", wanted],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    with tempfile.TemporaryDirectory() as work:
        # A copy, because replace directives count only in the module that is built, and the cache is read-only.
        source = Path(work) / "source"
        shutil.copytree(json.loads(downloaded.stdout)["Dir"], source, copy_function=shutil.copyfile)
        for path in (source, *source.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        stub_pages(source)
        for program, package in PROGRAMS[name].items():
            print(f"Building {program} of {wanted}, which takes minutes…", flush=True)  # noqa: T201
            output = str(folder.resolve() / program)
            version = f"-X github.com/prometheus/common/version.Version={image.rpartition(':v')[2]}"
            command = ["go", "build", "-tags", TAGS, "-ldflags", version, "-o", output, package]
            subprocess.run(command, check=True, cwd=source, env=environment)  # noqa: S603
    stamp.write_text(wanted, "utf-8")


def main(folder: Path) -> None:
    """Build all programs into `folder`."""
    if shutil.which("go") is None:
        sys.exit("Go is not installed: it builds the Prometheus and Alertmanager of docker-compose.yml")
    folder.mkdir(parents=True, exist_ok=True)
    for image in images():
        if image.partition(":")[0] in PROGRAMS:
            build(image, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
