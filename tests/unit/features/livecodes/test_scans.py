"""Many scans in one command are the same as one after the other; those who scan together share a commit."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.livecodes.test_places import CODE, Desk
from tests.unit.features.paper import CHANCE, NOW, message

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import QunflowError
from qunflow.domain.events import Scanned
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.features.livecodes import scanning
from qunflow.features.livecodes.decide import PlaceFacts, decide_scans, need_place
from qunflow.features.livecodes.leading import MOST_TOGETHER, PlacesKept, ScannedTogether
from qunflow.features.livecodes.model import RESERVED_FOR, ScanAnswer, Scans
from qunflow.features.livecodes.scanning import TOGETHER, ScanDesk
from qunflow.web.responses import Refusal


def scan_together(desk: Desk, visitors: list[str], at: Any = NOW) -> list[str]:
    cause = message(Scans("abc", tuple(visitors)), at)
    answers = desk._take(cause, decide_scans(cause, PlaceFacts(CODE, desk.pool), desk.paper, CHANCE)).answer
    assert list(answers) == list(dict.fromkeys(visitors))
    return [answers[visitor].entry for visitor in visitors]


@given(
    room=st.integers(0, 6),
    low_at=st.integers(0, 8),
    batches=st.lists(st.tuples(st.lists(st.integers(0, 9), min_size=1, unique=True), st.booleans()), max_size=6),
)
def test_together_is_the_same_as_one_after_the_other(room: int, low_at: int, batches: Any) -> None:
    together, apart = Desk(room, low_at), Desk(room, low_at)
    at = NOW
    for people, later in batches:
        at = at + RESERVED_FOR if later else at
        visitors = [f"v{number}" for number in people]
        assert scan_together(together, visitors, at) == [apart.scan(visitor, at) for visitor in visitors]
        assert together.used == apart.used <= room
        assert together.paper.claims == apart.paper.claims
    assert recorded(together) == recorded(apart)
    assert together.paper.replayed() == apart.paper.replayed()


def recorded(desk: Desk) -> list[tuple[str, str, bool]]:
    """Every scan of the log in its order: who, where, and whether the place was kept."""
    found: list[tuple[str, str, bool]] = []
    for event in desk.paper.log:
        body = event.body
        if isinstance(body, Scanned):
            found.append((body.visitor, body.placed, False))
        elif isinstance(body, PlacesKept):
            found[-1] = (*found[-1][:2], True)
        elif isinstance(body, ScannedTogether):
            pairs = zip(body.visitors, body.placed, strict=True)
            found.extend((visitor, placed, visitor in body.kept) for visitor, placed in pairs)
    return found


def test_visitors_who_scan_together_are_one_event_and_the_group_is_asked_for_once() -> None:
    desk = Desk(3, low_at=50)
    scan_together(desk, ["v1", "v2", "v3", "v4"])
    (event,) = desk.last.events
    assert event.body == ScannedTogether("abc", ("v1", "v2", "v3", "v4"), ("main", "main", "main", ""))
    assert (event.person, event.campaign, event.channel) == ("owner", "winter", "wx")
    assert len(desk.last.commands) == 1 and len(desk.last.counters) == 1


def test_an_event_holds_a_bounded_number_of_visitors() -> None:
    desk = Desk(1000)
    visitors = [f"v{number}" for number in range(2 * MOST_TOGETHER + 1)]
    scan_together(desk, visitors[::-1])
    scan_together(desk, visitors)
    bodies = [event.body for event in desk.last.events]
    assert [len(body.visitors) for body in bodies] == [MOST_TOGETHER, MOST_TOGETHER, 1]
    assert [visitor for body in bodies for visitor in body.visitors] == visitors
    assert all(body.kept == body.visitors and set(body.placed) == {"main"} for body in bodies)
    assert TOGETHER <= MOST_TOGETHER


class PaperDoor:
    """An engine's door that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Scans]] = []
        self.gate = asyncio.Event()
        self.answer: Any = None

    async def ask(self, workspace: str, body: Scans) -> Answer:
        self.asked.append((workspace, body))
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return Answer(rejection=self.answer)
        return Answer({visitor: ScanAnswer("abc", "", visitor.upper(), "", "", False) for visitor in body.visitors})


def desk_of(door: PaperDoor) -> ScanDesk:
    found: Any = SimpleNamespace(ask=door.ask)
    return ScanDesk(found)


async def start(desk: ScanDesk, *visitors: str, code: str = "abc") -> list[asyncio.Task[ScanAnswer]]:
    tasks = [asyncio.create_task(desk.scan("main", code, visitor)) for visitor in visitors]
    await asyncio.sleep(0.01)
    return tasks


async def test_those_who_come_while_one_is_stored_are_stored_together() -> None:
    door = PaperDoor()
    desk = desk_of(door)
    first = await start(desk, "v1")
    rest = await start(desk, "v2", "v3", "v2")
    other = await start(desk, "v9", code="xyz")
    door.gate.set()
    answers = await asyncio.gather(*first, *rest, *other)
    assert [answer.entry for answer in answers] == ["V1", "V2", "V3", "V2", "V9"]
    assert [body for _, body in door.asked] == [
        Scans("abc", ("v1",)),
        Scans("abc", ("v2", "v3")),
        Scans("xyz", ("v9",)),
    ]


async def test_a_second_round_begins_beside_the_first_when_it_is_as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "WORTH_A_ROUND", 2)
    monkeypatch.setattr(scanning, "LEAST_HALF", 3)
    door = PaperDoor()
    desk = desk_of(door)
    tasks = await start(desk, "v1", "v2", "v3")
    tasks += await start(desk, "v4", "v5")
    assert [body.visitors for _, body in door.asked] == [("v1", "v2", "v3")]
    tasks += await start(desk, "v6")
    assert [body.visitors for _, body in door.asked][1:] == [("v4", "v5", "v6")]
    tasks += await start(desk, *(f"w{number}" for number in range(10)))
    assert len(door.asked) == 2  # two at a time
    door.gate.set()
    assert [answer.entry for answer in await asyncio.gather(*tasks)][-1] == "W9"
    assert [len(body.visitors) for _, body in door.asked][2:] == [5, 3, 2]  # half, and the rest for the next


async def test_a_code_that_everybody_scans_does_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "LEAST_HALF", 3)
    monkeypatch.setattr(scanning, "MOST_IN_ROUND", 3)
    door = PaperDoor()
    desk = desk_of(door)
    first = await start(desk, "v0")
    tasks = await start(desk, *(f"v{number}" for number in range(1, 9)))
    other = await start(desk, "w1", code="xyz")
    door.gate.set()
    await asyncio.gather(*first, *tasks, *other)
    assert [body.code for _, body in door.asked] == ["abc", "abc", "xyz", "abc", "abc"]


async def test_whose_id_was_drawn_for_the_scan_is_told_apart() -> None:
    door = PaperDoor()
    desk = desk_of(door)
    door.gate.set()
    await asyncio.gather(desk.scan("main", "abc", "v1", fresh=True), desk.scan("main", "abc", "v2"))
    await desk.scan("main", "abc", "v1")
    assert [body for _, body in door.asked] == [Scans("abc", ("v1", "v2"), frozenset({"v1"})), Scans("abc", ("v1",))]


def test_the_fresh_are_not_looked_up_and_get_a_place_like_everybody() -> None:
    desk = Desk(2)
    scan_together(desk, ["v1"])
    cause = message(Scans("abc", ("v1", "v2", "v3"), frozenset({"v2", "v3"})))
    facts = PlaceFacts(CODE, desk.pool)
    assert need_place(cause, facts).claims == (("place:p", "v1"),)
    decision = decide_scans(cause, facts, desk.paper, CHANCE)
    assert [answer.entry for answer in decision.answer.values()] == ["main", "main", ""]
    assert [claim.key for claim in decision.claims] == ["v2"]


async def test_a_phone_that_goes_away_takes_nobody_with_it() -> None:
    door = PaperDoor()
    gone, kept = await start(desk_of(door), "v1", "v1")
    gone.cancel()
    door.gate.set()
    assert (await kept).entry == "V1"


@pytest.mark.parametrize(
    "answer", [Rejection(Reason.CODE_CLOSED), QunflowError("overloaded", "too many"), OSError("away")]
)
async def test_a_refusal_or_a_failure_reaches_everybody_and_the_next_are_served(answer: Any) -> None:
    door = PaperDoor()
    desk = desk_of(door)
    door.answer = answer
    door.gate.set()
    found = await asyncio.gather(*await start(desk, "v1", "v2"), return_exceptions=True)
    kind = Refusal if isinstance(answer, Rejection) else type(answer)
    assert [type(error) for error in found] == [kind, kind]
    door.answer = None
    assert (await (await start(desk, "v3"))[0]).entry == "V3"


async def test_a_command_is_bounded_and_so_is_who_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "TOGETHER", 3)
    monkeypatch.setattr(scanning, "MAX_WAITING", 7)
    door = PaperDoor()
    desk = desk_of(door)
    first = await start(desk, "v0")
    tasks = await start(desk, *(f"v{number}" for number in range(1, 9)))
    assert [task.done() for task in tasks] == [False] * 7 + [True]
    with pytest.raises(QunflowError, match="overloaded"):
        await tasks[-1]
    door.gate.set()
    await asyncio.gather(*first, *tasks[:-1])
    assert [len(body.visitors) for _, body in door.asked] == [1, 3, 3, 1]
