"""`ringboard grafana`: the boards, rules and Alertmanager's configuration, for whoever has installed a package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

DRAWN: Final = ("dashboards", "prometheus/recording.yml", "prometheus/alerts.yml")
"""Drawn from the catalogue of KPIs: nobody changes them by hand, and another version has others."""

OWN: Final = (
    "prometheus/prometheus.yml",
    "alertmanager/alertmanager.yml",
    "alertmanager/receivers.example.toml",
    "provisioning",
)
"""Whose addresses are to be changed to one's own."""

CONFIGURATION: Final = "alertmanager/alertmanager.yml"


@click.group(
    epilog="""\b
Example:
  ringboard grafana export monitoring
"""
)
def command() -> None:
    """Write what Grafana, Prometheus and Alertmanager are given."""


@command.command(
    epilog="""\b
Example:
  ringboard grafana export monitoring
  ringboard grafana export monitoring --receivers receivers.toml
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--receivers",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Who receives which alerts: Alertmanager's configuration is made of it (docs/alerts.md).",
)
def export(folder: Path, receivers: Path | None) -> None:
    """
    Write the boards (dashboards), rules (prometheus), Alertmanager's configuration and Grafana's provisioning into DIR.

    After an upgrade, do it again: boards and rules are replaced. What you have to change, such as prometheus.yml and
    its addresses, is written once and then left alone; alertmanager.yml is made anew of --receivers.
    """
    made = None if receivers is None else _configuration(receivers)
    written, kept = 0, []
    try:
        for path, content in _files():
            place = folder / path
            if path == CONFIGURATION and made is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(made, encoding="utf-8")
            elif path.startswith(OWN) and place.exists():
                kept.append(path)
                continue
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            written += 1
    except OSError as error:
        raise RingboardError(f"{folder}: cannot be written ({error.strerror}); name another folder") from None
    click.echo(f"{written} files written to {folder}")
    if kept:
        click.echo(f"left as they are, since they are yours to change: {', '.join(kept)}")


def _files() -> Iterator[tuple[str, bytes]]:
    root = resources.files("grafana")
    for name in (*DRAWN, *OWN):
        yield from _below(root.joinpath(*name.split("/")), name)


def _below(place: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for one in sorted(place.iterdir(), key=lambda one: one.name):
            yield from _below(one, f"{path}/{one.name}")
    else:
        yield path, place.read_bytes()


def _configuration(receivers: Path) -> str:
    from grafana.alertmanager.config import render  # noqa: PLC0415  only who has receivers needs it
    from grafana.alertmanager.receivers import load  # noqa: PLC0415

    return render(load(receivers))
