"""Reviews on a real PostgreSQL: who decides first has decided, leases end, a minute to take back, money exact."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.integration.features.conftest import WORKSPACE, Stage, person_of
from tests.integration.features.proofs import hand_in, proof, wait_for_review

from qunflow.bootstrap import Application
from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.features.tasks import acts
from qunflow.features.tasks.model import UNDO_SECONDS
from qunflow.features.tasks.store import QueueFilter, count_queue, read_attempts, read_reviewers, read_waiting

MINUTE = timedelta(seconds=UNDO_SECONDS)
SECOND = timedelta(seconds=1)


async def approve(stage: Stage, name: str, by: str = "lin", hold: int = UNDO_SECONDS, attempt: int = 1) -> str:
    found = await acts.decide(stage.application.door, WORKSPACE, (name, attempt), True, by, hold=hold)
    return str(found["status"])


async def waiting(stage: Stage, **wanted: str) -> list[str]:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        found, total = await read_waiting(unit, QueueFilter(**wanted), stage.now, limit=100)
    assert total == len(found)
    return [item.submission for item in found]


async def test_of_two_reviewers_in_two_processes_exactly_one_decides_each_proof(stage: Stage) -> None:
    names = await wait_for_review(stage, *(f"b{number}" for number in range(12)))
    doors = [Application.join(stage.application.home).door for _ in range(2)]

    async def judge(place: int, name: str) -> str:
        try:
            found = await acts.decide(doors[place], WORKSPACE, (name, 1), place == 0, f"r{place}", "edited")
        except Conflict as error:
            return error.code
        return str(found["status"])

    answers = await asyncio.gather(*(judge(place, name) for name in names for place in (0, 1)))
    for name, pair in zip(names, zip(answers[::2], answers[1::2], strict=True), strict=True):
        assert sorted(pair)[1] == "wrong_state" and sorted(pair)[0] in ("approved", "rejected")
        assert (await proof(stage, name)).status == sorted(pair)[0]
    await stage.settle()
    decided = await stage.rows("SELECT count(*), count(DISTINCT stream) FROM events WHERE type = 'review_decided'")
    assert decided == [(12, 12)]
    rewarded = await stage.rows("SELECT count(*) FROM events WHERE type = 'rewarded' AND data->>'rule' = 'task'")
    assert rewarded[0][0] == answers.count("approved")
    await stage.check()


async def test_two_reviewers_who_open_the_next_proof_at_once_get_different_ones(stage: Stage) -> None:
    names = await wait_for_review(stage, "b", "c")
    doors = [Application.join(stage.application.home).door for _ in range(2)]
    opened = await asyncio.gather(
        *(acts.step(door, WORKSPACE, QueueFilter(), f"r{place}") for place, door in enumerate(doors))
    )
    assert sorted(opened) == sorted(names)
    assert await acts.step(doors[0], WORKSPACE, QueueFilter(), "r2") == ""
    await acts.leave_proof(doors[0], WORKSPACE, opened[0], "r0")
    assert await acts.step(doors[0], WORKSPACE, QueueFilter(), "r2") == opened[0]


async def test_a_lease_ends_after_ten_minutes_unless_it_is_renewed(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b")
    door = stage.application.door
    await acts.open_proof(door, WORKSPACE, (name, 1), "lin")
    with pytest.raises(Conflict, match="lin"):
        await acts.open_proof(door, WORKSPACE, (name, 1), "zhou")
    await stage.wait(timedelta(minutes=9))
    await acts.open_proof(door, WORKSPACE, (name, 1), "lin")
    await stage.wait(timedelta(minutes=9))
    with pytest.raises(Conflict):
        await acts.open_proof(door, WORKSPACE, (name, 1), "zhou")
    await stage.wait(timedelta(minutes=1))
    await acts.open_proof(door, WORKSPACE, (name, 1), "zhou")


@pytest.mark.parametrize("late", ["lin", "zhou"])
async def test_a_lease_that_ended_while_deciding_loses_to_whoever_decides_first(stage: Stage, late: str) -> None:
    (name,) = await wait_for_review(stage, "b")
    door = stage.application.door
    await acts.open_proof(door, WORKSPACE, (name, 1), "lin")
    await stage.wait(timedelta(minutes=11))
    await acts.open_proof(door, WORKSPACE, (name, 1), "zhou")
    first = "zhou" if late == "lin" else "lin"
    assert await approve(stage, name, first) == "decided"
    with pytest.raises(Conflict) as told:
        await acts.decide(door, WORKSPACE, (name, 1), False, late, "edited")
    assert told.value.code == "wrong_state" and first in str(told.value)
    await stage.wait(MINUTE)
    assert (await proof(stage, name)).by == first
    await stage.check()


async def test_nothing_is_paid_in_the_minute_and_an_undone_approval_leaves_the_ledger_as_it_was(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b")
    money = f"available:{person_of('b')}"
    await approve(stage, name)
    await stage.wait(MINUTE - SECOND)
    assert (await proof(stage, name)).status == "decided" and await waiting(stage) == []
    assert (await stage.balance(money), await stage.balance("budget:winter")) == (0, 100_000)
    await acts.undo(stage.application.door, WORKSPACE, (name, 1), "lin")
    await stage.wait(2 * MINUTE)
    assert (await proof(stage, name)).status == "queued" and await waiting(stage) == [name]
    assert (await stage.balance(money), await stage.balance("budget:winter")) == (0, 100_000)
    assert await stage.rows("SELECT count(*) FROM events WHERE type IN ('approved', 'rewarded')") == [(0,)]
    await stage.check()


async def test_after_the_minute_the_reward_is_there_once_and_cannot_be_undone(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b")
    money = f"available:{person_of('b')}"
    await approve(stage, name)
    stage.application.home.clock.advance_to(stage.now + MINUTE)  # type: ignore[attr-defined]
    with pytest.raises(Conflict) as told:  # the worker is late; the minute is over all the same
        await acts.undo(stage.application.door, WORKSPACE, (name, 1), "lin")
    assert told.value.code == "undo_over"
    await stage.settle()
    assert (await stage.balance(money), await stage.balance("budget:winter")) == (200, 99_800)
    with pytest.raises(Conflict) as told:
        await acts.undo(stage.application.door, WORKSPACE, (name, 1), "lin")
    assert told.value.code == "wrong_state"
    await stage.wait(timedelta(hours=1))
    assert await stage.balance(money) == 200
    await stage.check()


async def test_an_undone_rejection_is_decided_anew_and_costs_no_attempt(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b")
    door = stage.application.door
    await acts.decide(door, WORKSPACE, (name, 1), False, "lin", "edited", hold=UNDO_SECONDS)
    assert (await proof(stage, name)).reason == ""  # nobody is told before it is in force
    await stage.wait(MINUTE / 2)
    await acts.undo(door, WORKSPACE, (name, 1), "lin")
    await approve(stage, name)
    await stage.wait(MINUTE)
    state = await proof(stage, name)
    assert (state.status, state.attempt, state.by) == ("approved", 1, "lin")
    assert await stage.rows("SELECT count(*) FROM events WHERE type = 'refused'") == [(0,)]
    await stage.check()


async def test_nobody_takes_another_reviewers_decision_back(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b")
    await approve(stage, name)
    with pytest.raises(Conflict):
        await acts.undo(stage.application.door, WORKSPACE, (name, 1), "zhou")


async def test_fifty_yuan_need_two_reviewers_and_the_second_may_say_no(stage: Stage) -> None:
    names = await wait_for_review(stage, "b", "c", reward_fen=5_000)
    door = stage.application.door
    for name in names:
        assert await approve(stage, name, "lin") == "needs_second"
    assert await waiting(stage) == names
    with pytest.raises(Conflict) as told:
        await approve(stage, names[0], "lin")
    assert told.value.code == "same_reviewer"
    assert await acts.step(door, WORKSPACE, QueueFilter(), "lin") == ""
    assert await approve(stage, names[0], "zhou") == "decided"
    await acts.decide(door, WORKSPACE, (names[1], 1), False, "zhou", "edited", hold=UNDO_SECONDS)
    await stage.wait(MINUTE)
    assert await stage.balance(f"available:{person_of('b')}") == 5_000
    assert await stage.balance(f"available:{person_of('c')}") == 0
    async with stage.application.home.database.read(WORKSPACE) as unit:
        figures = {item.by: item for item in await read_reviewers(unit, stage.now - timedelta(days=1))}
    assert (figures["lin"].decided, figures["lin"].approved, figures["lin"].overturned) == (2, 2, 1)
    assert (figures["zhou"].decided, figures["zhou"].approved, figures["zhou"].overturned) == (2, 1, 0)
    await stage.check()


async def test_a_first_approval_can_be_taken_back_too(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b", reward_fen=5_000)
    await approve(stage, name, "lin")
    await acts.undo(stage.application.door, WORKSPACE, (name, 1), "lin")
    assert (await proof(stage, name)).first == ""
    await approve(stage, name, "zhou")
    await stage.wait(MINUTE)
    with pytest.raises(Conflict) as told:
        await acts.undo(stage.application.door, WORKSPACE, (name, 1), "zhou")
    assert told.value.code == "undo_over"


async def test_a_bulk_approval_takes_only_equal_findings_and_leaves_what_somebody_else_has_open(stage: Stage) -> None:
    names = await wait_for_review(stage, "b", "c", "d")
    door = stage.application.door
    odd = "e"
    await stage.add(odd, (await stage.campaign()).code)
    await stage.join(odd)
    other = await hand_in(stage, odd, qr_engine=False)
    with pytest.raises(InvalidInput) as told:
        await acts.approve_many(door, WORKSPACE, [(names[0], 1), (other, 1)], "lin")
    assert told.value.code == "review_bulk_differs"
    await acts.open_proof(door, WORKSPACE, (names[2], 1), "zhou")
    done = await acts.approve_many(door, WORKSPACE, [(name, 1) for name in names], "lin", hold=UNDO_SECONDS)
    assert (done.done, done.refused) == (((names[0], 1), (names[1], 1)), ((names[2], "leased"),))
    await acts.undo(door, WORKSPACE, (names[1], 1), "lin")
    await stage.wait(MINUTE)
    assert [(await proof(stage, name)).status for name in names] == ["approved", "queued", "queued"]
    with pytest.raises(InvalidInput):
        await acts.approve_many(door, WORKSPACE, [(f"submission:winter:{n}", 1) for n in range(101)], "lin")
    await stage.check()


async def test_a_last_chance_and_a_look_alike_come_before_what_waits_longer(stage: Stage) -> None:
    first, second = await wait_for_review(stage, "b", "c")
    code = (await stage.campaign()).code
    for name in ("d", "e"):
        await stage.add(name, code)
        await stage.join(name)
    await stage.wait(timedelta(minutes=1))
    door = stage.application.door
    for attempt in (1, 2):
        last = await hand_in(stage, "d", image=bytes([attempt]))
        await acts.decide(door, WORKSPACE, (last, attempt), False, "lin", "edited")
    await hand_in(stage, "d", image=b"3")
    await stage.wait(timedelta(minutes=1))
    await hand_in(stage, "e", dhash="ffffffffffffffff")
    assert await waiting(stage) == [last, first, second, f"submission:winter:{person_of('e')}"]
    assert await waiting(stage, finding="last_chance") == [last]
    assert await waiting(stage, campaign="冬日", finding="no_qr") == await waiting(stage, exact="winter")
    assert await waiting(stage, exact="wint") == []


async def test_a_picture_like_that_of_somebody_else_is_flagged_for_the_reviewer_and_never_rejected(
    stage: Stage,
) -> None:
    await wait_for_review(stage)
    code = (await stage.campaign()).code
    for name in "bcdef":
        await stage.add(name, code)
        await stage.join(name)
    own = {name: stage.application.home.links.code(await stage.own_code(name)) for name in "bf"}
    accepted = await hand_in(stage, "b", dhash="00000000000000ff", qr_texts=(own["b"],))
    near = await hand_in(stage, "c", dhash="00000000000000fc")
    like = await hand_in(stage, "d", dhash="8080808080000cff")
    far = await hand_in(stage, "e", dhash="ffffffff000000ff")
    seen = {name: (await proof(stage, name)).findings for name in (near, like, far)}
    assert seen == {
        near: ("no_qr", "looks_alike", "no_text"),
        like: ("no_qr", "like_another", "no_text"),
        far: ("no_qr", "no_text"),
    }
    assert (await proof(stage, accepted)).status == "approved"
    proven = await hand_in(stage, "f", dhash="00000000000000ff", qr_texts=(own["f"],))
    assert (await proof(stage, proven)).status == "approved"  # the own code says more than the look
    assert await waiting(stage) == [near, like, far]
    await acts.decide(stage.application.door, WORKSPACE, (near, 1), False, "lin", "edited")
    await hand_in(stage, "c", image=b"again", dhash="ffffffff00000000")
    assert (await proof(stage, near)).findings == ("no_qr", "like_another", "no_text")  # of e
    await stage.check()


async def test_other_needs_words_which_lie_where_they_can_be_erased(stage: Stage) -> None:
    (name,) = await wait_for_review(stage, "b")
    door, blobs = stage.application.door, stage.application.home.blobs
    with pytest.raises(InvalidInput) as told:
        await acts.decide(door, WORKSPACE, (name, 1), False, "lin", "other")
    assert told.value.code == "needs_words"
    with pytest.raises(InvalidInput):
        await acts.keep_words(door, blobs, WORKSPACE, name, "  ")
    words = await acts.keep_words(door, blobs, WORKSPACE, name, "海报被裁掉了一半")
    await acts.decide(door, WORKSPACE, (name, 1), False, "lin", "other", words)
    async with stage.application.home.database.read(WORKSPACE) as unit:
        (attempt,) = await read_attempts(unit, name)
    assert (attempt.outcome, attempt.reason, attempt.by) == ("rejected", "other", "lin")
    assert (await blobs.read(WORKSPACE, attempt.words)).decode() == "海报被裁掉了一半"
    assert await stage.rows("SELECT count(*) FROM events WHERE data::text LIKE '%海报被裁%'") == [(0,)]


async def test_the_figures_of_the_queue_and_its_reviewers(stage: Stage) -> None:
    names = await wait_for_review(stage, "b", "c", "d")
    began = stage.now
    await stage.wait(timedelta(minutes=10))
    await approve(stage, names[0], hold=0)
    await stage.wait(timedelta(minutes=10))
    await acts.decide(stage.application.door, WORKSPACE, (names[1], 1), False, "lin", "edited", hold=UNDO_SECONDS)
    await acts.undo(stage.application.door, WORKSPACE, (names[1], 1), "lin")
    async with stage.application.home.database.read(WORKSPACE) as unit:
        count = await count_queue(unit, began)
        (lin,) = await read_reviewers(unit, began)
    assert (count.waiting, count.oldest, count.median_wait, count.decided) == (2, began, 900.0, 2)
    assert (lin.by, lin.decided, lin.approved, lin.undone, lin.median_wait) == ("lin", 2, 1, 1, 900.0)
