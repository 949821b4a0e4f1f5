"""`ringboard person`: what is held of one person, and its erasing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any, Final

import click

from stream.cli.bars import bar
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.kafka.connection import connection_of
from stream.kafka.scan_topics import has_members
from stream.persons.erase import applied, ends_of, erasures_of, send
from stream.persons.holdings import holdings_of
from stream.persons.person import person_of
from stream.persons.words import as_json, as_text, moment, remaining, rfc3339
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.journeys.erasing import Erasure
    from stream.persons.holdings import Holdings
    from stream.settings.model import Settings

_MOST_ROUNDS: Final = 3
_customer = click.option(
    "--customer",
    "customers",
    multiple=True,
    metavar="ID",
    help="The person's id as a customer, where it is not that of a lead; may be repeated.",
)


@click.group(
    epilog="""\b
Example:
  ringboard person show "06 39 98 00 01"
  ringboard person erase L-1042 --dry-run
"""
)
def command() -> None:
    """Show what is held of one person, or erase it. No number is printed, kept or logged, only its pseudonym."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@command.command(
    epilog="""\b
Example:
  ringboard person show "06 39 98 00 01"
  ringboard person show L-1042 --json
"""
)
@click.argument("who", metavar="NUMBER|LEAD")
@_customer
@click.option("--json", "as_json_", is_flag=True, help="Print a JSON object.")
def show(who: str, customers: tuple[str, ...], as_json_: bool) -> None:
    """
    Show all that is held of one person: in the state, in the topics, and until when.

    A number may be written in any way; national ones are read in `default_region`. All leads of a number, and all
    numbers of a lead, are one person. The topics are read as a whole, which may take a while.
    """
    settings = load_settings()
    holdings = _look(settings, who, customers, quiet=as_json_)
    if as_json_:
        click.echo(json.dumps(as_json(holdings, settings.zone), ensure_ascii=False, indent=2))
    else:
        for line in as_text(holdings, settings.zone):
            click.echo(line)


@command.command(
    epilog="""\b
Example:
  ringboard person erase "06 39 98 00 01" --dry-run
  ringboard person erase L-1042 --yes
"""
)
@click.argument("who", metavar="NUMBER|LEAD")
@_customer
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--within", default=60.0, show_default=True, metavar="SECONDS", help="Wait so long for the workers.")
@click.option("--json", "as_json_", is_flag=True, help="Print what was done as JSON.")
def erase(  # noqa: PLR0917  click names them
    who: str, customers: tuple[str, ...], dry_run: bool, yes: bool, within: float, as_json_: bool
) -> None:
    """
    Take one person out of the state and its changelogs at once, and say until when the topics still have them.

    What they counted for stays in the KPIs, and a rebuild counts it again and brings nothing of them back. What comes
    of them later begins anew.
    """
    settings = load_settings()
    clock = SystemClock()
    holdings = _look(settings, who, customers, quiet=as_json_)
    erasures = erasures_of(settings, holdings, clock.now_ms())
    if not as_json_:
        for line in _plan(settings, holdings, erasures):
            click.echo(line)
    state, rounds = "planned", 0
    while holdings.known() and not dry_run and rounds < _MOST_ROUNDS:
        if not yes and not rounds:
            click.confirm("Erase them?", abort=True, err=True)
        rounds += 1
        state = asyncio.run(_erase(settings, erasures, within, quiet=as_json_))
        if state != "erased":
            break
        # What came while it was done may have named more of the person's leads and numbers.
        holdings = _look(settings, who, customers, quiet=as_json_)
        erasures = erasures_of(settings, holdings, clock.now_ms())
    if not holdings.known() and state == "planned":
        state = "nothing held"
    _report(settings, holdings, state, as_json_=as_json_)


def _look(settings: Settings, who: str, customers: Sequence[str], *, quiet: bool) -> Holdings:
    person = person_of(identity_of(settings), who, customers)
    with bar("Reading", None, quiet=quiet) as move:
        passed = 0

        def moved(read: int, total: int) -> None:
            nonlocal passed
            move(max(0, read - passed), f"{read} of {total} records")
            passed = read

        return asyncio.run(holdings_of(settings, person, moved))


def _plan(settings: Settings, holdings: Holdings, erasures: Sequence[Erasure]) -> list[str]:
    known = holdings.known()
    named = [f"{one.kind} {one.name}" for one in erasures if one.key in known]
    lines = [f"To be taken out of the state: {', '.join(named) or 'nothing, as nothing is held there'}."]
    return [*lines, *remaining(holdings, settings.zone)]


async def _erase(settings: Settings, erasures: Sequence[Erasure], within: float, *, quiet: bool) -> str:
    since = await ends_of(settings, erasures)
    await send(settings, erasures, SystemClock())
    if not await has_members(connection_of(settings), settings.app_id):
        return "no worker"
    with bar("Erasing", len(erasures), quiet=quiet) as move:
        before = 0

        def moved(done: int) -> None:
            nonlocal before
            move(done - before, f"{done} of {len(erasures)} journeys")
            before = done

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await applied(settings, erasures, since, moved)
                return "erased"
    return "waiting"


_SAID: Final = {
    "planned": "Nothing was done.",
    "nothing held": "Nothing is held of them in the state.",
    "erased": "Erased: neither the state of any worker nor the latest records of the changelogs have anything of them. "
    "The broker takes older records of the changelogs away when it compacts them, within a day.",
    "no worker": "Asked for: no worker runs, and it is done when one does.",
    "waiting": "Asked for: the workers have not done it yet; they do it when they have read so far. "
    "`ringboard person show` says when nothing is left.",
}


def _report(settings: Settings, holdings: Holdings, state: str, *, as_json_: bool) -> None:
    zone = settings.zone
    if as_json_:
        done: dict[str, Any] = {"state": state, **as_json(holdings, zone)}
        done["gone_from_topics"] = rfc3339(max(holdings.until.values()), zone) if holdings.until else None
        click.echo(json.dumps(done, ensure_ascii=False, indent=2))
        return
    click.echo(_SAID[state])
    if state not in {"planned", "nothing held"}:
        for line in remaining(holdings, zone):
            click.echo(line)
    if holdings.until:
        click.echo(f"The topics have nothing of them any more from {moment(max(holdings.until.values()), zone)} on.")
