"""How a worker waits: until it is woken, a virtual clock moves, or it is time to look for others' work."""

from __future__ import annotations

import asyncio

from qunflow.domain.clock import Clock
from qunflow.storage.clock import SharedClock

#: Wall seconds between two looks at a virtual clock; a look is one read of eight bytes.
GLANCE = 0.004


async def wait_for_work(wake: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Wait at most ``seconds`` (wall); return early when woken, or when the virtual clock was moved."""
    if not isinstance(clock, SharedClock):
        await _wait(wake, seconds)
        return
    shown = clock.now()
    for _ in range(max(1, int(seconds / GLANCE))):
        await _wait(wake, GLANCE)
        if wake.is_set() or clock.now() != shown:
            return


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return
