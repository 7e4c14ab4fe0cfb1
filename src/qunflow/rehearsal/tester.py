"""The test run before launch (M14): one of our own people walks the whole path, exactly as a participant does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from qunflow.rehearsal import crowd
from qunflow.rehearsal.crowd import PersonPlan
from qunflow.rehearsal.driver import open_street
from qunflow.rehearsal.phone import Phone
from qunflow.rehearsal.settings import CrowdSettings
from qunflow.rehearsal.street import Doors, Outcome
from qunflow.storage.clock import SharedClock

#: Above every number of a crowd, so that the tester is nobody of it.
TESTER = 900_001
MOST_TRIES = 20


async def walk_once(
    settings: CrowdSettings,
    doors: Doors,
    clock: SharedClock,
    settle: Callable[[], Awaitable[None]],
    submits: bool = True,
) -> list[str]:
    """Scan, add, join, open the poster, submit; ``settle`` lets everything come to rest between. Answers the steps.

    Without ``submits`` there is no proof to hand in.
    """
    plan = PersonPlan(TESTER, "测试员", None, adds_contact=True, steps=())
    walked = []
    async with open_street(settings, doors) as street:
        phone = doors.cast.participant(plan, street) if doors.cast is not None else Phone(plan, street)
        for kind in (crowd.SCAN, crowd.JOIN, crowd.POSTER, *((crowd.SUBMIT,) if submits else ()), crowd.LOOK):
            for _ in range(MOST_TRIES):
                outcome = await phone.perform(kind, clock.now())
                await settle()
                if outcome is Outcome.DONE:
                    walked.append(kind)
                    break
    return walked
