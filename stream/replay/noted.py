"""Keeps in the data folder what the last replay of each format left out too much of, for `ringboard check`."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stream.replay.replaying import FileReplay

FILE: Final = "left-out.json"


def note(data_dir: Path, files: Iterable[FileReplay]) -> None:
    """Note what `files` left out, by their format; one of which little is left out takes back what was noted before."""
    noted = before = noted_in(data_dir)
    for file in files:
        if file.complete and (file.calls or file.too_much_left_out()):
            much = file.too_much_left_out()
            rest = {form: said for form, said in noted.items() if form != file.form}
            noted = rest if much is None else {**rest, file.form: much}
    if noted != before:
        with contextlib.suppress(OSError):  # the summary has said it
            (data_dir / FILE).write_text(json.dumps(noted), "utf-8")


def noted_in(data_dir: Path) -> dict[str, str]:
    """Return what is noted, by format; nothing where no file of ours is there."""
    try:
        found = json.loads((data_dir / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(form): str(said) for form, said in found.items()} if isinstance(found, dict) else {}
