"""The short run: all benches but those of the peers, in about five minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks import latency, report, resources
from benchmarks.simple import bench as simple
from benchmarks.whole import bench as whole
from benchmarks.whole.floor import Size

if TYPE_CHECKING:
    from benchmarks.testbed import Testbed

EVENTS: Final = 400_000
FLOOR: Final = Size(days=10)
LATENCY_S: Final = 20.0
LEADS: Final = 100_000


async def run(testbed: Testbed) -> dict[str, Any]:
    """Run each bench briefly, and return the figures."""
    figures = await simple.run(testbed, EVENTS, 1)
    figures |= await whole.run(testbed, FLOOR, 1, check=True)
    figures |= await latency.run(testbed, [(page, 1000, 8) for page in (latency.METRICS, latency.API)], LATENCY_S)
    figures |= await resources.scrape(testbed, [resources.ScrapeSize(200, 20, 3)])
    held = await resources.hold(testbed, LEADS)
    report.show(
        "A worker that comes back",
        ("leads", "records restored", "start to ready, s", "of it restoring, s", "RSS MB", "idle CPU"),
        [(held.leads, held.records, held.ready_s, held.restore_s, held.rss // 2**20, f"{held.idle_cpu:.2%}")],
    )
    return figures | {"held": {name: getattr(held, name) for name in held.__slots__}}
