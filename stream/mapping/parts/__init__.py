"""Calls that a mapping puts together from several records."""

from __future__ import annotations
