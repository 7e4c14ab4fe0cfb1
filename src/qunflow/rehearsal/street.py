"""Where the simulated people meet: the doors they know, the posters they show each other, the pictures they hold."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from qunflow.rehearsal.browser import Browser, Tally
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.http import HttpClient
from qunflow.rehearsal.pictures import CodeReader, Gallery
from qunflow.rehearsal.proofs import Shot, draw_proof
from qunflow.rehearsal.report import CrowdReport


@dataclass(frozen=True, slots=True)
class Doors:
    """What people know before anything begins: the platform, the campaign's public poster, the staff's userids.

    ``sandbox`` is the sandbox's address without a slash at the end. ``poster`` is the URL of the poster's picture, or
    the picture itself, as it hangs on a wall.
    """

    sandbox: str
    poster: str | bytes
    staff: tuple[str, ...]


@dataclass(slots=True)
class Street:
    """Shared by all phones of a run; nothing in it that one person could not show another."""

    doors: Doors
    client: HttpClient
    reader: CodeReader
    gallery: Gallery
    threads: Executor
    dice: Dice
    zone: ZoneInfo
    report: CrowdReport
    tally: Tally = field(default_factory=Tally)
    #: Screens that people handed in, as they were taken; others may have saved them.
    shots: dict[int, Shot] = field(default_factory=dict)

    def browser(self) -> Browser:
        """A browser of one's own."""
        return Browser(self.client, self.tally)

    async def draw(self, shot: Shot, poster: bytes) -> bytes:
        """The picture of a screen, drawn beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, draw_proof, self.dice, shot, poster)

    def local(self, instant: datetime) -> datetime:
        """The instant as a clock on the wall shows it."""
        return instant.astimezone(self.zone)
