"""Which series of the workers hold each measure, as the rules select them."""

from __future__ import annotations

from typing import Final

from agents.metrics import metric_defs as d
from grafana.rules.promql import select
from stream.kpi import measures as m

BY_OWNER: Final = {
    **{one.measure: one.metric.name for one in (*d.BY_OWNER, *d.BY_QUEUE)},
    **{
        one.measure + m.response_index(by_reached, by_clock, by_limit): select(
            one.metric.name, reached=reached, clock=clock, limit=limit
        )
        for one in d.RESPONSES
        for reached, by_reached in d.REACHED
        for clock, by_clock in d.CLOCKS
        for limit, by_limit in d.LIMITS
    },
}
BY_CHANNEL: Final = {
    measure: select(one.metric.name, **dict(zip(one.metric.labels[2:-1], one.fixed, strict=True)))
    for measure, one in d.BY_DETAIL.items()
}
BY_REP: Final = {one.measure: one.metric.name for one in d.BY_REP}
DELAYS: Final = {
    m.DELAY + m.delay_index(by_reached, by_clock): (reached, clock)
    for reached, by_reached in d.REACHED
    for clock, by_clock in d.CLOCKS
}
PARTS_OF_DELAYS: Final = {one.measure: one.metric.name for one in d.PARTS_OF_DELAYS}
DISTRIBUTIONS: Final = {one.measure: one.metric for one in d.DISTRIBUTIONS}
