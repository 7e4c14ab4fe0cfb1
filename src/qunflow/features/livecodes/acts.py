"""An operator's acts on live codes and pools. Every surface uses these."""

from __future__ import annotations

import secrets
from typing import Any

from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.livecodes.model import CodeState, MakeCode, MakePool, PoolSettings, PoolState
from qunflow.features.livecodes.model import code_stream as stream_of_code
from qunflow.features.livecodes.model import pool_stream as stream_of_pool
from qunflow.features.livecodes.running import AskGroup, RaiseSoftLimit
from qunflow.storage.directory import find_channel

#: Members at which a platform closes a group, where its channel does not say.
DEFAULT_GROUP_LIMIT = 200
MAX_STAFF = 100
MAX_NAME = 20
REFILLS = ("request", "none")


async def find_code(door: Door, workspace: str, code: str) -> CodeState:
    """A live code. Raises NotFound."""
    state: CodeState | None = await door.look.state(workspace, stream_of_code(code))
    if state is None or not state.code:
        raise NotFound("code_unknown", "there is no such live code", field=code[:64])
    return state


async def find_pool(door: Door, workspace: str, pool: str) -> PoolState:
    """A pool. Raises NotFound."""
    state: PoolState | None = await door.look.state(workspace, stream_of_pool(pool))
    if state is None or not state.pool:
        raise NotFound("pool_unknown", "there is no such pool", field=pool[:64])
    return state


async def make_code(door: Door, workspace: str, pool: str) -> str:
    """A public live code in front of a pool, of no campaign; answers the code. Raises NotFound, Conflict."""
    found = await find_pool(door, workspace, pool)
    return str(_accepted(await door.ask(workspace, MakeCode(pool, contact=found.settings.contact))))


async def make_pool(door: Door, workspace: str, asked: PoolSettings) -> str:
    """A pool with its first group asked for; answers its name. Channel limits are taken from the channel itself.

    Raises InvalidInput, and NotFound when this workspace has no such channel.
    """
    async with door.database.directory() as connection:
        channel = await find_channel(connection, asked.channel)
    if channel is None or channel.workspace != workspace:
        raise NotFound("channel_unknown", f"there is no channel {asked.channel}", field="channel")
    hard_limit = int(channel.settings.get("group_limit", DEFAULT_GROUP_LIMIT))
    _check(asked, hard_limit)
    settings = PoolSettings(
        channel.name,
        asked.base_name.strip(),
        asked.staff,
        asked.soft_limit,
        asked.low_at,
        asked.refill,
        hard_limit=hard_limit,
        contact=channel.kind == "wecom",
    )
    return str(_accepted(await door.ask(workspace, MakePool(f"pool-{secrets.token_hex(5)}", settings))))


async def ask_group(door: Door, workspace: str, pool: str) -> str:
    """Ask for one more group now; answers its name. Raises NotFound, Conflict (ten are asked for already)."""
    await find_pool(door, workspace, pool)
    return str(_accepted(await door.ask(workspace, AskGroup(pool))))


async def raise_soft_limit(door: Door, workspace: str, pool: str, limit: int) -> int:
    """Hand out more places in every group. Raises NotFound, InvalidInput, Conflict."""
    found = (await find_pool(door, workspace, pool)).settings
    if not found.soft_limit < limit <= found.hard_limit:
        rule = f"a whole number from {found.soft_limit + 1} to {found.hard_limit}"
        raise InvalidInput(
            "soft_limit", rule, field="soft_limit", way_out="It can only go up, to the platform's limit."
        )
    return int(_accepted(await door.ask(workspace, RaiseSoftLimit(pool, limit))))


def _check(asked: PoolSettings, hard_limit: int) -> None:
    if not 1 <= len(asked.base_name.strip()) <= MAX_NAME or "\x00" in asked.base_name:
        raise InvalidInput("pool_name", f"a name of 1 to {MAX_NAME} characters", field="base_name")
    if not 1 <= len(asked.staff) <= MAX_STAFF or any(not 1 <= len(name) <= 64 for name in asked.staff):
        raise InvalidInput("pool_staff", f"1 to {MAX_STAFF} staff, as the platform knows them", field="staff")
    if not 2 <= asked.soft_limit <= hard_limit:
        raise InvalidInput("soft_limit", f"a whole number from 2 to {hard_limit}", field="soft_limit")
    if not 0 <= asked.low_at <= 10_000:
        raise InvalidInput("low_at", "a whole number from 0 to 10000", field="low_at")
    if asked.refill not in REFILLS:
        raise InvalidInput("refill", f"one of {', '.join(REFILLS)}", field="refill")


def _accepted(answer: Answer) -> Any:
    if answer.rejection is not None:
        detail = ", ".join(f"{name} {value}" for name, value in answer.rejection.detail.items())
        raise Conflict(str(answer.rejection.reason), detail or "the present state does not allow this")
    return answer.value
