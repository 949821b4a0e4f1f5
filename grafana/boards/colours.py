"""Colours that the colour-blind tell apart (Okabe and Ito's), and what each stands for."""

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
"""How much of a target is near it."""


def steps(*steps: tuple[float | None, str]) -> build.ThresholdsConfig:
    """Colour from each value on; the first is where everything begins."""
    found = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def against_target() -> build.ThresholdsConfig:
    """Colour how much of a target is reached, in the direction that is good: 1 and more is."""
    return steps((None, BAD), (NEARLY, NEAR), (1, GOOD))


def one(colour: str) -> build.FieldColor:
    """Colour everything alike."""
    return build.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(colour)


def by_threshold() -> build.FieldColor:
    """Colour by the steps."""
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)
