"""What WeCom does not tell again and we keep: reminders and group welcomes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from qunflow.bootstrap import Home
from qunflow.connectors.wecom.kept import drop_template, keep_template, kept_templates, not_reminded, reminding
from qunflow.domain.errors import InvalidInput

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def remind(home: Home, task: str = "mg1", at: datetime = NOON, channel: str = "wx") -> str:
    async with home.database.unit("main") as unit:
        return await reminding(unit, channel, task, at)


async def test_a_fourth_reminder_in_a_day_is_not_made(home: Home) -> None:
    for hour in range(3):
        await remind(home, at=NOON + timedelta(hours=hour))
    with pytest.raises(InvalidInput) as caught:
        await remind(home, at=NOON + timedelta(hours=4))
    assert caught.value.code == "wecom_reminders" and "2026-11-22 12:00" in caught.value.way_out
    await remind(home, "mg2")
    await remind(home, channel="other")
    await remind(home, at=NOON + timedelta(hours=24))
    with pytest.raises(InvalidInput, match="13:00"):
        await remind(home, at=NOON + timedelta(hours=24))


async def test_a_refused_reminder_does_not_count(home: Home) -> None:
    for _ in range(5):
        key = await remind(home)
        async with home.database.unit("main") as unit:
            await not_reminded(unit, "wx", key)
    assert await remind(home)


async def test_reminders_at_once_are_three_in_all(home: Home) -> None:
    found = await asyncio.gather(*(remind(home) for _ in range(6)), return_exceptions=True)
    assert sorted(key for key in found if isinstance(key, str)) == ["mg1:0", "mg1:1", "mg1:2"]
    assert [type(error) for error in found if not isinstance(error, str)] == [InvalidInput] * 3


async def test_templates_are_kept_until_they_are_deleted(home: Home) -> None:
    async with home.database.unit("main") as unit:
        for template in ("t1", "t2", "t3"):
            await keep_template(unit, "wx", template)
    async with home.database.unit("main") as unit:
        await drop_template(unit, "wx", "t2")
        await drop_template(unit, "wx", "unknown")
        await keep_template(unit, "wx", "t4")
    async with home.database.unit("main") as unit:
        assert await kept_templates(unit, "wx") == ("t1", "t4", "t3")
        assert await kept_templates(unit, "other") == ()


async def test_a_hundred_templates_are_the_most(home: Home) -> None:
    async with home.database.unit("main") as unit:
        for number in range(100):
            await keep_template(unit, "wx", f"t{number}")
        with pytest.raises(InvalidInput, match="100"):
            await keep_template(unit, "wx", "one more")
