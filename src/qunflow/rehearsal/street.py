"""Where the simulated people meet: the doors they know, the posters they show each other, the pictures they hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from qunflow.rehearsal.browser import Browser, Tally
from qunflow.rehearsal.crowd import COPIED, PLAIN, PersonPlan
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.http import HttpClient
from qunflow.rehearsal.pictures import CodeReader, Gallery
from qunflow.rehearsal.proofs import Shot, draw_proof
from qunflow.rehearsal.report import CrowdReport

Review = Callable[[], Awaitable[int]]


class Outcome(StrEnum):
    """How a step went: done, or to be tried again later because a page or a message is not there yet."""

    DONE = "done"
    LATER = "later"


class StepFailed(Exception):
    """The step cannot be done; ``reason`` is a short code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotYet(Exception):
    """What the person needs is not there yet; ``what`` is counted."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


class Participant(Protocol):
    """One simulated person with a phone, on whatever platform."""

    name: str

    async def perform(self, kind: str, now: datetime) -> Outcome:
        """Do one step at virtual time ``now``. Raises StepFailed, or HttpError when nobody answers for a minute."""
        ...

    async def read_messages(self) -> None:
        """Read what is new and count it."""
        ...


class StaffAtWork(Protocol):
    """The staff of a run, on whatever platform."""

    counts: Counter[str]

    async def act(self) -> int:
        """Do what waits; answers how many acts that were."""
        ...


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: how a participant and the staff's desk are made on a platform."""

    participant: Callable[[PersonPlan, Street], Participant]
    desk: Callable[[Street, Review], StaffAtWork]


class Playing(Protocol):
    """What somebody does in a campaign that plays a model, with what they see on their phone."""

    async def visit(self, now: datetime) -> None:
        """Open the play page and do what there is to do."""
        ...

    async def buy(self, now: datetime) -> None:
        """Buy something in the shop."""
        ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What people know before anything begins: the platform, the campaign's public poster, the staff's userids.

    ``sandbox`` is the sandbox's address without a slash at the end. ``poster`` is the URL of the poster's picture, or
    the picture itself, as it hangs on a wall. ``cast`` is who plays where the platform is another. ``player`` makes
    a participant's hands in a campaign with a model: (plan, street, browser, how to get the own link).
    """

    sandbox: str
    poster: str | bytes
    staff: tuple[str, ...]
    cast: Cast | None = None
    player: Callable[[PersonPlan, Street, Browser, Callable[[], Awaitable[str]]], Playing] | None = None
    #: The personal link of each person, by number.
    links: dict[int, str] = field(default_factory=dict)


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
    #: Who was told by a friend that there is something to do at once.
    called: list[int] = field(default_factory=list)
    #: A heap of (when, who): people who wait for something and mean to look at their page then.
    looks: list[tuple[datetime, int]] = field(default_factory=list)
    _browsers: dict[int, Browser] = field(default_factory=dict)
    #: Screens that are being drawn already, by person and by when they are taken.
    _ahead: dict[tuple[int, datetime], asyncio.Task[bytes]] = field(default_factory=dict)

    def browser(self, phone: int | None = None) -> Browser:
        """A browser of one's own, or the one of a phone that several accounts use."""
        if phone is None:
            return Browser(self.client, self.tally)
        if phone not in self._browsers:
            self._browsers[phone] = Browser(self.client, self.tally, address=address_of(phone))
        return self._browsers[phone]

    async def draw(self, shot: Shot, poster: bytes) -> bytes:
        """The picture of a screen, drawn beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, draw_proof, self.dice, shot, poster)

    def draw_ahead(self, plan: PersonPlan, at: datetime) -> None:
        """Begin the screen that an honest person will take at an instant, while nothing else is to be done."""
        shot = Shot(plan.number, plan.nickname, self.local(at))
        key = (plan.number, shot.at)
        if plan.forgery or key in self._ahead:  # the clock may stop more than once before that instant
            return
        if poster := self.gallery.show(plan.number):
            self._ahead[key] = asyncio.create_task(self.draw(shot, poster))

    async def proof(self, plan: PersonPlan, shot: Shot) -> bytes:
        """What a person hands in: a screen with the own poster, or a forgery as planned."""
        begun = self._ahead.pop((plan.number, shot.at), None)
        if begun is not None:
            return await begun
        forgery, inviter = plan.forgery, plan.inviter
        if forgery == PLAIN or (forgery and inviter is None):
            return await self.draw(shot, b"")
        if not forgery or inviter is None:
            return await self.draw(shot, self.gallery.show(plan.number))
        theirs = self.shots.get(inviter)
        copied = forgery == COPIED and theirs is not None and theirs.at < shot.at
        return await self.draw(theirs if copied and theirs else shot, self.gallery.show(inviter))

    def local(self, instant: datetime) -> datetime:
        """The instant as a clock on the wall shows it."""
        return instant.astimezone(self.zone)


def address_of(phone: int) -> str:
    """The network address of a phone, its own: what a trusted proxy would say of it."""
    return f"10.{phone >> 16 & 255}.{phone >> 8 & 255}.{phone & 255}"
