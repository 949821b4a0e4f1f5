"""Write the generated pages of docs/ anew: `python -m stream.documentation [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from stream.documentation import PAGES


def main(folder: Path) -> None:
    """Write every page into `folder`."""
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
