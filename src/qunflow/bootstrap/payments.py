"""Payment accounts of an installation: their connectors for delivery, clients for notices, payments for phones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qunflow.bootstrap.channels import OWN_DESKS, Channels, add_channel
from qunflow.bootstrap.home import Home
from qunflow.connectors.matrix.registration import check_channel_name
from qunflow.connectors.wechatpay.client import PayClient
from qunflow.connectors.wechatpay.outbound import PayConnector
from qunflow.connectors.wechatpay.settings import WechatPaySettings
from qunflow.domain.errors import Conflict, InvalidInput, NotFound, QunflowError
from qunflow.domain.receipts import Connector
from qunflow.engine.door import Door
from qunflow.features.payouts.model import MANUAL, PayoutState
from qunflow.features.payouts.orders_acts import find_order, start_payment
from qunflow.features.payouts.orders_model import OPENING
from qunflow.features.payouts.vault import PackageVault
from qunflow.storage.directory import DEFAULT_WORKSPACE, ChannelRow
from qunflow.storage.json_text import from_json

KIND = "wechatpay"
PAY_SECRETS = ("private_key", "api_v3_key", "public_key")
#: Wall seconds that a phone waits for its payment to be prepared.
PREPARE_SECONDS = 8.0


@dataclass
class Payments:
    """Payment accounts beside the channels; what is no payment account is left to them."""

    home: Home
    channels: Channels
    kept: dict[str, tuple[ChannelRow, PayClient]] = field(default_factory=dict)

    async def find(self, workspace: str, channel: str) -> Connector | None:
        """The connector of a workspace's channel, of whatever kind; None when there is none of that name."""
        if channel in OWN_DESKS:
            return await self.channels.find(workspace, channel)
        row = await self.channels.row(channel)
        if row is None or row.kind != KIND:
            return await self.channels.find(workspace, channel)
        client = await self.client(channel) if row.workspace == workspace else None
        return PayConnector(channel, client, PackageVault(self.home.keys).seal) if client is not None else None

    async def client(self, channel: str) -> PayClient | None:
        """The client of a payment account, made anew when its settings changed; None when there is none."""
        row = await self.channels.row(channel)
        if row is None or row.kind != KIND:
            return None
        known = self.kept.get(channel)
        if known is not None and known[0] == row:
            return known[1]
        client = PayClient(pay_settings(self.home, row))
        self.kept[channel] = (row, client)
        if known is not None:
            await known[1].close()
        return client

    async def payment(self, door: Door, workspace: str, number: str, external: str) -> dict[str, str]:
        """What the payer's phone hands to WeChat to pay an order. Raises Conflict when it cannot be paid (any more)."""
        await start_payment(door, workspace, number, external)
        async with asyncio.timeout(PREPARE_SECONDS):
            while (state := await find_order(door, workspace, number)).status == OPENING:
                await asyncio.sleep(0.1)
        client = await self.client(state.channel)
        if client is None or not state.prepay:
            raise Conflict("order_not_open", f"the order is {state.status}", field="order", way_out="Start again.")
        return client.payment_values(state.prepay)

    async def confirmation(self, workspace: str, state: PayoutState) -> dict[str, str]:
        """What its person's phone hands to WeChat to take a payout; nothing while its package is not known."""
        row = await self.channels.row(state.channel)
        client = await self.client(state.channel) if row is not None and row.workspace == workspace else None
        if client is None or not state.package:
            return {}
        package = PackageVault(self.home.keys).open(state.number, state.package)
        return {"mchId": client.settings.mchid, "appId": client.settings.appid, "package": package}

    async def close(self) -> None:
        """Close every connection to payment platforms."""
        for _, client in self.kept.values():
            await client.close()


def pay_settings(home: Home, row: ChannelRow) -> WechatPaySettings:
    """The settings of a stored account, secrets opened."""
    opened: dict[str, str] = from_json(home.keys.open(row.secrets, f"channel:{row.name}"))
    return WechatPaySettings(**{**row.settings, **opened})


async def add_pay_account(
    home: Home,
    name: str,
    settings: Mapping[str, Any],
    given: Mapping[str, str],
    workspace: str = DEFAULT_WORKSPACE,
) -> str:
    """Store a payment account; answers its notice address. Of one that is there, secrets not ``given`` stay.

    Raises InvalidInput naming the field, or Conflict when the name is taken.
    """
    check_channel_name(name)
    if name == MANUAL:
        raise InvalidInput("pay_name", f"{MANUAL} is what is paid by hand", field="name", way_out="Choose another.")
    row = await Channels(home).row(name)
    if row is not None and (row.kind != KIND or row.workspace != workspace):
        raise Conflict("channel_taken", "this name is taken", field="name", way_out="Choose another name.")
    known = pay_settings(home, row) if row is not None else None
    kept = {secret: getattr(known, secret) for secret in PAY_SECRETS} if known is not None else {}
    sealed = {**kept, **given}
    if missing := [secret for secret in PAY_SECRETS if not sealed.get(secret)]:
        raise InvalidInput("secrets_missing", f"stdin must hold {', '.join(missing)}", field="stdin")
    values = {"notify_url": f"{home.settings.address}/hooks/wechatpay/{name}", **settings}
    WechatPaySettings(**{**values, **sealed})
    await add_channel(home, KIND, name, values, sealed, workspace)
    return str(values["notify_url"])


async def try_account(home: Home, name: str) -> str:
    """Ask WeChat Pay for a transfer that cannot exist: the signatures of both sides are right when it says so.

    Raises NotFound for an unknown account, or the error that WeChat Pay answers.
    """
    payments = Payments(home, Channels(home))
    client = await payments.client(name)
    if client is None:
        raise NotFound("channel_unknown", "there is no payment account of this name", field=name)
    try:
        await client.read_transfer("qunflowprobe")
    except QunflowError as error:
        if not getattr(error, "missing", False):
            raise
    finally:
        await payments.close()
    return "accepted"
