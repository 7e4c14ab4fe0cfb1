"""Commands of people who wait: decided together, answered after the commit, each with one effect."""

from __future__ import annotations

import asyncio

import pytest
from tests.integration.engine.conftest import Works
from tests.integration.engine.toy import Add, AddSeen, Fail, TakeSeat

from qunflow.domain.errors import QunflowError
from qunflow.domain.reasons import Reason
from qunflow.engine import commands as commands_file
from qunflow.engine.commands import Answer

TABLES = ("streams", "events", "claims", "counters", "accounts", "postings", "commands", "inbox", "outbox", "timers")


async def test_two_hundred_at_once_are_few_transactions_and_each_gets_its_own_answer(works: Works) -> None:
    answers = await asyncio.gather(*(works.ask(Add(1)) for _ in range(200)))
    assert sorted(answer.value for answer in answers) == list(range(1, 201))
    assert (await works.tally()).total == 200
    assert int(await works.value("SELECT count(DISTINCT xid::text) FROM events")) <= 3


async def test_an_answer_is_given_after_the_commit(works: Works) -> None:
    await works.ask(Add(7))
    assert (await works.tally()).total == 7


async def test_the_same_command_three_times_has_one_effect_and_the_same_answer(works: Works, others: Works) -> None:
    first = await works.ask(Add(5), "click-1")
    again = await works.ask(Add(5), "click-1")
    elsewhere = await others.ask(Add(5), "click-1")
    assert first == again == elsewhere == Answer(5)
    assert (await works.tally()).numbers == (5,)


async def test_the_same_command_at_the_same_moment_in_two_processes_has_one_effect(works: Works, others: Works) -> None:
    answers = await asyncio.gather(*(each.ask(Add(5), "click-1") for _ in range(5) for each in (works, others)))
    assert set(answers) == {Answer(5)}
    assert (await works.tally()).numbers == (5,)


async def test_a_refusal_is_remembered_like_any_answer(works: Works) -> None:
    first = await works.ask(Add(-3), "click-1")
    again = await works.ask(Add(-3), "click-1")
    assert first == again
    assert first.rejection is not None
    assert (first.rejection.reason, dict(first.rejection.detail)) == (Reason.WRONG_STATE, {"number": -3})


async def test_a_command_that_fails_fails_alone(works: Works) -> None:
    bodies = [Add(1), Add(1), Fail(), Add(1), Fail("also"), Add(1)]
    found = await asyncio.gather(*(works.ask(body) for body in bodies), return_exceptions=True)
    assert [isinstance(item, ValueError) for item in found] == [False, False, True, False, True, False]
    assert (await works.tally()).total == 4


async def test_facts_that_a_neighbour_overtook_are_read_again(works: Works) -> None:
    asked = [works.ask(Add(4)), works.ask(AddSeen(1)), works.ask(Add(5)), works.ask(AddSeen(1))]
    assert [answer.value for answer in await asyncio.gather(*asked)] == [4, 4, 9, 9]


async def test_a_late_failure_does_not_repeat_neighbours_that_were_committed_before_it(works: Works) -> None:
    asked = [works.ask(Add(1)), works.ask(Add(2)), works.ask(AddSeen(9, fails=True)), works.ask(Add(4))]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(item, ValueError) for item in found] == [False, False, True, False]
    assert sorted((await works.tally()).numbers) == [1, 2, 4]


async def test_somebody_who_gave_up_disturbs_nobody(works: Works) -> None:
    tasks = [asyncio.create_task(works.ask(body)) for body in (Add(1), Add(2), Fail(), Add(4))]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(item, Answer) for item in found] == [False, True, False, True]
    assert (await works.ask(Add(8))).value >= 14


async def test_two_processes_that_race_for_everything_lose_nothing(works: Works, others: Works) -> None:
    async def many(each: Works, who: str) -> None:
        for number in range(15):
            await asyncio.gather(*(each.ask(Add(1)) for _ in range(3)), each.ask(TakeSeat(f"{who}{number}", 12)))

    await asyncio.gather(many(works, "a"), many(others, "b"))
    assert (await works.tally()).total == 90
    assert (await works.tally("tally:seats")).total == 12
    assert await works.value("SELECT used FROM counters WHERE name = 'seats'") == 12
    assert await works.value("SELECT count(*) FROM claims") == 12
    assert await works.value("SELECT balance FROM accounts WHERE account = 'budget:x'") == 60


async def test_the_last_place_between_two_processes_goes_to_exactly_one(works: Works, others: Works) -> None:
    for seats in range(1, 6):
        asked = (works.ask(TakeSeat(f"a{seats}", seats)), others.ask(TakeSeat(f"b{seats}", seats)))
        assert sorted(answer.value for answer in await asyncio.gather(*asked)) == [False, True]


async def test_a_dry_run_answers_and_changes_nothing(works: Works) -> None:
    await works.ask(Add(2))
    before = [await works.value(f"SELECT count(*) FROM {table}") for table in TABLES]
    state = await works.tally()
    assert (await works.commands.dry_run(works.message(Add(5)))).value == 7
    assert (await works.commands.dry_run(works.message(TakeSeat("b")))).value is True
    refused = await works.commands.dry_run(works.message(Add(-1)))
    assert refused.rejection is not None
    assert [await works.value(f"SELECT count(*) FROM {table}") for table in TABLES] == before
    assert await works.tally() == state


async def test_a_dry_run_waits_for_nobody(works: Works) -> None:
    await works.ask(Add(2))
    async with works.database.unit("main") as other:
        await other.fetch("SELECT 1 FROM streams FOR UPDATE")
        async with asyncio.timeout(5):
            assert (await works.commands.dry_run(works.message(Add(5)))).value == 7


async def test_too_many_at_once_are_told_to_come_back(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_file, "MAX_WAITING", 3)
    found = await asyncio.gather(*(works.ask(Add(1)) for _ in range(5)), return_exceptions=True)
    refused = [item for item in found if isinstance(item, QunflowError)]
    assert [(error.code, error.status) for error in refused] == [("overloaded", 503)] * 2
    assert (await works.tally()).total == 3
