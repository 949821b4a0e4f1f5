"""
Writes Alertmanager's configuration: `python -m grafana.alertmanager receivers.toml > alertmanager.yml`.

Without an argument it reads `receivers.toml` in this folder, whose output is committed as `alertmanager.yml`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grafana.alertmanager.config import FOLDER, render
from grafana.alertmanager.receivers import load
from stream.errors import RingboardError

try:
    sys.stdout.write(render(load(Path(sys.argv[1]) if sys.argv[1:] else FOLDER / "receivers.toml")))
except RingboardError as error:
    sys.exit(f"error: {error}")
