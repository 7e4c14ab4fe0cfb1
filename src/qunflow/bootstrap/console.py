"""The console of one process: its pages joined with the engine, served until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import uvicorn

from qunflow.bootstrap.application import Application
from qunflow.bootstrap.channel_setup import channel_desk
from qunflow.bootstrap.home import Home
from qunflow.bootstrap.office import open_office
from qunflow.console.app import console_app
from qunflow.console.office import Office
from qunflow.console.pages import Parts, all_pages
from qunflow.console.rehearsal_chore import RehearsalChores
from qunflow.console.socket_watch import MAX_MESSAGE
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.referrals.vault import ContactVault
from qunflow.features.rewards.vault import Vault

#: Open pages get so long to finish what they do.
GRACE_SECONDS = 5


def console_of(application: Application) -> tuple[Office, uvicorn.Server]:
    """The console over joined parts and the server that will run it."""
    home = application.home
    office, posters = open_office(home), PosterDesk()
    chores = RehearsalChores(home.database, home.settings.data)

    async def close() -> None:
        await chores.close()
        posters.close()
        await home.close()

    vault, contacts = Vault(home.keys), ContactVault(home.keys)
    parts = Parts(
        application.door, office, home.links, home.blobs, posters, channel_desk(home), chores, vault, contacts
    )
    config = uvicorn.Config(
        console_app(office, all_pages(parts), close),
        host=home.settings.console_host,
        port=home.settings.console_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE + 1000,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=16 * 1024,
    )
    return office, uvicorn.Server(config)


async def serve_console(home: Home, stops: Callable[[Callable[[], None]], None]) -> None:
    """Run the console; ``stops`` is given what ends it. Without an account, a one-time link is printed first."""
    office, server = console_of(Application.join(home))

    def stop() -> None:
        server.should_exit = True

    stops(stop)
    if not await office.accounts.any():
        print(
            f"first owner of the console: {office.link(await office.accounts.owner_link())}",
            file=sys.stderr,
            flush=True,
        )
        print("the link works once, for 24 hours; qunflow account link prints a new one", file=sys.stderr, flush=True)
    serving = asyncio.create_task(server.serve())
    await serving
