"""Runs a long command with its log set up, whose end by an error is a line of that log too where it is JSON."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.logs.set_up import logging_by
from stream.settings.loading import wanted_alone

if TYPE_CHECKING:
    from collections.abc import Generator

    from stream.settings.model import Settings

FAILED = 1

log = logging.getLogger(__name__)


@contextmanager
def logged(program: str, **given: Any) -> Generator[Settings]:
    """
    Yield the settings, `given` above them, and log by them as `program` within this.

    Where logs are JSON, an error of a user's mistake and one of our own are lines of JSON, also one in the settings;
    as text the first goes on to whoever prints it.
    """
    try:
        settings = load_settings(**given)
    except RingboardError as error:
        if wanted_alone("log_format") != "json":
            raise
        # What is wrong may be anything but this: all else of a log has its default.
        with logging_by(None, program):
            _end(error)
    with logging_by(settings, program):
        try:
            yield settings
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except RingboardError as error:
            if settings.log_format != "json":
                raise
            _end(error)
        except Exception as error:
            log.critical("the program ended", exc_info=error)
            raise click.exceptions.Exit(FAILED) from error


def _end(error: RingboardError) -> None:
    log.error("%s", error)
    raise click.exceptions.Exit(FAILED) from error
