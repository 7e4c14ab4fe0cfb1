"""One transaction in one workspace: all of it or nothing, and news only of what was stored."""

from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest
from tests.integration.storage.conftest import NOW

from qunflow.domain.errors import InvalidInput
from qunflow.storage.database import Database, async_url, plain_url
from qunflow.storage.inbox import InboxRow, put_messages
from qunflow.storage.unit_of_work import UnitOfWork


async def put(unit: UnitOfWork, name: str) -> None:
    await unit.execute("INSERT INTO people VALUES ($1, $2, 'x')", unit.workspace, name)


async def people(database: Database, workspace: str = "main") -> list[str]:
    async with database.unit(workspace) as unit:
        return [row[0] for row in await unit.fetch("SELECT person FROM people ORDER BY person")]


async def test_everything_is_stored_at_the_end_and_nothing_before(database: Database) -> None:
    async with database.unit("main") as unit:
        await put(unit, "a")
        assert await people(database) == []
        await put(unit, "b")
    assert await people(database) == ["a", "b"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, asyncio.CancelledError])
async def test_an_error_of_any_kind_takes_everything_back(database: Database, error: type[BaseException]) -> None:
    with pytest.raises(error):
        async with database.unit("main") as unit:
            await put(unit, "a")
            raise error
    assert await people(database) == []


async def test_an_error_of_the_database_takes_everything_back(database: Database) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.unit("main") as unit:
            await put(unit, "a")
            await put(unit, "a")
    assert await people(database) == []


async def test_what_waits_for_the_commit_runs_after_it_and_once(database: Database) -> None:
    told: list[str] = []
    async with database.unit("main") as unit:
        unit.after_commit(lambda: told.append("a"))
        await put(unit, "a")
        assert told == []
    assert told == ["a"]


async def test_what_waits_for_the_commit_never_runs_after_a_rollback(database: Database) -> None:
    told: list[str] = []
    with pytest.raises(ValueError, match="no"):
        async with database.unit("main") as unit:
            unit.after_commit(lambda: told.append("a"))
            raise ValueError("no")
    assert told == []


async def test_a_worker_is_woken_by_a_commit_and_not_by_a_rollback(database: Database) -> None:
    bell = asyncio.Event()
    database.bells = {"inbox": bell}
    row = InboxRow("m", "lane", "k", {}, NOW, NOW)
    with pytest.raises(ValueError, match="no"):
        async with database.unit("main") as unit:
            await put_messages(unit, [row])
            raise ValueError("no")
    assert not bell.is_set()
    async with database.unit("main") as unit:
        await put_messages(unit, [row])
    assert bell.is_set()


async def test_units_of_two_workspaces_side_by_side_see_only_their_own(database: Database) -> None:
    async with database.unit("main") as one, database.unit("other") as two:
        await put(one, "a")
        await put(two, "b")
    assert (await people(database), await people(database, "other")) == (["a"], ["b"])


async def test_a_connection_that_was_used_elsewhere_carries_no_workspace_over(database_url: str) -> None:
    single = Database.connect(database_url, pool_size=1)
    async with single.unit("main") as unit:
        await put(unit, "a")
    assert await people(single, "other") == []
    async with single.directory() as connection:
        assert await connection.fetchval("SELECT count(*) FROM people") == 0
    await single.close()


async def test_people_who_give_up_at_any_moment_leave_nothing_half_done_and_no_connection_behind(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    small = Database.connect(database_url, pool_size=3)
    dice = random.Random(7)

    async def write(number: int) -> None:
        async with small.unit("main") as unit:
            await put(unit, f"{number}-one")
            await put(unit, f"{number}-two")

    tasks = []
    for number in range(120):
        tasks.append(asyncio.create_task(write(number)))
        await asyncio.sleep(dice.random() * 0.002)
        if dice.random() < 0.7:
            tasks[dice.randrange(len(tasks))].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    found = await people(small)
    assert {name.split("-")[0] for name in found if name.endswith("one")} == {
        name.split("-")[0] for name in found if name.endswith("two")
    }
    done = sum(not task.cancelled() and task.exception() is None for task in tasks)
    assert 0 < done <= len(found) // 2
    async with small.unit("main"), small.unit("main"), small.unit("main"):
        pass  # all three connections came back
    await small.close()


@pytest.mark.parametrize("name", ["", "a'b", "a;b", "x" * 65, "a b", "a\nb"])
async def test_a_workspace_that_cannot_be_a_name_is_refused(database: Database, name: str) -> None:
    with pytest.raises(InvalidInput, match="workspace_name"):
        async with database.unit(name):
            pass


def test_only_postgresql_is_a_database() -> None:
    assert plain_url("postgresql+asyncpg://u:p@h:5/d") == "postgresql://u:p@h:5/d"
    assert async_url("postgres://u:p@h:5/d?sslmode=require") == "postgresql+asyncpg://u:p@h:5/d?sslmode=require"
    for url in ("sqlite:///x.db", "mysql://h/d", ""):
        with pytest.raises(InvalidInput, match="database_url"):
            plain_url(url)
