"""Colours that colour-blind people can distinguish (Okabe and Ito's), and the meaning of each."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#8E8E8E"

GOOD, NEAR, BAD, PLAIN, CLAIM = GREEN, ORANGE, VERMILION, SKY, GREY
SERIES: Final = (SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILION, BLUE, GREY)
NEARLY: Final = 0.9
"""From this share of a target on it is nearly reached."""


def steps(*steps: tuple[float | None, str]) -> build.ThresholdsConfig:
    """Return thresholds: a colour from each value on; the first value is None."""
    found = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def against_target() -> build.ThresholdsConfig:
    """Return the thresholds of the reached share of a target: 1 and more is good."""
    return steps((None, BAD), (NEARLY, NEAR), (1, GOOD))


def one(colour: str) -> build.FieldColor:
    """Return a fixed colour."""
    return build.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(colour)


def by_threshold() -> build.FieldColor:
    """Return colouring by the thresholds."""
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)
