"""A data folder: its database, key, clock, blobs and links."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from qunflow.domain.clock import Clock
from qunflow.settings import Settings
from qunflow.storage.blobs import BlobStore
from qunflow.storage.clock import open_clock
from qunflow.storage.database import Database
from qunflow.storage.directory import (
    DEFAULT_WORKSPACE,
    ensure_workspace,
    list_workspaces,
)
from qunflow.storage.embedded import EmbeddedServer
from qunflow.storage.schema import is_newest
from qunflow.storage.sealing import Keys
from qunflow.web.links import Links
from qunflow.web.networks import Networks, read_networks


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
    if not await is_newest(url):
        from qunflow.storage.migrate import upgrade_database  # a third of a start's imports, seldom needed

        await upgrade_database(url)
    database = Database.connect(url, pool_size=settings.pool_size)
    keys = Keys.in_folder(data)
    async with database.directory() as connection:
        await ensure_workspace(connection, DEFAULT_WORKSPACE, "qunflow", settings.timezone, datetime.now(UTC))
        zones = await list_workspaces(connection)
    networks = Networks(
        read_networks("QUNFLOW_TRUSTED_PROXIES", settings.trusted_proxies),
        read_networks("QUNFLOW_SHARED_NETWORKS", settings.shared_networks),
    )
    links = Links(settings.address, keys.derive("links"), networks)
    return Home(
        settings, database, url, keys, open_clock(settings.clock), BlobStore(data / "blobs"), links, embedded, zones
    )
