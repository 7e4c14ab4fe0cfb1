"""A campaign on the real engine and database, with a platform in memory."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from tests.integration.features.platform import ScriptedPlatform

from qunflow.bootstrap import Application
from qunflow.delivery.sender import Sender
from qunflow.domain.inbound import ContactAdded, GroupHinted
from qunflow.engine.reading import first_person_id
from qunflow.engine.replay import check_replay
from qunflow.features.campaigns.model import (
    DraftCampaign,
    LaunchCampaign,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.plan import Ladder, Plan, PoolPlan
from qunflow.ledger.check import check_ledger

WORKSPACE, CHANNEL, CAMPAIGN = "main", "wx", "winter"
HOUR = timedelta(hours=1)


def person_of(external: str) -> str:
    """Our id of a platform's person."""
    return first_person_id(WORKSPACE, CHANNEL, external)


@dataclass
class Stage:
    """One campaign from its draft to its end."""

    application: Application
    platform: ScriptedPlatform
    told: int = 0
    senders: int = 0
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = self.application.sender(self.platform)
        self.runner = self.application.runner()

    @property
    def now(self) -> datetime:
        return self.application.home.clock.now()

    async def settle(self) -> None:
        """Let the engine and the sender do all that is to do now."""
        while await self.runner.turn() + await self.sender.turn():
            pass

    async def think(self) -> None:
        """Let only the engine work; what it wishes stays in the outbox."""
        while await self.runner.turn():
            pass

    async def wait(self, time: timedelta) -> None:
        """Time passes, and what became due is done."""
        self.application.home.clock.advance_to(self.now + time)  # type: ignore[attr-defined]
        await self.settle()

    async def tell(self, *bodies: Any, key: str = "") -> None:
        """A callback of the platform; the same key is the same callback again."""
        self.told += 1
        await self.application.intake.store(WORKSPACE, CHANNEL, key or f"told-{self.told}", bodies, b"<xml/>")

    async def draft(self, **changes: Any) -> str:
        """A drafted campaign with its first group; its live code."""
        plan = plan_at(self.now, **changes)
        await self.application.door.ask(WORKSPACE, DraftCampaign(plan), campaign=CAMPAIGN, channel=CHANNEL)
        await self.settle()
        await self.make_group("g1", f"{plan.pool.base_name}1")
        return str((await self.campaign()).code)

    async def launch(self, **changes: Any) -> str:
        code = await self.draft(**changes)
        await self.application.door.ask(WORKSPACE, LaunchCampaign(True), campaign=CAMPAIGN)
        await self.settle()
        return code

    async def make_group(self, chat: str, name: str, *members: str) -> None:
        """Staff made a group; the platform hints at it."""
        self.platform.groups[chat], self.platform.names[chat] = ["amy", *members], name
        await self.tell(GroupHinted(chat, "created"))
        await self.settle()

    async def add(self, external: str, code: str, settled: bool = True) -> None:
        """A person added the contact through a code."""
        await self.tell(ContactAdded(external, "amy", code, f"welcome-{external}"))
        if settled:
            await self.settle()

    async def join(self, external: str, chat: str = "g1") -> None:
        self.platform.groups[chat].append(external)
        await self.tell(GroupHinted(chat, "members_added", (external,)))
        await self.settle()

    async def leave(self, external: str, chat: str = "g1", removed: bool = False) -> None:
        self.platform.groups[chat].remove(external)
        await self.tell(GroupHinted(chat, "members_removed", (external,), removed))
        await self.settle()

    async def campaign(self) -> Any:
        return await self.application.door.look.state(WORKSPACE, campaign_stream(CAMPAIGN))

    async def of(self, external: str) -> ParticipationState:
        stream = participation_stream(CAMPAIGN, person_of(external))
        return await self.application.door.look.state(WORKSPACE, stream) or ParticipationState()

    async def own_code(self, external: str) -> str:
        return (await self.of(external)).code

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            return [tuple(row) for row in await unit.fetch(statement, *values)]

    async def outcomes(self, external: str) -> dict[str, str]:
        """What became of every script of a person: outcome, with its reason when refused."""
        return await self.outcomes_of(person_of(external))

    async def outcomes_of(self, person: str) -> dict[str, str]:
        """The same by our own id; ``everybody`` for what groups are told."""
        found = await self.rows(
            "SELECT w.data->>'key', coalesce(e.data->>'outcome', ''), coalesce(e.data->>'reason', '') FROM events w "
            "LEFT JOIN events e ON e.stream = w.stream AND e.type = 'script_ended' "
            "AND e.data->>'key' = w.data->>'key' WHERE w.type = 'script_wished' AND w.person = $1",
            person,
        )
        return {key: f"{outcome}({reason})" if reason else outcome for key, outcome, reason in found}

    async def balance(self, account: str) -> int:
        found = await self.rows("SELECT balance FROM accounts WHERE account = $1", account)
        return int(found[0][0]) if found else 0

    async def new_sender(self) -> None:
        """The sender died; another process takes over once the leases ran out."""
        async with self.application.home.database.directory() as connection:
            await connection.execute("UPDATE leases SET lease_until = clock_timestamp() - interval '1 second'")
            await connection.execute("UPDATE workers SET seen_until = clock_timestamp() - interval '1 second'")
        self.senders += 1
        self.sender = replace(self.application, owner=f"sender-{self.senders}").sender(self.platform)
        self.runner = self.application.runner()

    async def check(self) -> None:
        """What must hold at the end of every story: no dead letters, a whole ledger, a log that gives the states."""
        assert await self.rows("SELECT kind, reason FROM inbox WHERE state = 'dead'") == []
        async with self.application.home.database.unit(WORKSPACE) as unit:
            assert (await check_ledger(unit)).balanced
        assert await self.rows("SELECT kind FROM outbox WHERE state = 'sending'") == []
        assert (await check_replay(self.application.home.database, self.application.registry, WORKSPACE)).equal


def plan_at(now: datetime, **changes: Any) -> Plan:
    """An invitation ladder that runs for a week; digests at 20:00 in Shanghai."""
    values: dict[str, Any] = {
        "campaign": CAMPAIGN,
        "title": "冬日邀请季",
        "goal": "一百名新成员",
        "channel": CHANNEL,
        "starts_at": now - HOUR,
        "ends_at": now + timedelta(days=7),
        "staff": ("amy",),
        "budget_total_fen": 100_000,
        "reward_per_user_max_fen": 7100,
        "pool": PoolPlan("福利群", soft_limit=150, low_at=20),
        "poster": {},
        "ladder": Ladder("marginal", ((1, 3, 500), (4, 10, 800))),
    }
    return Plan(**{**values, **changes})


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """Refusals and unknown results are expected here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def stage(application: Application) -> AsyncIterator[Stage]:
    yield Stage(application, ScriptedPlatform(application.home.clock))
