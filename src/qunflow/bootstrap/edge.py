"""The edge of one process: callbacks of platforms, phone pages, health; the workers run while it does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from qunflow.bootstrap.application import Application
from qunflow.bootstrap.channels import Channels
from qunflow.bootstrap.payments import Payments
from qunflow.bootstrap.wecom_pages import page_signer, sign_in_routes
from qunflow.connectors.matrix.listener import callback_routes as matrix_routes
from qunflow.connectors.wechatpay.listener import notice_routes
from qunflow.connectors.wecom.listener import callback_routes as wecom_routes
from qunflow.features.livecodes.model import AskInvite
from qunflow.features.referrals.vault import ContactVault
from qunflow.features.rewards.vault import Vault
from qunflow.pages.shell import phone_routes
from qunflow.storage.clock import SharedClock
from qunflow.storage.idling import ring_when_moved
from qunflow.web.still import Straight


def edge_app(application: Application, channels: Channels) -> Straight:
    """The edge: callbacks of platforms, phone pages, health; the workers run while it does."""
    payments = Payments(application.home, channels)

    async def store(channel: str, key: str, bodies: Sequence[Any], raw: bytes) -> None:
        row = await channels.row(channel)
        if row is not None:
            await application.intake.store(row.workspace, channel, key, bodies, raw)

    async def store_wecom(channel: str, key: str, bodies: Sequence[Any], xml: bytes) -> None:
        await store(channel, key, bodies, xml)

    async def health(request: Request) -> JSONResponse:
        async with application.home.database.directory() as connection:
            await connection.fetchval("SELECT 1")
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        workers = [
            asyncio.create_task(application.runner().run()),
            asyncio.create_task(application.sender(payments).run()),
        ]
        if isinstance(application.home.clock, SharedClock):
            bells = application.home.database.bells.values()
            workers.append(asyncio.create_task(ring_when_moved(application.home.clock, bells)))
        for worker in workers:
            worker.add_done_callback(_die_with_worker)
        yield
        for worker in workers:
            worker.remove_done_callback(_die_with_worker)
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await payments.close()
        await channels.close()
        channels.posters.close()
        await application.home.close()

    home = application.home
    routes = [
        *wecom_routes(channels.wecom_account, store_wecom),
        *matrix_routes(channels.matrix_account, store),
        *notice_routes(payments.client, store),
        *_phone_routes(application, channels, payments),
        *sign_in_routes(home, channels),
        Route("/health", health),
    ]
    scan = next(route.endpoint for route in routes if route.name == "scan")
    return Straight(Starlette(routes=routes, lifespan=lifespan), {"/c/": ("code", scan)})


def _phone_routes(application: Application, channels: Channels, payments: Payments) -> list[Route]:
    """The public phone pages with all that they hold of this process."""
    home = application.home
    return phone_routes(
        application.door,
        home.links,
        home.blobs,
        channels.posters,
        AskInvite,
        sign=page_signer(channels),
        prepare=payments.payment,
        confirm=payments.confirmation,
        vault=Vault(home.keys),
        contacts=ContactVault(home.keys),
    )


def _die_with_worker(worker: asyncio.Task[None]) -> None:
    """A worker that ended takes the process with it: its supervisor starts a whole one, nothing half works on."""
    error = None if worker.cancelled() else worker.exception()
    structlog.get_logger("qunflow").critical("worker_ended", exc_info=error)
    os._exit(70)
