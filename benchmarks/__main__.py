"""The command line of the benchmarks: `python -m benchmarks`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import click

from benchmarks import bounded as bounded_bench
from benchmarks import databases as databases_bench
from benchmarks import latency, profile, report, resources, short
from benchmarks import viewers as viewers_bench
from benchmarks.floods import gateway as gateway_floods
from benchmarks.floods import pages as pages_flood
from benchmarks.mappings import bench as mappings_bench
from benchmarks.peers import bench as peers_bench
from benchmarks.simple import bench as simple_bench
from benchmarks.soak import bench as soak_bench
from benchmarks.testbed import new_testbed
from benchmarks.whole import bench as whole_bench
from benchmarks.whole.floor import Size

_json = click.option("--json", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures there.")
_keep = click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep broker and logs there.")
_rounds = click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Interleaved rounds.")


@click.group()
def main() -> None:
    """Measure Ringboard, on a broker that is started for it."""
    # On SIGTERM a bench stops what it started, as on any exit.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


@main.command()
@click.option("--events", type=click.IntRange(1000), default=400_000, show_default=True)
@_rounds
@_json
@_keep
def simple(events: int, rounds: int, path: Path | None, keep: Path | None) -> None:
    """Run the simple job by the worker and by a bare consumer; then kill the worker once during a run."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(simple_bench.run(testbed, events, rounds)))


@main.command()
@click.option("--days", type=click.IntRange(1), default=20, show_default=True)
@click.option("--reps", type=click.IntRange(1), default=40, show_default=True)
@click.option("--campaigns", type=click.IntRange(1), default=8, show_default=True)
@click.option("--leads-per-day", type=float, default=600.0, show_default=True)
@click.option("--no-check", is_flag=True, help="Do not compare the KPIs with those of a floor in memory.")
@_rounds
@_json
@_keep
def whole(  # noqa: PLR0917  each is an option
    days: int,
    reps: int,
    campaigns: int,
    leads_per_day: float,
    no_check: bool,
    rounds: int,
    path: Path | None,
    keep: Path | None,
) -> None:
    """Run the whole job by the real worker, on a topic full of a simulated floor's events."""
    size = Size(days, reps, campaigns, leads_per_day)
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(whole_bench.run(testbed, size, rounds, check=not no_check)))


@main.command()
@click.option("--events", type=click.IntRange(1000), default=400_000, show_default=True)
@click.option("--only", multiple=True, help="Only peers whose name contains this; may be given several times.")
@click.option("--hopping/--no-hopping", default=True, show_default=True, help="Also measure hopping windows.")
@_rounds
@_json
@_keep
def peers(  # noqa: PLR0917  each is an option
    events: int, only: tuple[str, ...], hopping: bool, rounds: int, path: Path | None, keep: Path | None
) -> None:
    """Run the simple job and its peers in turn, and compare the totals of each with a plain pass."""
    with new_testbed(keep) as testbed:
        figures = asyncio.run(peers_bench.run(testbed, events, rounds, only))
        if hopping:
            figures |= asyncio.run(peers_bench.hopping(testbed, only))
        _write(path, figures)


@main.command()
@click.option("--weeks", type=click.IntRange(2), default=8, show_default=True)
@click.option("--reps", type=click.IntRange(1), default=10, show_default=True)
@click.option("--leads-per-day", type=float, default=200.0, show_default=True)
@_json
@_keep
def bounded(weeks: int, reps: int, leads_per_day: float, path: Path | None, keep: Path | None) -> None:
    """Send weeks at full speed to a worker that forgets after 7 days, and measure what it holds after each."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(bounded_bench.run(testbed, weeks, reps, leads_per_day)))


@main.command()
@click.option("--days", type=click.IntRange(2), default=30, show_default=True)
@click.option("--reps", type=click.IntRange(1), default=20, show_default=True)
@click.option("--leads-per-day", type=float, default=300.0, show_default=True)
@click.option("--journey-days", type=click.IntRange(1), default=7, show_default=True, help="90 also compares all KPIs.")
@_json
@_keep
def soak(  # noqa: PLR0917  each is an option
    days: int, reps: int, leads_per_day: float, journey_days: int, path: Path | None, keep: Path | None
) -> None:
    """Send days at full speed to workers that are restarted, scraped and beset, and measure what they hold."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(soak_bench.run(testbed, Size(days, reps, 4, leads_per_day), journey_days)))


@main.command("latency")
@click.option("--rate", "rates", type=click.IntRange(1), multiple=True, default=(1000, 100), show_default=True)
@click.option("--partitions", type=click.IntRange(1), multiple=True, default=(8, 32), show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="For each case.")
@_json
@_keep
def latency_(
    rates: tuple[int, ...], partitions: tuple[int, ...], seconds: float, path: Path | None, keep: Path | None
) -> None:
    """Measure how long an event takes until /metrics, and the API, show it."""
    cases = [(page, rate, n) for n in partitions for rate in rates for page in (latency.METRICS, latency.API)]
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(latency.run(testbed, cases, seconds)))


@main.command("resources")
@click.option("--leads", type=click.IntRange(100), default=100_000, show_default=True, help="And ten times as many.")
@_json
@_keep
def resources_(leads: int, path: Path | None, keep: Path | None) -> None:
    """Measure memory for each lead and cell, CPU at idle, a scrape, and the recovery after a restart."""
    with new_testbed(keep) as testbed:
        sizes = [resources.ScrapeSize(*size) for size in ((20, 20, 20), (200, 20, 3), (200, 20, 20), (2000, 20, 3))]
        figures = asyncio.run(resources.scrape(testbed, sizes))
        _write(path, figures | asyncio.run(resources.memory(testbed, leads)))


@main.command("scrape")
@click.option("--reps", type=click.IntRange(1, 10_000), default=200, show_default=True)
@click.option("--campaigns", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--each", type=click.IntRange(1), multiple=True, default=(3, 20), help="Campaigns of each team.")
@_json
@_keep
def scrape_(reps: int, campaigns: int, each: tuple[int, ...], path: Path | None, keep: Path | None) -> None:
    """Count the series of a floor's metrics, and measure what a scrape takes."""
    with new_testbed(keep) as testbed:
        sizes = [resources.ScrapeSize(reps, campaigns, one) for one in each]
        _write(path, asyncio.run(resources.scrape(testbed, sizes)))


@main.command("viewers")
@click.option("--viewers", type=click.IntRange(1, 1000), default=1000, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True)
@_json
@_keep
def viewers_(viewers: int, seconds: float, path: Path | None, keep: Path | None) -> None:
    """Measure what many walls cost that look at one worker."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(viewers_bench.run(testbed, viewers, seconds)))


@main.command("profile")
@click.option("--days", type=click.IntRange(1), default=10, show_default=True)
@_json
@_keep
def profile_(days: int, path: Path | None, keep: Path | None) -> None:
    """Sample where the worker's CPU goes in the simple and in the whole job."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(profile.run(testbed, Size(days=days))))


@main.command()
@click.option("--rows", type=click.IntRange(1000), default=1_000_000, show_default=True)
@click.option("--looks", type=click.IntRange(1), default=720, show_default=True, help="720 are an hour of them.")
@_json
def databases(rows: int, looks: int, path: Path | None) -> None:
    """Measure what following a long table costs MariaDB and PostgreSQL, which `make databases` fetches."""
    _write(path, asyncio.run(databases_bench.run(rows, looks)))


@main.command("mappings")
@click.option(
    "--requests", type=click.IntRange(1000), default=20_000, show_default=True, help="To each, in each round."
)
@click.option("--calls", type=click.IntRange(1000), default=1_000_000, show_default=True, help="Of the file replayed.")
@_rounds
@_json
@_keep
def mappings_(requests: int, calls: int, rounds: int, path: Path | None, keep: Path | None) -> None:
    """Measure a gateway with a mapping beside a bare handler, and the replay of a day's CSV by one."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(mappings_bench.run(testbed, requests, rounds, calls)))


@main.command("short")
@_json
@_keep
def short_(path: Path | None, keep: Path | None) -> None:
    """Run a little of everything but the peers: what `make bench` does."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(short.run(testbed)))


@main.group()
def floods() -> None:
    """Flood what listens, and measure what honest clients get meanwhile."""


@floods.command("gateway")
@click.option("--seconds", type=click.FloatRange(1), default=10.0, show_default=True, help="For each flood.")
@_json
@_keep
def floods_gateway(seconds: float, path: Path | None, keep: Path | None) -> None:
    """Flood a gateway with slow posts, wrong keys, idle connections and junk."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(gateway_floods.run(testbed, seconds)))


@floods.command("pages")
@click.option("--clients", type=click.IntRange(0), default=1100, show_default=True, help="Idle and slow ones.")
@click.option("--scrapers", type=click.IntRange(0), default=20, show_default=True)
@click.option("--rate", type=click.IntRange(1), default=500, show_default=True, help="Events a second.")
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True)
@_json
@_keep
def floods_pages(  # noqa: PLR0917  each is an option
    clients: int, scrapers: int, rate: int, seconds: float, path: Path | None, keep: Path | None
) -> None:
    """Measure a worker with few open files among idle and slow clients, and scrapers without a pause."""
    with new_testbed(keep) as testbed:
        _write(path, asyncio.run(pages_flood.run(testbed, clients, scrapers, rate, seconds)))


def _write(path: Path | None, figures: dict[str, Any]) -> None:
    report.write(path, figures)


if __name__ == "__main__":
    main()
