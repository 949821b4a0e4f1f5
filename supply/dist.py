"""
Builds what is published: `python -m supply.dist FOLDER` writes an sdist, and the wheel that is made of it.

Both are built in a copy, by the hooks that every front end of packaging calls: nothing that lies about here gets into
them, and what the wheel needs is in the sdist.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ("pyproject.toml", "README.md", "LICENSE", "stream", "agents", "grafana")
"""What goes into the packages; the Dockerfile copies the same."""

_PASSED_OVER: Final = shutil.ignore_patterns("__pycache__", "*.egg-info")


def build(folder: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """Build the packages of the project at `root` into `folder`; return the sdist and the wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        copy = Path(made, "copy")
        copy.mkdir()
        for name in SOURCES:
            if (root / name).is_dir():
                shutil.copytree(root / name, copy / name, ignore=_PASSED_OVER)
            else:
                shutil.copy(root / name, copy / name)
        sdist = _hook("build_sdist", copy, folder)
        shutil.unpack_archive(sdist, made)
        return sdist, _hook("build_wheel", Path(made, sdist.name.removesuffix(".tar.gz")), folder)


def _hook(name: str, source: Path, folder: Path) -> Path:
    """Have the build backend build what lies in `source`; return the file."""
    done = subprocess.run(  # noqa: S603  our own code
        [
            sys.executable,
            "-c",
            f"import sys; from setuptools import build_meta; print(build_meta.{name}(sys.argv[1]))",
            folder.resolve(),
        ],
        cwd=source,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    return folder / done.stdout.splitlines()[-1]


if __name__ == "__main__":
    for path in build(Path(sys.argv[1])):
        print(path)  # noqa: T201
