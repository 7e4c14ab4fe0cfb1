"""Callbacks are lost, doubled and shuffled; after the next full diff the members are the platform's, counted once."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qunflow.bootstrap import Application, add_channel
from qunflow.cli import demo_run
from qunflow.cli.demo_run import DemoSettings, run_demo
from qunflow.cli.opening import opened
from qunflow.community.model import GroupState, group_stream
from qunflow.domain.events import MemberJoined, MemberLeft
from qunflow.rehearsal.stage import Credentials, Stage, free_port
from qunflow.storage import inbox, outbox, timers
from qunflow.storage.clock import SharedClock
from qunflow.storage.quiet import is_quiet

WORKSPACE, CHANNEL, OWNER = "main", "wecom", "lin"
START = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
CHANGES, GROUPS, PEOPLE, AT_ONCE = 10_000, 40, 200, 24
FAULTS = {"lose_bps": 500, "double_bps": 500, "shuffle": True, "seed": 7}
PLAN = Path(demo_run.__file__).parents[1] / "rehearsal" / "demo-plan.yaml"


@dataclass
class Town:
    """Groups with their codes, people with what they are in, and the product beside them."""

    application: Application
    clock: SharedClock
    stage: Stage
    dice: random.Random
    codes: dict[str, str] = field(default_factory=dict)
    inside: dict[str, set[str]] = field(default_factory=dict)  # chat → phones
    joins: Counter[tuple[str, str]] = field(default_factory=Counter)  # (chat, external) → times
    externals: dict[str, str] = field(default_factory=dict)

    async def ask(self, path: str, **body: Any) -> dict[str, Any]:
        return await self.stage.ask_sandbox(path, body)

    async def open_group(self, name: str) -> str:
        made = await self.ask("/staff/create_group", userid=OWNER, name=name, members=[])
        chat = str(made["chat_id"])
        code = await self.ask("/staff/group_qr", userid=OWNER, chat_id=chat)
        self.codes[chat], self.inside[chat] = str(code["qr"]), set()
        return chat

    async def populate(self) -> None:
        """Groups and people, who are in none yet."""
        await self.ask("/staff/new", userid=OWNER, name=OWNER)
        await self.ask("/admin/settings", group_limit=500)
        for number in range(PEOPLE):
            made = await self.ask("/phone/new", phone=f"p{number}")
            self.externals[f"p{number}"] = str(made["external_userid"])
        for number in range(GROUPS):
            await self.open_group(f"group {number}")

    async def toggle(self, phone: str, chat: str) -> None:
        """Whoever is inside leaves, whoever is outside scans."""
        if phone in self.inside[chat]:
            self.inside[chat].discard(phone)
            assert (await self.ask("/phone/leave", phone=phone, chat_id=chat))["ok"]
        else:
            self.inside[chat].add(phone)
            self.joins[chat, self.externals[phone]] += 1
            assert (await self.ask("/phone/scan", phone=phone, qr=self.codes[chat]))["kind"] == "joined"

    async def churn(self, changes: int) -> None:
        """So many changes, some at once, with a little time between."""
        chats, phones = list(self.codes), list(self.externals)
        for done in range(0, changes, AT_ONCE):
            pairs = {(self.dice.choice(phones), self.dice.choice(chats)) for _ in range(min(AT_ONCE, changes - done))}
            while len(pairs) < min(AT_ONCE, changes - done):
                pairs.add((self.dice.choice(phones), self.dice.choice(chats)))
            await asyncio.gather(*(self.toggle(phone, chat) for phone, chat in sorted(pairs)))
            if done % (AT_ONCE * 10) == 0:
                self.clock.advance_to(self.clock.now() + timedelta(minutes=1))

    async def quiet(self, seconds: float = 900.0) -> None:
        deadline = time.monotonic() + seconds
        while True:
            status = await self.stage.ask_sandbox("/status")
            async with self.application.home.database.unit(WORKSPACE) as unit:
                still = not status["pending_callbacks"] and await is_quiet(unit, self.clock.now())
            if still and (await self.stage.ask_sandbox("/status"))["calls"] == status["calls"]:
                return
            assert time.monotonic() < deadline, f"something keeps moving: {status}"
            await asyncio.sleep(0.05)

    async def live_through(self, span: timedelta) -> None:
        """Every timer until then, each at its instant."""
        until = self.clock.now() + span
        while (due := await self._next_due()) is not None and due <= until:
            self.clock.advance_to(due)
            await self.quiet()
        self.clock.advance_to(until)

    async def _next_due(self) -> datetime | None:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            found = [await timers.next_due(unit), await outbox.next_sendable(unit)]
        return min((instant for instant in found if instant is not None), default=None)

    def truth(self, chat: str) -> set[str]:
        return {OWNER, *(self.externals[phone] for phone in self.inside[chat])}

    async def known(self, chat: str) -> set[str]:
        state = await self.application.door.look.state(WORKSPACE, group_stream(CHANNEL, chat))
        assert state is None or isinstance(state, GroupState)
        return set(state.members) if state is not None else set()

    async def moves(self) -> list[tuple[str, str, str]]:
        """(kind, chat, external) of every join and leave in the log, in its order."""
        async with self.application.home.database.unit(WORKSPACE) as unit:
            rows = await unit.fetch(
                "SELECT type, stream, data->>'external' FROM events WHERE type IN ($1, $2) ORDER BY stream, version",
                MemberJoined.KIND,
                MemberLeft.KIND,
            )
        return [(str(row[0]), str(row[1]), str(row[2])) for row in rows]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = SharedClock.create(tmp_path / "clock", START)
    stage = Stage(tmp_path / "data", tmp_path / "clock", Credentials(), free_port(), free_port(), tmp_path / "logs")
    try:
        async with opened(data=stage.data, port=stage.server_port, clock=stage.clock) as application:
            await stage.start_sandbox()
            held = stage.credentials
            account = {"corp_id": held.corp_id, "agent_id": held.agent_id, "base_url": stage.sandbox_url}
            secret = {"secret": held.secret, "token": held.token, "aes_key": held.aes_key}
            await add_channel(application.home, "wecom", CHANNEL, {**account, "staff": [OWNER]}, secret)
            await stage.start_server()
            await stage.connect_corp()
            yield Town(application, clock, stage, random.Random(20261122))
    finally:
        await stage.stop()
        clock.close()


@pytest.mark.long
async def test_ten_thousand_changes_with_bad_callbacks_end_in_the_platforms_members(town: Town) -> None:
    await town.ask("/admin/faults", **FAULTS)
    await town.populate()
    await town.churn(CHANGES)
    await town.quiet()
    await town.ask("/admin/faults", lose_bps=10_000)
    silent = await town.open_group("nobody was told")
    await town.toggle("p0", silent)
    await town.ask("/admin/faults")
    assert await town.known(silent) == set()
    status = await town.stage.ask_sandbox("/status")
    assert status["withheld_callbacks"] > CHANGES // 40 and status["doubled_callbacks"] > CHANGES // 40
    await town.live_through(timedelta(hours=25))
    await town.quiet()
    wrong = {chat: await town.known(chat) ^ town.truth(chat) for chat in town.codes}
    assert {chat: odd for chat, odd in wrong.items() if odd} == {}
    moves = await town.moves()
    ups_and_downs: dict[tuple[str, str], list[str]] = {}
    for kind, stream, external in moves:
        ups_and_downs.setdefault((stream.rpartition(":")[2], external), []).append(kind)
    for pair, kinds in ups_and_downs.items():
        joined = kinds.count(MemberJoined.KIND)
        assert kinds == [(MemberJoined.KIND, MemberLeft.KIND)[place % 2] for place in range(len(kinds))], pair
        assert joined <= max(town.joins[pair], pair[1] == OWNER), "nobody joined more often than they did"
    async with town.application.home.database.unit(WORKSPACE) as unit:
        assert await inbox.dead_letters(unit) == []


@pytest.mark.long
async def test_rewards_are_counted_once_although_group_callbacks_are_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BadStage(Stage):
        """Group events are lost, doubled and shuffled from the first one on."""

        async def connect_corp(self) -> None:
            await super().connect_corp()
            await self.ask_sandbox("/admin/faults", {**FAULTS, "only": "change_external_chat"})

    monkeypatch.setattr(demo_run, "Stage", BadStage)
    settings = DemoSettings(200, "repair", tmp_path / "demo", PLAN)
    result = await run_demo(settings, lambda done, total, when: None)
    assert result.broken == ()
    assert result.report["rewards"]["due"] == result.report["rewards"]["posted"]
