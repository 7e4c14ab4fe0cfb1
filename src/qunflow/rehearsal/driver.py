"""Running a crowd: everything due at one instant, then silence, then the next instant."""

from __future__ import annotations

import asyncio
import heapq
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from qunflow.domain.errors import Conflict
from qunflow.rehearsal.crowd import POSTER, SCAN, SUBMIT, Crowd, plan_crowd
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.http import HttpClient, HttpError
from qunflow.rehearsal.phone import Phone
from qunflow.rehearsal.pictures import CodeReader, Gallery
from qunflow.rehearsal.report import CrowdReport
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.staff import StaffDesk
from qunflow.rehearsal.steps import CALLED, IN_TURN
from qunflow.rehearsal.street import Cast, Doors, Outcome, Participant, Review, StepFailed, Street
from qunflow.rehearsal.waves import grid_up
from qunflow.storage.clock import SharedClock

__all__ = ["CrowdReport", "CrowdSettings", "Doors", "run_crowd"]

AT_ONCE = 32
_POLL = 0.01
_QUIET_MOST = 300.0
_TRIES_MOST = 150
_LONGEST_PAUSE = 6
_STAFF_ROUNDS = 10
_CALLS_MOST = 10_000
#: Over how long those who act at the same instant spread: less than a rain lasts, or an order waits for its payment.
_TURNS = timedelta(minutes=8)
_THREADS = 2

Quiet = Callable[[], Awaitable[bool]]
NextDue = Callable[[], Awaitable[datetime | None]]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    """A step of a person's plan, by its place in it, at the instant when its turn comes."""

    at: datetime
    person: int
    place: int
    tries: int = 0


async def run_crowd(
    settings: CrowdSettings,
    doors: Doors,
    clock: SharedClock,
    quiet: Quiet,
    next_due: NextDue,
    progress: Progress,
    review: Review,
) -> CrowdReport:
    """Let the crowd go through the doors until nobody has anything left to do and ``settings.until`` is reached.

    ``quiet`` says whether inbox, outbox, due timers and callbacks are all empty at one instant; ``next_due`` names the
    earliest timer or delayed action; ``progress`` gets (steps ended, steps planned, local time); ``review`` decides
    waiting proofs and answers how many. Raises Conflict ``rehearsal_not_quiet`` when silence does not come in five
    minutes.
    """
    cpu, wall = time.process_time(), time.monotonic()
    crowd = plan_crowd(settings)
    async with open_street(settings, doors) as street:
        run = _Run(settings, crowd, street, clock, quiet, next_due, progress, review)
        await run.to_the_end()
        report = street.report
        report.retries = street.tally.retries
        report.requests, report.codes_read = street.client.requests, street.reader.decoded
    report.cpu_seconds, report.wall_seconds = time.process_time() - cpu, time.monotonic() - wall
    return report


@asynccontextmanager
async def open_street(settings: CrowdSettings, doors: Doors) -> AsyncIterator[Street]:
    """The street of one run: its connections, its threads and a folder for posters, gone when the block ends."""
    client = HttpClient()
    with tempfile.TemporaryDirectory(prefix="crowd-") as folder, ThreadPoolExecutor(_THREADS, "picture") as threads:
        try:
            yield Street(
                doors=doors,
                client=client,
                reader=CodeReader(threads),
                gallery=Gallery(Path(folder)),
                threads=threads,
                dice=Dice(settings.seed),
                zone=ZoneInfo(settings.tz),
                report=CrowdReport(),
            )
        finally:
            client.close()


def desk_of(street: Street, review: Review) -> StaffDesk:
    """The staff of the sandbox."""
    return StaffDesk(street.doors.sandbox, street.doors.staff, street.browser(), review)


class _Run:
    """The queue of what people mean to do, and the clock that moves when all is done and said."""

    def __init__(
        self,
        settings: CrowdSettings,
        crowd: Crowd,
        street: Street,
        clock: SharedClock,
        quiet: Quiet,
        next_due: NextDue,
        progress: Progress,
        review: Review,
    ) -> None:
        self._settings = settings
        self._crowd = crowd
        self._street = street
        self._clock = clock
        self._quiet = quiet
        self._next_due = next_due
        self._progress = progress
        self._cast = street.doors.cast or Cast(Phone, desk_of)
        self._staff = self._cast.desk(street, review)
        self._phones: dict[int, Participant] = {}
        self._queue: list[_Due] = []
        self._grid = settings.grid
        self._ended = 0
        self._planned = sum(len(person.steps) for person in crowd.people)
        street.report.expected = crowd.expected()

    async def to_the_end(self) -> None:
        """Tick after tick until the queue is empty and the end is reached, then read all phones once more."""
        for person in self._crowd.people:
            if person.inviter is None:
                self._come(person.number, self._clock.now())
        while True:
            await self._tick()
            instant = await self._next_instant()
            if instant is None:
                break
            self._clock.advance_to(instant)
        await self._carry_out([self._read_last(phone) for phone in self._phones.values()])
        self._street.report.staff = self._staff.counts

    async def _tick(self) -> None:
        now = self._clock.now()
        due: list[_Due] = []
        while self._queue and self._queue[0].at <= now:
            due.append(heapq.heappop(self._queue))
        if due:
            self._street.report.ticks += 1
            turns = [step for step in due if self._kind(step) in IN_TURN]
            free = [step for step in due if self._kind(step) not in IN_TURN]
            free.sort(key=lambda step: self._kind(step) != SUBMIT)  # what takes longest first, so that none is last
            await self._carry_out([self._take_step(step, now) for step in free])
            if turns:
                await self._silence()
                await self._take_turns(turns, now)
        self._draw_ahead()
        await self._silence()
        if await self._look_again():
            await self._silence()
        for _ in range(_STAFF_ROUNDS):
            if not await self._staff.act():
                break
            await self._silence()
        self._progress(self._ended, self._planned, self._street.local(now).strftime("%m-%d %H:%M"))

    def _draw_ahead(self) -> None:
        """Pictures for the next instant are drawn while inbox and outbox run empty: a core has time then."""
        for due in self._queue:
            if due.at == self._queue[0].at and due.tries == 0 and self._kind(due) == SUBMIT:
                self._street.draw_ahead(self._crowd.people[due.person], due.at)

    def _kind(self, due: _Due) -> str:
        return self._crowd.people[due.person].steps[due.place].kind

    async def _take_turns(self, turns: Sequence[_Due], now: datetime) -> None:
        """One after the other over some minutes, and whoever a friend calls comes at once."""
        called, looked = self._street.called, 0
        pause = _TURNS / len(turns)
        for number, step in enumerate(turns):
            await self._pass_to(now + pause * number)
            await self._take_step(step, self._clock.now())
            while called and looked < _CALLS_MOST:
                looked += 1
                phone = self._phones.get(called.pop(0))
                if phone is not None:
                    await self._look_in(phone, self._clock.now())
        called.clear()

    async def _look_again(self) -> bool:
        """Who waits for something looks whether it is there, one after the other; whether anybody did."""
        looks, now, looked = self._street.looks, self._clock.now(), False
        while looks and looks[0][0] <= now:
            _, person = heapq.heappop(looks)
            await self._look_in(self._phones[person], now)
            looked = True
        return looked

    async def _pass_to(self, instant: datetime) -> None:
        """Let the clock go on; what falls due meanwhile is done before anybody acts again."""
        due = await self._next_due()
        self._clock.advance_to(instant)
        if due is not None and due <= instant:
            await self._silence()

    async def _look_in(self, phone: Participant, now: datetime) -> None:
        try:
            await phone.perform(CALLED, now)
        except (StepFailed, HttpError) as error:
            self._street.report.fail("called", f"{phone.name}: {error}")

    async def _carry_out(self, acts: Sequence[Awaitable[None]]) -> None:
        places = asyncio.Semaphore(AT_ONCE)

        async def in_turn(act: Awaitable[None]) -> None:
            async with places:
                await act

        async with asyncio.TaskGroup() as group:
            for act in acts:
                group.create_task(in_turn(act))

    async def _take_step(self, due: _Due, now: datetime) -> None:
        plan = self._crowd.people[due.person]
        step = plan.steps[due.place]
        phone = self._phones.get(due.person)
        if phone is None:
            phone = self._phones[due.person] = self._cast.participant(plan, self._street)
        try:
            outcome = await phone.perform(step.kind, now)
        except StepFailed as error:
            self._give_up(due, f"{step.kind}:{error.reason}", phone.name)
            return
        except HttpError as error:
            self._give_up(due, f"{step.kind}:{error.code}", f"{phone.name}: {error}")
            return
        if outcome is Outcome.LATER:
            self._come_again(due, now, step.kind, phone.name)
            return
        self._ended += 1
        self._enqueue(due.person, due.place + 1, now if step.kind in IN_TURN else now + self._grid)
        if step.kind == POSTER:
            for friend in self._crowd.friends[due.person]:
                self._come(friend, now + self._grid)

    def _come(self, person: int, earliest: datetime) -> None:
        """A person has heard of the campaign and sets out, if that is in the plan."""
        steps = self._crowd.people[person].steps
        if steps and steps[0].kind == SCAN:
            self._enqueue(person, 0, earliest)

    def _enqueue(self, person: int, place: int, earliest: datetime, tries: int = 0) -> None:
        """The step at its planned instant, or at the earliest possible one when that is later."""
        steps = self._crowd.people[person].steps
        if place < len(steps):
            step = steps[place]
            exact = step.exact and step.at >= earliest
            at = step.at if exact else grid_up(max(step.at, earliest), self._grid)
            heapq.heappush(self._queue, _Due(at, person, place, tries))

    def _come_again(self, due: _Due, now: datetime, kind: str, name: str) -> None:
        tries = due.tries + 1
        again = now + self._grid * min(tries, _LONGEST_PAUSE)
        if tries >= _TRIES_MOST or again > self._settings.until:
            self._give_up(due, f"{kind}:still_waiting", f"{name} after {tries} tries")
        else:
            self._enqueue(due.person, due.place, again, tries)

    def _give_up(self, due: _Due, reason: str, example: str) -> None:
        """The person does nothing more; the friends who would have heard of it never do."""
        self._ended += len(self._crowd.people[due.person].steps) - due.place
        self._street.report.fail(reason, example)

    async def _silence(self) -> None:
        """Wait until nothing moves any more."""
        deadline = time.monotonic() + _QUIET_MOST
        while not await self._quiet():
            if time.monotonic() > deadline:
                raise Conflict(
                    "rehearsal_not_quiet",
                    f"work was still open {_QUIET_MOST:.0f} seconds after the crowd's last act",
                    way_out="See whether a worker runs, and what lies in inbox and outbox.",
                )
            await asyncio.sleep(_POLL)

    async def _next_instant(self) -> datetime | None:
        """The next instant at which anything happens; None when the end is reached and nobody waits."""
        now, end, grid = self._clock.now(), self._settings.until, self._grid
        wishes = [self._queue[0].at] if self._queue else []
        wishes += [self._street.looks[0][0]] if self._street.looks else []
        due = await self._next_due()
        if now < end:
            wishes.append(end)
            if due is not None:
                wishes.append(max(grid_up(due, grid), grid_up(now, grid) if grid_up(now, grid) > now else now + grid))
        return min(wishes, default=None)

    async def _read_last(self, phone: Participant) -> None:
        try:
            await phone.read_messages()
        except (StepFailed, HttpError) as error:
            self._street.report.fail("inbox", f"{phone.name}: {error}")
