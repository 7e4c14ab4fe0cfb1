"""Phone pages that WeCom opens: OAuth tells who it is, the channel's identities which person of ours that is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.routing import Route

from qunflow.bootstrap.channels import Channels
from qunflow.bootstrap.home import Home
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.identity import Identity, StateSeal
from qunflow.connectors.wecom.sign_in import SignIn
from qunflow.domain.errors import NotFound
from qunflow.pages.staff import SignPage
from qunflow.storage.people import find_persons
from qunflow.web.links import PersonLink
from qunflow.web.responses import Site


def sign_in_routes(home: Home, channels: Channels) -> list[Route]:
    """``/wecom/{channel}/me/{campaign}`` and what belongs to it."""

    async def find_page(channel: str, identity: Identity, aim: str) -> str:
        row = await channels.row(channel)
        key = (channel, identity.platform_id)
        if row is None or not identity.platform_id:
            raise _nobody()
        async with home.database.unit(row.workspace) as unit:
            person = (await find_persons(unit, [key])).get(key)
        if person is None:
            raise _nobody()
        return home.links.person(PersonLink(row.workspace, aim, person))

    sign_in = SignIn(
        Site(home.links),
        home.settings.address,
        StateSeal(home.keys.derive("wecom-oauth")),
        channels.wecom_page_account,
        find_page,
        time.time,
        lambda: secrets.token_hex(8),
    )
    return sign_in.routes()


def page_signer(channels: Channels) -> SignPage:
    """Signs our own pages for the client of a WeCom channel; without a signature a page offers no tap."""

    async def sign(workspace: str, channel: str, url: str) -> Mapping[str, Any] | None:
        row = await channels.row(channel)
        if row is None or row.kind != "wecom" or row.workspace != workspace:
            return None
        try:
            return await channels.wecom_client(row).jssdk.configs(url)
        except WecomError as error:
            structlog.get_logger("qunflow").warning("page_not_signed", channel=channel, error=error.sentence())
            return None

    return sign


def _nobody() -> NotFound:
    return NotFound("campaign_unknown", "nobody here knows this person", way_out="Add our staff member first.")
