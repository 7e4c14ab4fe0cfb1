"""The process that reads the text of proofs: beside the server, one picture at a time, and not needed for anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from qunflow.features.tasks.reading_desk import ReadingDesk
from qunflow.features.tasks.reading_engine import can_read, open_engine
from qunflow.settings import Settings

if TYPE_CHECKING:
    from qunflow.bootstrap.application import Application


def reads_text(settings: Settings) -> bool:
    """Whether proofs wait for their text: it is wished, and what reads it is installed."""
    return settings.read_text and can_read()


async def serve_reader(application: Application, stops: Callable[[Callable[[], None]], None]) -> None:
    """Read until told to stop; ``stops`` is given what ends it."""
    stopping = asyncio.Event()
    stops(stopping.set)
    desk = ReadingDesk(application.door, application.home.blobs, application.workspaces, open_engine)
    try:
        await desk.run(stopping)
    finally:
        await application.home.close()
