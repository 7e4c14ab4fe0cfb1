"""The sender on bad days: busy platforms, faulty connectors, lost databases. Every wish ends, none blocks another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from tests.integration.features.conftest import WORKSPACE, Stage
from tests.integration.features.platform import BUSY, REFUSED

from qunflow.delivery import sender as sender_file
from qunflow.domain.actions import SendText, TellStaff
from qunflow.domain.errors import QunflowError
from qunflow.storage.outbox import OutboxRow, put_actions


async def wish(stage: Stage, name: str, action: Any = None, lane: str = "lane", channel: str = "wx") -> None:
    """One action straight into the outbox."""
    body = {"staff": "amy", "title": name, "text": name} if action is None else action
    kind = TellStaff.KIND if action is None else SendText.KIND
    row = OutboxRow(name, lane, channel, kind, body, stage.now, stage.now)
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await put_actions(unit, [row])


async def states(stage: Stage) -> dict[str, tuple[str, str]]:
    found = await stage.rows("SELECT action_id, state, reason FROM outbox ORDER BY seq")
    return {name: (state, reason) for name, state, reason in found}


async def at_once(stage: Stage) -> None:
    """The waits between two tries are over."""
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await unit.execute("UPDATE outbox SET retry_at = NULL")
    await stage.sender.turn()


async def test_a_busy_platform_is_asked_again_and_the_conversation_keeps_its_order(stage: Stage) -> None:
    stage.platform.faults = [BUSY]
    await wish(stage, "one")
    await wish(stage, "two")
    await stage.sender.turn()
    assert await states(stage) == {"one": ("queued", "platform_error"), "two": ("queued", "")}
    await at_once(stage)
    await stage.sender.turn()
    assert [card.title for card in stage.platform.cards] == ["one", "two"]
    assert {state for state, _ in (await states(stage)).values()} == {"done"}


async def test_a_refusal_ends_the_action_with_its_reason_and_the_next_goes_on(stage: Stage) -> None:
    stage.platform.faults = [REFUSED]
    await wish(stage, "one")
    await wish(stage, "two")
    await stage.sender.turn()
    assert await states(stage) == {"one": ("refused", "quota"), "two": ("done", "")}


async def test_a_platform_that_never_answers_ends_as_failed_after_eight_tries(stage: Stage) -> None:
    stage.platform.faults = [BUSY] * 20
    await wish(stage, "one")
    for _ in range(12):
        await at_once(stage)
    assert await states(stage) == {"one": ("failed", "platform_error")}
    assert stage.platform.asked["tell_staff"] == sender_file.MAX_TRIES


@pytest.mark.parametrize(
    "fault",
    [QunflowError("odd", "the connector could not"), TimeoutError("no answer"), KeyError("a bug"), ValueError("a bug")],
    ids=["error", "timeout", "bug", "another bug"],
)
async def test_a_fault_in_one_call_is_tried_again_and_stops_nobody_else(stage: Stage, fault: Exception) -> None:
    stage.platform.faults = [fault]
    await wish(stage, "bad", lane="a")
    await wish(stage, "good", lane="b")
    await stage.sender.turn()
    found = await states(stage)
    assert sorted(state for state, _ in found.values())[0] == "done"
    await at_once(stage)
    assert {state for state, _ in (await states(stage)).values()} == {"done"}


async def test_an_action_for_a_channel_that_is_gone_or_cannot_do_it_is_refused(stage: Stage) -> None:
    await wish(stage, "gone", channel="no-such-channel")
    await wish(stage, "cannot", {"text": "hello", "chat": "g1"}, "other lane")
    await stage.sender.turn()
    assert await states(stage) == {"gone": ("refused", "no_capability"), "cannot": ("refused", "no_capability")}


async def test_a_channel_that_cannot_be_opened_now_is_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = stage.sender.find_connector

    async def locked(workspace: str, channel: str) -> Any:
        raise QunflowError("sealed_elsewhere", "a stored secret cannot be opened")

    monkeypatch.setattr(stage.sender, "find_connector", locked)
    await wish(stage, "one")
    await stage.sender.turn()
    assert (await states(stage))["one"][0] == "queued"
    monkeypatch.setattr(stage.sender, "find_connector", find)
    await at_once(stage)
    assert (await states(stage))["one"][0] == "done"


async def test_a_receipt_that_could_not_be_stored_does_not_block_its_conversation_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wish(stage, "one")
    await wish(stage, "two")
    database, units = stage.sender.database, 0
    real = database.unit

    @asynccontextmanager
    async def flaky(workspace: str) -> AsyncIterator[Any]:
        nonlocal units
        units += 1
        if units == 2:  # the one that stores the receipts
            raise asyncpg.ConnectionDoesNotExistError("the database went away")
        async with real(workspace) as unit:
            yield unit

    monkeypatch.setattr(database, "unit", flaky)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await stage.sender.turn()
    monkeypatch.undo()
    await stage.sender.turn()
    assert {state for state, _ in (await states(stage)).values()} == {"done"}


async def test_a_slow_call_keeps_its_lanes_so_that_nobody_sends_it_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_file, "LEASE_SECONDS", 2.0)
    monkeypatch.setattr("qunflow.storage.leases.LEASE_SECONDS", 2.0)
    await wish(stage, "slow")
    perform, calls = stage.platform.perform, []

    async def slowly(action: Any, key: str) -> Any:
        calls.append(key)
        if len(calls) == 1:
            await asyncio.sleep(3.0)
        return await perform(action, key)

    monkeypatch.setattr(stage.platform, "perform", slowly)
    slow = asyncio.create_task(stage.sender.turn())
    await asyncio.sleep(0.1)
    other = replace(stage.application, owner="other").sender(stage.platform)
    while not slow.done():
        other.lanes.look_again()  # it looks for free lanes all the time
        assert await other.turn() == 0
        await asyncio.sleep(0.05)
    await slow
    assert calls == ["slow"]
    assert (await states(stage))["slow"][0] == "done"
