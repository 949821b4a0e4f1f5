"""Sends events that are there already, from files or a simulated floor, through the door to the broker."""

from __future__ import annotations
