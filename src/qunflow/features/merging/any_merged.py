"""Whether anybody of a workspace was ever merged: nearly always nobody, and then no page has to look who is who."""

from __future__ import annotations

import time

from qunflow.engine.door import Door
from qunflow.features.merging.model import MERGES
from qunflow.storage.guards import read_counters

#: Wall seconds that "nobody" is believed. A page may miss a merge for as long; the rules look at it under their locks.
BELIEVED_SECONDS = 1.0


class AnyMerged:
    """Asked by pages of one process; once somebody was merged, that stays so."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: dict[str, float] = {}  # workspace → until when the answer holds
        self._some: set[str] = set()

    async def in_(self, workspace: str) -> bool:
        """Whether somebody of the workspace turned out to be somebody else."""
        if workspace in self._some:
            return True
        if time.monotonic() < self._known.get(workspace, 0.0):
            return False
        async with self._door.database.read(workspace) as unit:
            found = await read_counters(unit, [MERGES])
        if MERGES in found and found[MERGES].used:
            self._some.add(workspace)
            return True
        self._known[workspace] = time.monotonic() + BELIEVED_SECONDS
        return False
