"""Asterisk's manager interface: its messages, and the state machine that makes whole calls of them."""

from __future__ import annotations
