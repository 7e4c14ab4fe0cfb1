"""The only file that picks concrete classes and joins the parts."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from qunflow.community.workflow import COMMUNITY, keep_names, resolve_persons
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.listener import WecomAccount, callback_routes
from qunflow.connectors.wecom.outbound import WecomConnector
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.delivery.sender import Sender
from qunflow.domain.actions import ACTIONS
from qunflow.domain.clock import Clock
from qunflow.domain.errors import NotFound
from qunflow.domain.events import SHARED_EVENTS, Event
from qunflow.domain.inbound import INBOUND_BODIES, Message
from qunflow.domain.receipts import Connector, ReadBlob
from qunflow.engine.commands import Commands
from qunflow.engine.deciding import Engine, real_dice
from qunflow.engine.door import Door
from qunflow.engine.feature import Registry
from qunflow.engine.intake import Intake
from qunflow.engine.looking import Look
from qunflow.engine.runner import Runner
from qunflow.features.campaigns.workflow import CAMPAIGNS
from qunflow.features.livecodes.model import AskInvite
from qunflow.features.livecodes.workflow import LIVECODES, keep_codes
from qunflow.features.posters.drawer import PosterDrawer
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.posters.workflow import posters_feature
from qunflow.features.scripts.decide import DRAWING
from qunflow.features.scripts.workflow import scripts_feature
from qunflow.features.tasks.decide import DESK
from qunflow.features.tasks.examine import ProofDesk
from qunflow.features.tasks.workflow import tasks_feature
from qunflow.features.todos.workflow import TODOS
from qunflow.pages.shell import phone_routes
from qunflow.settings import Settings
from qunflow.storage.blobs import BlobStore
from qunflow.storage.clock import open_clock
from qunflow.storage.database import Database
from qunflow.storage.directory import (
    DEFAULT_WORKSPACE,
    ChannelRow,
    ensure_workspace,
    find_channel,
    list_workspaces,
    save_channel,
)
from qunflow.storage.embedded import EmbeddedServer
from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.migrate import upgrade_database
from qunflow.storage.sealing import Keys
from qunflow.storage.unit_of_work import UnitOfWork
from qunflow.web.links import Links, PersonLink


def build_registry(links: Links) -> Registry:
    """Every feature in the order of the pipeline: who is who, then codes, then campaigns, proofs, scripts, to-dos."""

    def person_url(workspace: str, campaign: str, person: str, page: str) -> str:
        return links.person(PersonLink(workspace, campaign, person), page)

    features = (
        COMMUNITY,
        LIVECODES,
        CAMPAIGNS,
        posters_feature(links.code),
        tasks_feature(links.code),
        scripts_feature(person_url),
        TODOS,
    )
    return Registry(features, SHARED_EVENTS, INBOUND_BODIES)


async def _keep(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    await keep_names(unit, messages, events)
    await keep_codes(unit, messages, events)


@dataclass
class Home:
    """A data folder with its database at the newest schema, its key and its clock."""

    settings: Settings
    database: Database
    database_url: str
    keys: Keys
    clock: Clock
    blobs: BlobStore
    links: Links
    embedded: EmbeddedServer | None = None
    zones: dict[str, str] = field(default_factory=dict)

    async def close(self) -> None:
        """Close connections; the embedded server stops with its last user."""
        await self.database.close()
        if self.embedded is not None:
            await asyncio.to_thread(self.embedded.release)


async def open_home(settings: Settings) -> Home:
    """Open a data folder: start or join its database, bring it to the newest schema, make the first workspace."""
    data = Path(settings.data).absolute()
    data.mkdir(parents=True, exist_ok=True)
    embedded = None if settings.database_url else await asyncio.to_thread(EmbeddedServer.attach, data)
    url = embedded.url if embedded is not None else settings.database_url
    await upgrade_database(url)
    database = Database.connect(url, pool_size=settings.pool_size)
    keys = Keys.in_folder(data)
    async with database.directory() as connection:
        await ensure_workspace(connection, DEFAULT_WORKSPACE, "qunflow", settings.timezone, datetime.now(UTC))
        zones = await list_workspaces(connection)
    links = Links(settings.address, keys.derive("links"))
    return Home(
        settings, database, url, keys, open_clock(settings.clock), BlobStore(data / "blobs"), links, embedded, zones
    )


@dataclass
class Application:
    """All parts of one process, joined: edge and worker, or only what a command of the CLI needs."""

    home: Home
    registry: Registry
    engine: Engine
    commands: Commands
    intake: Intake
    door: Door
    owner: str
    wake_runner: asyncio.Event
    wake_sender: asyncio.Event

    @classmethod
    def join(cls, home: Home) -> Application:
        """Join the parts over an open data folder."""
        registry = build_registry(home.links)
        engine = Engine(registry, home.clock, real_dice(), resolve_persons, _keep, home.zones)
        runner_wake, sender_wake = asyncio.Event(), asyncio.Event()

        def tell() -> None:
            runner_wake.set()
            sender_wake.set()

        commands = Commands(engine, home.database, tell)
        look = Look(home.database, registry)
        return cls(
            home,
            registry,
            engine,
            commands,
            Intake(engine, home.database, tell),
            Door(commands, look, home.database, home.clock),
            f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            runner_wake,
            sender_wake,
        )

    def tell(self) -> None:
        """Wake this process's workers."""
        self.wake_runner.set()
        self.wake_sender.set()

    async def workspaces(self) -> list[str]:
        """Every workspace; new ones are found here."""
        async with self.home.database.directory() as connection:
            self.home.zones.update(await list_workspaces(connection))
        return list(self.home.zones)

    def runner(self) -> Runner:
        """The worker of the inbox."""
        return Runner(
            self.engine,
            self.home.database,
            self.owner,
            self.workspaces,
            self.wake_runner,
            self.tell,
            self.home.settings.idle_seconds,
        )

    def sender(self, channels: Any) -> Sender:
        """The worker of the outbox; ``channels.find`` gives the connector of a channel."""
        return Sender(
            self.home.database,
            self.home.clock,
            self.owner,
            {str(action.KIND): action for action in ACTIONS},  # type: ignore[attr-defined]
            channels.find,
            self.workspaces,
            self.wake_sender,
            self.tell,
            self.home.settings.idle_seconds,
        )


def set_up_logging(level: str) -> None:
    """Structured lines on stderr; secrets never reach a log call."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@dataclass
class Channels:
    """The accounts of this installation: connectors for delivery, envelopes for the callbacks."""

    home: Home
    posters: PosterDesk = field(default_factory=PosterDesk)
    rows: dict[str, ChannelRow] = field(default_factory=dict)
    connectors: dict[str, Connector] = field(default_factory=dict)

    async def find(self, workspace: str, channel: str) -> Connector | None:
        """The connector of a workspace's channel, None when there is none of that name."""
        key = f"{workspace}/{channel}"
        found = self.connectors.get(key)
        if found is None and channel == DESK:
            found = self.connectors[key] = ProofDesk(self._reader(workspace))
        if found is None and channel == DRAWING:
            writer = self._writer(workspace)
            found = self.connectors[key] = PosterDrawer(self.posters, self.home.links.code, writer)
        if found is None:
            row = await self.row(channel)
            if row is None or row.workspace != workspace:
                return None
            found = self.connectors[key] = self._connect(row)
        return found

    async def row(self, channel: str) -> ChannelRow | None:
        """The stored account of a channel, remembered by this process."""
        found = self.rows.get(channel)
        if found is None:
            async with self.home.database.directory() as connection:
                found = await find_channel(connection, channel)
            if found is not None:
                self.rows[channel] = found
        return found

    async def wecom_account(self, channel: str) -> WecomAccount | None:
        """What the callback of a WeCom channel needs."""
        row = await self.row(channel)
        if row is None or row.kind != "wecom":
            return None
        return WecomAccount(self.wecom_settings(row).envelope)

    def wecom_settings(self, row: ChannelRow) -> WecomSettings:
        """The settings of a stored WeCom account, secrets opened."""
        values = {**row.settings, **self._secrets(row)}
        return WecomSettings(**{**values, "staff": tuple(values.get("staff", ()))})

    def _secrets(self, row: ChannelRow) -> dict[str, str]:
        opened: dict[str, str] = from_json(self.home.keys.open(row.secrets, f"channel:{row.name}"))
        return opened

    def _connect(self, row: ChannelRow) -> Connector:
        if row.kind == "wecom":
            settings = self.wecom_settings(row)
            client = WecomClient(settings, self.home.clock, jitter=random.random)
            return WecomConnector(row.name, settings, client, self.home.clock, self._reader(row.workspace))
        raise NotFound("channel_kind", f"{row.kind} is not a kind of channel", field=row.name)

    def _reader(self, workspace: str) -> ReadBlob:
        async def read(digest: str) -> bytes:
            return await self.home.blobs.read(workspace, digest)

        return read

    def _writer(self, workspace: str) -> Callable[[bytes, str], Awaitable[str]]:
        async def write(content: bytes, person: str) -> str:
            async with self.home.database.unit(workspace) as unit:
                return await self.home.blobs.put(unit, content, "image/jpeg", person, self.home.clock.now())

        return write

    async def close(self) -> None:
        """Close every connection to platforms."""
        for connector in self.connectors.values():
            await connector.close()


async def add_channel(
    home: Home, row_kind: str, name: str, settings: Mapping[str, Any], secret: Mapping[str, str]
) -> None:
    """Store an account of the first workspace; what is secret is sealed."""
    sealed = home.keys.seal(to_json(dict(secret)).encode(), f"channel:{name}")
    row = ChannelRow(name, DEFAULT_WORKSPACE, row_kind, settings, sealed)
    async with home.database.directory() as connection:
        await save_channel(connection, row, datetime.now(UTC))


def edge_app(application: Application, channels: Channels) -> Starlette:
    """The edge: callbacks of platforms, phone pages, health; the workers run while it does."""

    async def store(channel: str, key: str, bodies: Sequence[Any], xml: bytes) -> None:
        row = await channels.row(channel)
        if row is not None:
            await application.intake.store(row.workspace, channel, key, bodies, xml)

    async def health(request: Request) -> JSONResponse:
        async with application.home.database.directory() as connection:
            await connection.fetchval("SELECT 1")
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        workers = [
            asyncio.create_task(application.runner().run()),
            asyncio.create_task(application.sender(channels).run()),
        ]
        for worker in workers:
            worker.add_done_callback(_die_with_worker)
        yield
        for worker in workers:
            worker.remove_done_callback(_die_with_worker)
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await channels.close()
        channels.posters.close()
        await application.home.close()

    routes = [
        *callback_routes(channels.wecom_account, store),
        *phone_routes(application.door, application.home.links, application.home.blobs, channels.posters, AskInvite),
        Route("/health", health),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _die_with_worker(worker: asyncio.Task[None]) -> None:
    """A worker that ended takes the process with it: its supervisor starts a whole one, nothing half works on."""
    error = None if worker.cancelled() else worker.exception()
    structlog.get_logger("qunflow").critical("worker_ended", exc_info=error)
    os._exit(70)
