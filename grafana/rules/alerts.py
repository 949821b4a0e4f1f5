"""All alerts, and which of them others inhibit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from grafana.rules import alerts_calls, alerts_leads, alerts_pipeline

if TYPE_CHECKING:
    from grafana.rules.alert import Alert


ALERTS: Final[tuple[Alert, ...]] = (*alerts_leads.ALERTS, *alerts_calls.ALERTS, *alerts_pipeline.ALERTS)
NAMES: Final = tuple(dict.fromkeys(one.name for one in ALERTS))
WHILE_CLOSED: Final = tuple(dict.fromkeys(one.name for one in ALERTS if one.only_while_open))
WHILE_DOWN: Final = tuple(dict.fromkeys(one.name for one in ALERTS if one.area != "pipeline"))
OF_THE_PIPELINE: Final = ("RingboardWorkersDown", "RingboardPartitionsMissing")


class _Group(NamedTuple):
    name: str
    alerts: tuple[Alert, ...]


def groups() -> list[dict[str, Any]]:
    """Return the groups of alerting rules, one for each area, in Prometheus' form."""
    areas = dict.fromkeys(one.area for one in ALERTS)
    return [
        {"name": f"ringboard-alerts-{area}", "rules": [one.as_object() for one in ALERTS if one.area == area]}
        for area in areas
    ]
