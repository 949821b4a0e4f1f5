"""What damaged input is put through: every reader, every way in, and every fold. None may raise, or blame itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fuzz.folds import FOLDS
from tests.fuzz.readers import READERS
from tests.fuzz.ways_in import WAYS_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fuzz.fuzzing import Target

TARGETS: Final[Mapping[str, Callable[[], Target]]] = {**READERS, **WAYS_IN, **FOLDS}
