"""The settings of what every program logs: from which level on, and in which form."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from stream.settings.fields import setting


class LogSettings(BaseModel):
    """How much is logged, and how it is written."""

    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info",
        "From which level on something is logged; debug: with tracebacks, and more of what libraries say.",
        '"debug", "info", "warning" or "error"',
    )
    log_format: Literal["text", "json"] = setting(
        "text",
        "How it is logged: a line to read, or a JSON object on a line for whatever collects them.",
        '"text" or "json"',
    )
