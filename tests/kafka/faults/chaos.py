"""Random faults in random order, as many as asked: `python -m tests.kafka.faults.chaos --seed 1 --rounds 50`."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import click

from stream.broker import Broker
from tests.kafka.faults.cluster import NODES, Cluster
from tests.kafka.faults.cluster_faults import CLUSTER_FAULTS, possible, told_of_delays
from tests.kafka.faults.faults import FAULTS
from tests.kafka.faults.floor import Delay, RealFloor
from tests.kafka.faults.kills import Kill, told_of
from tests.kafka.faults.rounds import one_round

ROUNDS_A_FLOOR = 8  # then comes a new one: with the history grows what the reference has to read
EVENTS_A_ROUND = 75
MOST_SHOWN = 20


async def chaos(seed: int, rounds: int | None, nodes: int) -> bool:
    """Put floors on `nodes` brokers through `rounds` faults; tell whether all was exact after each."""
    chance = random.Random(seed)
    kills: list[Kill] = []
    delays: list[Delay] = []
    with (
        tempfile.TemporaryDirectory() as place,
        (Cluster if nodes > 1 else Broker)(Path(place) / "broker") as broker,
    ):
        faults = possible(broker) if isinstance(broker, Cluster) else FAULTS
        rounds = rounds or len(faults)
        # Every fault comes once before any comes again.
        order = [each for _ in range(-(-rounds // len(faults))) for each in chance.sample(faults, len(faults))][:rounds]
        click.echo(f"seed {seed}, {rounds} rounds, {nodes} brokers")
        for fault in {*CLUSTER_FAULTS} - {*faults} if nodes > 1 else ():
            click.echo(f"not tried, as no disk may be limited here: {fault.__name__}")
        for begin in range(0, rounds, ROUNDS_A_FLOOR):
            directory = Path(place) / f"floor-{begin}"
            directory.mkdir()
            size = EVENTS_A_ROUND * ROUNDS_A_FLOOR
            floor = RealFloor(broker, f"chaos{begin}", directory, chance.randrange(10**6), size, replicas=nodes)
            try:
                await floor.prepare()
                for number, fault in enumerate(order[begin : begin + ROUNDS_A_FLOOR], begin + 1):
                    began, before, noted = time.monotonic(), len(floor.kills), len(floor.delays)
                    found = await one_round(floor, fault)
                    said = [f"killed {kill.phase or 'at rest'}" for kill in floor.kills[before:]]
                    said += [f"counts again after {delay.seconds:.1f} s" for delay in floor.delays[noted:]]
                    outcome = f"{len(found)} DIFFERENCES" if found else "exact"
                    click.echo(
                        f"{number:4} {time.monotonic() - began:5.1f} s  {outcome}  {fault.__name__}"
                        f" (floor of seed {floor.seed}){'  ' * bool(said)}{', '.join(said)}",
                    )
                    if found:
                        click.echo("\n".join(found[:MOST_SHOWN]))
                        return False
            except Exception:
                for worker in floor.workers:
                    click.echo(f"--- {worker.log.name}\n{worker.log.read_text()[-4000:]}")
                raise
            finally:
                kills += floor.kills
                delays += floor.delays
                await floor.end()
                click.echo("\n".join(told_of_delays(delays)) if nodes > 1 else told_of(kills))
    return True


@click.command()
@click.option("--seed", type=int, default=None, help="Of the histories, the order and the moments; by default any.")
@click.option("--rounds", type=int, default=None, help="How many faults there are to be; by default each once.")
@click.option(
    "--cluster",
    "nodes",
    type=click.Choice(["1", str(NODES)]),
    default="1",
    help="Of how many brokers; theirs are the faults.",
)
def main(seed: int | None, rounds: int | None, nodes: str) -> None:
    """Let random faults happen to a floor of real workers, and compare everything after each."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    chosen = random.SystemRandom().randrange(10**6) if seed is None else seed

    async def run() -> bool:
        task = asyncio.current_task()
        if task is not None:  # then as after Ctrl-C: what was started ends
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await chaos(chosen, rounds, int(nodes))

    try:
        exact = asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    sys.exit(0 if exact else 1)


if __name__ == "__main__":
    main()
