"""Who may send what a mapping reads: the table `sender` of a mapping file. It says how, and never a secret."""

from __future__ import annotations
