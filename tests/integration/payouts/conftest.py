"""Payouts on the real engine and database, against the pay sandbox as a process, notices over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from tests.connectors.wechatpay.stand_in import StandIn, free_port

from qunflow.bootstrap import Application, Channels
from qunflow.bootstrap.payments import Payments, add_pay_account
from qunflow.connectors.wechatpay.listener import notice_routes
from qunflow.delivery.sender import Sender
from qunflow.domain.decisions import Posting
from qunflow.engine.replay import check_replay
from qunflow.features.payouts import acts
from qunflow.features.payouts.model import PayoutState
from qunflow.features.payouts.rules import PayRules
from qunflow.ledger.check import check_ledger
from qunflow.sandbox.pay.keys import open_keys
from qunflow.storage.accounts import load_balances, read_balances, write_postings

WORKSPACE, ACCOUNT = "main", "pay"


@dataclass
class Shop:
    """One workspace that pays out; ``settle`` lets engine and sender do all that is to do now."""

    application: Application
    sender: Sender
    stand_in: StandIn | None = None
    payments: Payments | None = None
    funded: int = 0
    told: int = 0
    runner: Any = field(init=False)

    def __post_init__(self) -> None:
        self.runner = self.application.runner()

    @property
    def door(self) -> Any:
        return self.application.door

    async def settle(self) -> None:
        while await self.runner.turn() + await self.sender.turn():
            pass

    async def until(self, fits: Callable[[], Awaitable[bool]]) -> None:
        """Settle again and again: notices come on their own way."""
        async with asyncio.timeout(15):
            while True:
                await self.settle()
                if await fits():
                    return
                await asyncio.sleep(0.05)

    async def until_status(self, number: str, status: str) -> PayoutState:
        async def fits() -> bool:
            return (await self.payout(number)).status == status

        await self.until(fits)
        return await self.payout(number)

    async def wait(self, time: timedelta) -> None:
        clock: Any = self.application.home.clock
        clock.advance_to(clock.now() + time)
        await self.settle()

    async def earn(self, person: str, fen: int) -> None:
        """Money that a campaign made available."""
        self.funded += 1
        key, at = f"earned-{self.funded}", self.application.home.clock.now()
        debit, credit = "external:test", f"available:{person}"
        async with self.application.home.database.unit(WORKSPACE) as unit:
            held = await load_balances(unit, [debit, credit])
            after = {debit: held[debit] - fen, credit: held[credit] + fen}
            event = self.application.engine.dice.event_id()
            await write_postings(unit, [(Posting(key, debit, credit, fen), at, event)], after)

    async def ask(self, person: str, fen: int, key: str, openid: str = "o-1") -> str:
        """A payout that nobody has agreed to."""
        state = await acts.request_payout(self.door, WORKSPACE, person, fen, key, by="desk", openid=openid)
        return state.number

    async def send(self, person: str, fen: int, key: str) -> str:
        """A payout with everybody's consent."""
        number = await self.ask(person, fen, key)
        await acts.approve_payout(self.door, WORKSPACE, number, "amy")
        return number

    async def payout(self, number: str) -> PayoutState:
        return await acts.find_payout(self.door, WORKSPACE, number)

    async def rules(self, **changes: Any) -> None:
        known = await acts.read_rules(self.door, WORKSPACE)
        await acts.set_rules(self.door, WORKSPACE, replace(known, **changes))

    async def balances(self) -> dict[str, int]:
        async with self.application.home.database.read(WORKSPACE) as unit:
            return {name: fen for name, fen in (await read_balances(unit)).items() if fen}

    async def tell(self, *bodies: Any, key: str = "") -> None:
        """What WeChat Pay tells, without the way over HTTP."""
        self.told += 1
        await self.application.intake.store(WORKSPACE, ACCOUNT, key or f"told-{self.told}", bodies, b"{}")

    async def dead_letters(self) -> int:
        async with self.application.home.database.read(WORKSPACE) as unit:
            return int(await unit.fetchval("SELECT count(*) FROM inbox WHERE state = 'dead'"))

    async def check(self) -> None:
        """The ledger is whole and the log gives what is stored."""
        async with self.application.home.database.read(WORKSPACE) as unit:
            whole = await check_ledger(unit)
        assert whole.balanced, whole
        report = await check_replay(self.application.home.database, self.application.registry, WORKSPACE)
        assert report.equal, report


@pytest.fixture
async def desk(application: Application) -> AsyncIterator[Shop]:
    """A merchant without WeChat Pay: everything is paid by hand."""
    channels = Channels(application.home)
    payments = Payments(application.home, channels)
    shop = Shop(application, application.sender(payments))
    yield shop
    await shop.check()
    await payments.close()
    await channels.close()


@pytest.fixture(scope="session")
def pay_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the keys of both sides: they take long to make, and each sandbox may have the same."""
    folder = tmp_path_factory.mktemp("pay")
    open_keys(folder)
    return folder


@pytest.fixture
async def shop(application: Application, pay_keys: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    """A merchant at a pay sandbox of its own; notices come in over HTTP."""
    stand_in = StandIn.start_warm(pay_keys, tmp_path / "clock")
    channels = Channels(application.home)
    payments = Payments(application.home, channels)

    async def store(channel: str, key: str, bodies: Any, raw: bytes) -> None:
        await application.intake.store(WORKSPACE, channel, key, bodies, raw)

    port = free_port()
    app = Starlette(routes=notice_routes(payments.client, store))
    server = Server(app, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    values = stand_in.values(f"http://127.0.0.1:{port}/hooks/wechatpay/{ACCOUNT}")
    await add_pay_account(application.home, ACCOUNT, values, stand_in.secrets())
    made = Shop(application, application.sender(payments), stand_in, payments)
    await acts.set_rules(made.door, WORKSPACE, PayRules(channel=ACCOUNT))
    yield made
    await made.check()
    stand_in.stop()
    server.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    await payments.close()
    await channels.close()
