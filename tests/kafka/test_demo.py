"""The demo shows a whole floor, goes on where it was stopped, and leaves no process behind, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stream.kpi.catalogue import THE_SIX
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes where Linux shows them"),
]

RINGBOARD = str(Path(sys.executable).with_name("ringboard"))
DAYS = "2"
WITHIN_S = 90.0
GONE_WITHIN_S = 60.0


class Demo:
    """The command in a session of its own, as in a terminal of its own, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.said = folder / "said.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.said.open("wb") as said:
            self._process = subprocess.Popen(
                [RINGBOARD, "demo", "--days", DAYS, "--port", str(self.port), "--with-prometheus"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, "RINGBOARD_DATA_DIR": str(self.folder / "data")},
                start_new_session=True,
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def end(self, number: int) -> int:
        """Send a signal to the demo alone, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(GONE_WITHIN_S)

    def left(self) -> list[str]:
        """The processes that were started for this demo: all of them have its folder in their environment."""
        mark = f"RINGBOARD_DATA_DIR={self.folder}".encode()
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and mark in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
            except OSError:
                continue
        return [command for command in found if command]

    def kpis_when_all_is_counted(self) -> dict[str, Any]:
        """Wait until the floor is live and every record of it has been applied; return the KPIs of 30 days."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said.read_text()
            if ", live" in self.said.read_text():
                answer = self._ask("/api/v1/kpis?window=30d")
                if answer and answer["complete"] and answer["behind"] == 0:
                    kpis: dict[str, Any] = answer["kpis"]
                    return kpis
            time.sleep(0.2)
        pytest.fail(self.said.read_text())

    def _ask(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    if demo.process.poll() is None:
        demo.process.kill()
        demo.process.wait()


def test_the_demo_shows_all_six_kpis_goes_on_where_it_stopped_and_leaves_no_process(demo: Demo) -> None:
    demo.start()
    first = demo.kpis_when_all_is_counted()
    assert [name for name in THE_SIX if first[name]["value"] is None] == []
    assert "simulated" in demo.said.read_text()
    assert "Prometheus" in demo.said.read_text()
    assert demo.end(signal.SIGINT) == 0, demo.said.read_text()
    assert demo.left() == []

    demo.start()
    second = demo.kpis_when_all_is_counted()
    for name in THE_SIX:
        assert second[name]["denominator"] >= first[name]["denominator"], name
    # A day's worth told again would be thousands.
    assert second["contact_rate"]["denominator"] < first["contact_rate"]["denominator"] + 500
    assert len(demo.left()) > 4

    demo.end(signal.SIGKILL)
    deadline = time.monotonic() + GONE_WITHIN_S
    while (left := demo.left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
