"""Ends a worker that the broker no longer lets do its work: when it starts again, it says which right it lacks."""

from __future__ import annotations

import logging
import os
from typing import Final

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from agents.exits import EX_ENGINE

FORBIDDEN: Final = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

log = logging.getLogger(__name__)


def end_if_forbidden(error: BaseException | None) -> None:
    """End the process where `error`, or what led to it, is that a right is lacking; a traceback would say no more."""
    while error is not None:
        if isinstance(error, FORBIDDEN):
            log.error("the broker no longer lets this worker work (%s): starting again", type(error).__name__)
            os._exit(EX_ENGINE)
        error = error.__cause__
