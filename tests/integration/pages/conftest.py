"""A campaign on the real engine, with the platform's answers given by hand, and a phone's browser before its pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from qunflow.bootstrap import Application
from qunflow.domain.inbound import ContactAdded, ContactCodeOpened, ContactRead, EntryOpened, GroupRead, MemberSeen
from qunflow.features.campaigns.leaderboard import Boards
from qunflow.features.campaigns.model import DraftCampaign, LaunchCampaign, campaign_stream
from qunflow.features.campaigns.plan import Ladder, Plan, PoolPlan, TaskPlan
from qunflow.features.livecodes.model import AskInvite
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.tasks.examine import ProofDesk
from qunflow.pages.shell import phone_routes
from qunflow.storage.json_text import from_json
from qunflow.web.links import PersonLink

WORKSPACE, CHANNEL, CAMPAIGN = "main", "wx", "spring"
PHONE = {"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0", "accept": "text/html", "accept-language": "zh-CN"}


@dataclass
class Stage:
    """One campaign and the hands that play the platform."""

    application: Application
    http: httpx.AsyncClient
    told: int = 0
    answered: set[str] = field(default_factory=set)

    async def tell(self, *bodies: Any) -> None:
        """Something came in from the platform."""
        self.told += 1
        await self.application.intake.store(WORKSPACE, CHANNEL, f"told-{self.told}", bodies, b"")
        await self.settle()

    async def settle(self) -> None:
        """Let the engine do all that is to do."""
        runner = self.application.runner()
        while await runner.turn():
            pass

    async def wishes(self, kind: str) -> list[dict[str, Any]]:
        """What the engine wants done outside."""
        async with self.application.home.database.unit(WORKSPACE) as unit:
            rows = await unit.fetch("SELECT body FROM outbox WHERE kind = $1 ORDER BY 1", kind)
        return [from_json(row[0]) for row in rows]

    async def events(self, kind: str) -> int:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            return int(await unit.value("SELECT count(*) FROM events WHERE type = $1", kind))

    async def draft(self, contact: bool = True, **changes: Any) -> str:
        """A drafted campaign; its live code."""
        now = self.application.home.clock.now()
        plan = plan_at(now, **changes)
        await self.application.door.ask(WORKSPACE, DraftCampaign(plan, contact), campaign=CAMPAIGN, channel=CHANNEL)
        await self.settle()
        return await self.code()

    async def code(self) -> str:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            return str(
                await unit.value("SELECT state->>'code' FROM streams WHERE stream LIKE 'code:%' ORDER BY stream")
            )

    async def open_group(
        self, chat: str = "g1", qr_image: str = "https://platform.example/g1.png", address: str = ""
    ) -> None:
        """The group that the pool asked for exists, and so does the way into it."""
        asked = (await self.wishes("create_group"))[0]["name"]
        staff = MemberSeen("amy", is_staff=True)
        await self.tell(GroupRead(chat, self.application.home.clock.now(), asked, "amy", members=(staff,)))
        entry = (await self.wishes("open_entry"))[0]
        await self.tell(EntryOpened(entry["pool"], entry["entry"], "config-1", qr_image, address, (chat,)))

    async def open_contact(self, code: str) -> None:
        """The platform made the contact code."""
        await self.tell(ContactCodeOpened(code, f"config-{code}", f"https://platform.example/{code}.png"))

    async def launch(self) -> None:
        await self.application.door.ask(WORKSPACE, LaunchCampaign(True), campaign=CAMPAIGN)
        await self.settle()

    async def add_contact(self, external: str, code: str, name: str = "") -> str:
        """A person came through a code; the sealed part of their links."""
        await self.tell(ContactAdded(external, "amy", code, f"welcome-{external}"))
        if name:
            await self.tell(ContactRead(external, name))
        async with self.application.home.database.unit(WORKSPACE) as unit:
            person = await unit.value("SELECT person FROM identities WHERE value = $1", external)
        return self.application.home.links.seal(PersonLink(WORKSPACE, CAMPAIGN, str(person)))

    async def join(self, chat: str, *externals: str) -> None:
        """These people are in the group now."""
        now = self.application.home.clock.now()
        people = tuple(MemberSeen(name, joined_at=now) for name in externals)
        members = (MemberSeen("amy", is_staff=True), *people)
        await self.tell(GroupRead(chat, now, "福利群", "amy", version=str(self.told), members=members))

    async def own_code(self, sealed: str) -> str:
        """The person's own code, its contact code made by the platform."""
        person = self.application.home.links.open(sealed).person
        async with self.application.home.database.unit(WORKSPACE) as unit:
            code = await unit.value(
                "SELECT state->>'code' FROM streams WHERE stream LIKE 'code:%' AND state->>'owner' = $1", person
            )
        await self.open_contact(str(code))
        return str(code)

    async def examine(self) -> None:
        """The desk examines what waits for it."""
        desk = ProofDesk(lambda digest: self.application.home.blobs.read(WORKSPACE, digest))
        from qunflow.domain.actions import ExamineProof

        for wish in await self.wishes("examine_proof"):
            key = f"{wish['submission']}#{wish['attempt']}"
            if key not in self.answered:
                self.answered.add(key)
                receipt = await desk.perform(ExamineProof(**wish), key)
                await self.tell(*receipt.answers)
        await desk.close()

    async def status(self) -> str:
        return str((await self.application.door.look.state(WORKSPACE, campaign_stream(CAMPAIGN))).status)


def plan_at(now: Any, **changes: Any) -> Plan:
    """A plan that runs for a week from now."""
    values: dict[str, Any] = {
        "campaign": CAMPAIGN,
        "title": "春季护肤礼盒免费领",
        "goal": "两百位新会员",
        "channel": CHANNEL,
        "starts_at": now - timedelta(hours=1),
        "ends_at": now + timedelta(days=7),
        "staff": ("amy",),
        "budget_total_fen": 1_000_000,
        "reward_per_user_max_fen": 10_000,
        "pool": PoolPlan("福利群", soft_limit=150),
        "poster": {
            "title": "春季护肤礼盒免费领",
            "subtitle": "人人有礼",
            "selling_point": "邀请 3 位好友即得 15 元",
            "endorsement": "品牌官方活动",
            "call_to_action": "长按进群",
        },
        "ladder": Ladder("marginal", ((1, 3, 500), (4, 10, 800))),
        "task": TaskPlan(reward_fen=300, attempts=2),
        "rules": "每人限参加一次。",
    }
    return Plan(**{**values, **changes})


def element(page: str, name: str) -> str:
    """The text of the element with an id."""
    found = re.search(rf'id="{name}"[^>]*>(.*?)</', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found.group(1)).strip() if found else ""


def state_of(page: str) -> str:
    """What the page says it is."""
    found = re.search(r'<main[^>]*data-state="(\w+)"', page)
    return found.group(1) if found else ""


@pytest.fixture
async def stage(application: Application) -> AsyncIterator[Stage]:
    posters = PosterDesk()
    home = application.home
    boards = Boards(application.door, fresh_seconds=0.0)
    app = Starlette(
        routes=phone_routes(application.door, home.links, home.blobs, posters, AskInvite, boards, fresh_seconds=0.0)
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=home.links.base_url, headers=PHONE) as http:
        yield Stage(application, http)
    posters.close()
