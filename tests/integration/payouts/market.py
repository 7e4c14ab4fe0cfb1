"""A campaign that sells, at the pay sandbox: the platform's people in memory, payments over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.connectors.wechatpay.stand_in import StandIn
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.test_plays import begin, play, shown
from tests.integration.payouts.conftest import ACCOUNT, Shop

from qunflow.domain.receipts import Connector
from qunflow.features.campaigns.acts import close
from qunflow.features.campaigns.model import SetStatus
from qunflow.features.payouts.orders import order_number
from qunflow.features.payouts.orders_acts import find_order, start_payment
from qunflow.features.payouts.orders_model import OPEN, ORDER_PAID, OrderState


@dataclass
class Tills:
    """The connectors of a market: its payment account, and the platform in memory."""

    shop: Shop
    platform: ScriptedPlatform

    async def find(self, workspace: str, channel: str) -> Connector | None:
        if channel == ACCOUNT and self.shop.payments is not None:
            return await self.shop.payments.find(workspace, channel)
        return await self.platform.find(workspace, channel)


@dataclass
class Market:
    """Buyers, their orders and the money."""

    shop: Shop
    stage: Stage
    stand_in: StandIn

    @classmethod
    def over(cls, shop: Shop) -> Market:
        assert shop.stand_in is not None
        platform = ScriptedPlatform(shop.application.home.clock)
        stage = Stage(shop.application, platform)
        stage.sender = shop.sender = shop.application.sender(Tills(shop, platform))
        return cls(shop, stage, shop.stand_in)

    async def begin(self, model: dict[str, Any], *names: str) -> None:
        await begin(self.stage, model, *names)

    async def play(self, who: str, move: str, unit: str = "", **params: Any) -> str:
        answer = await play(self.stage, who, move, unit, **params)
        assert answer.rejection is None, answer.rejection
        await self.stage.settle()
        return str(answer.value)

    async def order(self, order: str) -> OrderState:
        return await find_order(self.shop.door, WORKSPACE, order_number(WORKSPACE, CAMPAIGN, order))

    async def prepare(self, who: str, order: str) -> OrderState:
        """The buyer's phone can pay now."""
        await start_payment(self.shop.door, WORKSPACE, order_number(WORKSPACE, CAMPAIGN, order), f"o-{who}")
        await self.until_order(order, OPEN)
        return await self.order(order)

    async def pay(self, who: str, order: str, known: bool = True) -> None:
        """The buyer pays; with ``known`` the notice of it is waited for."""
        state = await self.prepare(who, order)
        self.stand_in.act("/phone/pay", prepay_id=state.prepay)
        if known:
            await self.until_order(order, ORDER_PAID)
            await self.stage.settle()

    async def until_order(self, order: str, status: str) -> None:
        async def fits() -> bool:
            return (await self.order(order)).status == status

        await self.shop.until(fits)

    async def until_refunded(self, *orders: str) -> None:
        """Until these orders' refunds arrived, here and in the ledger."""

        async def fits() -> bool:
            states = [await self.order(order) for order in orders]
            done = [one.status == "arrived" for state in states for one in state.refunds.values()]
            return len(done) == len(orders) and all(done)

        await self.shop.until(fits)
        await self.stage.settle()

    async def shown(self, unit: str) -> Any:
        return await shown(self.stage, unit)

    async def wait(self, time: timedelta) -> None:
        await self.stage.wait(time)

    async def escrow(self) -> int:
        """Everything that was paid and is nobody's yet."""
        found = await self.stage.rows("SELECT coalesce(sum(balance), 0) FROM accounts WHERE account LIKE 'escrow:%'")
        return int(found[0][0])

    async def revenue(self) -> int:
        return await self.stage.balance(f"revenue:{CAMPAIGN}")

    def refunds(self) -> list[int]:
        """What the platform gave back, in fen."""
        return sorted(one["amount"]["refund"] for one in self.stand_in.status()["refunds"])

    async def settling(self) -> None:
        """The campaign's end and its holds are over."""
        await self.shop.door.ask(WORKSPACE, SetStatus("ended"), campaign=CAMPAIGN)
        await self.wait(timedelta(hours=60))

    async def close(self) -> dict[str, Any]:
        return await close(self.shop.door, WORKSPACE, CAMPAIGN)

    async def check(self) -> None:
        await self.stage.check()

    @staticmethod
    def person(name: str) -> str:
        return person_of(name)
