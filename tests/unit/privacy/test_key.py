"""The key of the pseudonyms is made once, for its owner only; one that is no good is refused in a line."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from stream.errors import RingboardError
from stream.privacy.identity import load_key
from stream.settings.model import Settings


@pytest.fixture(autouse=True)
def _no_key_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGBOARD_PSEUDONYM_KEY", raising=False)


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "data")
    key = load_key(settings)
    file = tmp_path / "new" / "data" / "pseudonym.key"
    assert len(key) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_key(settings) == key
    assert list(file.parent.iterdir()) == [file]
    assert load_key(Settings(data_dir=tmp_path, pseudonym_key=SecretStr(file.read_text()))) == key


@pytest.mark.slow
def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    program = (
        "from stream.privacy.identity import load_key; from stream.settings.model import Settings; "
        f"print(load_key(Settings(data_dir={str(tmp_path / 'data')!r})))"
    )
    root = Path(__file__).parents[3]
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1


def test_a_key_that_cannot_be_read_or_is_too_short_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pseudonym.key").write_text("short\n")
    with pytest.raises(RingboardError, match=r"holds 5 characters: it needs at least 16") as caught:
        load_key(Settings(data_dir=tmp_path))
    assert "short\n" not in str(caught.value)
    (tmp_path / "file").touch()
    with pytest.raises(RingboardError, match="cannot be read or created"):
        load_key(Settings(data_dir=tmp_path / "file"))
