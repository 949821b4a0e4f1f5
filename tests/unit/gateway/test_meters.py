"""Every metric of the gateway is declared once, and what is declared is exported."""

from __future__ import annotations

from stream.gateway import metric_defs
from stream.gateway.meters import Meters
from stream.web.metric import Metric


def test_what_is_declared_is_exported_and_nothing_else() -> None:
    declared = {one.name: one.kind for one in vars(metric_defs).values() if isinstance(one, Metric)}
    exported = {family.name: family.type for family in Meters().registry.collect()}
    assert exported == declared
    assert all(name.startswith("ringboard_gateway_") for name in declared)
