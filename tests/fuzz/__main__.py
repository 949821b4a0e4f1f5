"""`python -m tests.fuzz`; a module of its own, since the processes import what they run."""

from __future__ import annotations

import sys

from tests.fuzz.running import main

if __name__ == "__main__":
    sys.exit(main())
