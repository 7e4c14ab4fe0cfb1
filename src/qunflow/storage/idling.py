"""How a worker waits: until it is rung, or until it is time to look for what other processes left it.

A virtual clock rings the workers of a process too: one glance at eight bytes every few milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from qunflow.storage.clock import SharedClock

#: Wall seconds between two glances at a virtual clock.
GLANCE = 0.004


async def wait_for_work(wake: asyncio.Event, seconds: float) -> None:
    """Wait until rung, at most ``seconds`` (wall)."""
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return


async def ring_when_moved(clock: SharedClock, bells: Iterable[asyncio.Event]) -> None:
    """Ring all bells whenever the virtual clock has moved; runs until cancelled."""
    bells = tuple(bells)
    shown = clock.now()
    while True:
        await asyncio.sleep(GLANCE)
        now = clock.now()
        if now != shown:
            shown = now
            for bell in bells:
                bell.set()
