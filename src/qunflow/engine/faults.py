"""When a batch may simply be tried again: another transaction was faster, or facts were overtaken."""

from __future__ import annotations

from qunflow.engine.working_set import StaleFacts
from qunflow.storage import faults


def is_race(error: BaseException) -> bool:
    """The same batch, loaded afresh, may succeed."""
    return isinstance(error, StaleFacts) or faults.is_race(error)


is_lost = faults.is_lost
