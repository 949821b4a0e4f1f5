"""The command `ringboard`: one module per subcommand, imported only when it runs."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import click

from stream.errors import RingboardError

# The help of each, so that `ringboard --help` imports none of them.
COMMANDS = {
    "demo": "All of it on this machine: broker, worker, and a simulated floor.",
    "broker": "Run a real Apache Kafka broker on this machine.",
    "worker": "Turn events into live KPIs, metrics and pages.",
    "gateway": "Take what other systems post: webhooks, and events of your own.",
    "connect": "Listen to a telephone system live.",
    "replay": "Send recorded events from files to the broker.",
    "mapping": "Try a mapping on a file, or draft one from it.",
    "simulate": "Send a simulated day on the floor to the broker.",
    "kpis": "Print the KPIs of a running worker.",
    "grafana": "Write the boards, rules and Alertmanager's configuration.",
    "check": "Check the configuration, the broker, the topics and the clock.",
    "rejected": "Look at refused events, correct them, send them again.",
    "unused": "Look at what webhooks sent and no rule took.",
    "person": "Show what is held of one person, or erase it.",
    "rebuild": "Build all numbers anew from the events.",
    "backup": "Keep a copy of events, states and settings, while all runs.",
    "restore": "Bring a back-up to an empty broker.",
}
INTERRUPTED = 130  # as a shell reports an end by Ctrl-C


class Commands(click.Group):
    """The subcommands by name: `stream.cli.<name>` exposes `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the names of the commands."""
        return [name for name in COMMANDS if importlib.util.find_spec(f"{__name__}.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command `cmd_name`; None if there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - every module of a command has one
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command: a RingboardError is one line and exit code 1, Ctrl-C is exit code 130."""
        try:
            return super().invoke(ctx)
        except RingboardError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except KeyboardInterrupt:
            click.echo(err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ringboard")
def main() -> None:
    """Turn the events of a telephone-prospecting floor into live KPIs."""
