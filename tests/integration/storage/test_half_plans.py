"""What is written and not saved survives a reload, for its operator and workspace only, and not for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from qunflow.storage.database import Database
from qunflow.storage.half_plans import (
    KEPT_FOR,
    MOST_BYTES,
    MOST_EACH,
    find_half_plan,
    forget_half_plan,
    keep_half_plan,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


async def keep(database: Database, campaign: str, data: dict[Any, Any], at: datetime = NOW, account: str = "a") -> bool:
    async with database.unit("main") as unit:
        return await keep_half_plan(unit, account, campaign, data, at)


async def found(database: Database, campaign: str, at: datetime = NOW, account: str = "a", place: str = "main") -> Any:
    async with database.read(place) as unit:
        half = await find_half_plan(unit, account, campaign, at)
        return half and half.data


async def test_the_last_words_are_kept_for_who_wrote_them(database: Database) -> None:
    assert await keep(database, "", {"title": "春"})
    assert await keep(database, "", {"title": "春\x00日", "model": {"kind": "bargain"}, "at": date(2026, 12, 1)})
    assert await found(database, "") == {"title": "春\x00日", "model": {"kind": "bargain"}, "at": "2026-12-01"}
    assert await found(database, "", account="b") is None
    assert await found(database, "", place="other") is None
    assert await found(database, "draft") is None
    async with database.unit("main") as unit:
        await forget_half_plan(unit, "a", "")
    assert await found(database, "") is None


async def test_it_is_gone_after_seven_days(database: Database) -> None:
    await keep(database, "old", {"title": "春"})
    assert await found(database, "old", NOW + KEPT_FOR) is not None
    late = NOW + KEPT_FOR + timedelta(seconds=1)
    assert await found(database, "old", late) is None
    await keep(database, "new", {}, late, account="b")
    async with database.read("main") as unit:
        assert await unit.value("SELECT count(*) FROM half_plans") == 1


async def test_only_so_many_are_kept_of_one_operator(database: Database) -> None:
    for number in range(MOST_EACH + 3):
        await keep(database, f"c{number}", {"title": "春"}, NOW + timedelta(minutes=number))
    await keep(database, "c0", {}, account="b")
    async with database.read("main") as unit:
        assert await unit.value("SELECT count(*) FROM half_plans WHERE account = 'a'") == MOST_EACH
    assert await found(database, "c2") is None and await found(database, "c3") is not None


@pytest.mark.parametrize(
    "data", [{"rules": "x" * MOST_BYTES}, {"model": {1: 2}}, {"rules": "\ud800"}, {"rules": {1, 2}}]
)
async def test_what_is_too_large_or_no_data_is_not_kept(database: Database, data: dict[Any, Any]) -> None:
    await keep(database, "", {"title": "春"})
    assert not await keep(database, "", data)
    assert await found(database, "") == {"title": "春"}
