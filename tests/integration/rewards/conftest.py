"""Rewards on the real engine and database; the campaign's word about prizes is given by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from qunflow.bootstrap import Application
from qunflow.domain.decisions import Posting
from qunflow.domain.prizes import PrizeDue
from qunflow.engine.replay import check_replay
from qunflow.features.rewards import acts, store
from qunflow.features.rewards.items import RewardItem, stock_counter
from qunflow.features.rewards.model import GrantState, grant_id
from qunflow.features.rewards.vault import Vault
from qunflow.ledger.check import check_ledger
from qunflow.storage.accounts import load_balances, read_balances, write_postings
from qunflow.storage.stock import read_counters

WORKSPACE, CAMPAIGN = "main", "spring"


@dataclass
class Depot:
    """One workspace with an inventory; ``settle`` lets the engine do all that is to do now."""

    application: Application
    vault: Vault
    funded: int = 0

    @property
    def door(self) -> Any:
        return self.application.door

    async def settle(self) -> None:
        runner = self.application.runner()
        while await runner.turn():
            pass

    async def wait(self, time: timedelta) -> None:
        clock: Any = self.application.home.clock
        clock.advance_to(clock.now() + time)
        await self.settle()

    async def fund(self, fen: int) -> None:
        """A budget for the campaign."""
        self.funded += 1
        debit, credit = f"external:{CAMPAIGN}", f"budget:{CAMPAIGN}"
        async with self.application.home.database.unit(WORKSPACE) as unit:
            held = await load_balances(unit, [debit, credit])
            after = {debit: held[debit] - fen, credit: held[credit] + fen}
            event = self.application.engine.dice.event_id()
            posting = Posting(f"fund-{self.funded}", debit, credit, fen)
            await write_postings(unit, [(posting, self.application.home.clock.now(), event)], after)

    async def add(self, name: str, kind: str, **values: Any) -> None:
        await acts.add_item(self.door, WORKSPACE, RewardItem(name, kind, name.title(), **values))

    async def load(self, name: str, *codes: str) -> int:
        return await acts.import_codes(self.door, self.vault, WORKSPACE, name, "\n".join(codes).encode())

    async def tell(self, person: str, item: str, state: str = "due", revision: int = 1, **values: Any) -> str:
        """The campaign says where it stands with a prize; the grant's id."""
        body = PrizeDue("invites", "5", revision, state, item, **values)
        await self.door.ask(WORKSPACE, body, person=person, campaign=CAMPAIGN)
        return grant_id(CAMPAIGN, person, "invites", "5", revision)

    async def grant(self, grant: str) -> GrantState:
        return await acts.find_grant(self.door, WORKSPACE, grant)

    async def decide(self, grant: str, act: str) -> str:
        return await acts.decide_grant(self.door, WORKSPACE, grant, act, "amy")

    async def codes(self, item: str) -> dict[str, int]:
        async with self.application.home.database.read(WORKSPACE) as unit:
            return await store.count_codes(unit, item)

    async def stock(self, item: str) -> tuple[int, int]:
        """(promised and given, all)"""
        name = stock_counter(item)
        async with self.application.home.database.read(WORKSPACE) as unit:
            counter = (await read_counters(unit, [name]))[name]
        return counter.used, counter.limit

    async def balances(self, counted: str = "fen") -> dict[str, int]:
        async with self.application.home.database.read(WORKSPACE) as unit:
            return {name: sum_ for name, sum_ in (await read_balances(unit, counted=counted)).items() if sum_}

    async def check(self) -> None:
        """The ledger is whole, the log gives what is stored, and nothing is a dead letter."""
        async with self.application.home.database.read(WORKSPACE) as unit:
            whole = await check_ledger(unit)
            dead = int(await unit.value("SELECT count(*) FROM inbox WHERE state = 'dead'"))
        assert whole.balanced, whole
        assert dead == 0
        report = await check_replay(self.application.home.database, self.application.registry, WORKSPACE)
        assert report.equal, report


@pytest.fixture
async def depot(application: Application) -> AsyncIterator[Depot]:
    made = Depot(application, Vault(application.home.keys))
    yield made
    await made.settle()
    await made.check()
