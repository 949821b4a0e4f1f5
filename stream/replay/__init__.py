"""Sends events that are there already, from files or a simulated floor, to the broker."""

from __future__ import annotations
