"""A real PostgreSQL for every test process, and an own database, made from a migrated template, for every test."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from pytest_asyncio import is_async_test

from qunflow.bootstrap import Application, Home, open_home
from qunflow.settings import Settings
from qunflow.storage.clock import SharedClock
from qunflow.storage.embedded import EmbeddedServer
from qunflow.storage.embedded_cluster import SETTINGS
from qunflow.storage.migrate import upgrade_database

#: Their tests share an event loop, because they share a browser; fixtures there name the same loop scope.
BROWSER_FOLDERS = ("tests/console/", "tests/rehearsal/")
#: The tests' own server may lose everything with the machine, so it waits for no disk. Whether the product's server
#: waits is proved by ``tests/integration/test_embedded.py`` on servers of its own.
HASTE = {"fsync": "off", "full_page_writes": "off"}
GIVEN = os.environ.get("QUNFLOW_TEST_DATABASE_URL", "")
#: The quicker way to copy a database where no disk is waited for, the slower one where it is.
COPY = "" if GIVEN else "STRATEGY FILE_COPY"
START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai


def renamed(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


async def run_on(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests with a browser run in its event loop."""
    for item in items:
        if item.nodeid.startswith(BROWSER_FOLDERS) and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def loggers_as_new() -> None:
    """What one test did to the process's loggers must not silence those that the next one listens to."""
    logging.disable(logging.NOTSET)
    logging.getLogger("httpx").disabled = False
    logging.getLogger("httpx").propagate = True


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server: the one named by QUNFLOW_TEST_DATABASE_URL, else an embedded one of this test process."""
    if GIVEN:
        yield GIVEN
        return
    folder = Path(tempfile.mkdtemp(prefix="qunflow-test-"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in HASTE.items():
            patch.setitem(SETTINGS, name, value)
        server = EmbeddedServer.attach(folder)
    yield server.url
    server.release()
    EmbeddedServer.stop(folder, force=True)
    EmbeddedServer.erase(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a migrated database that others are copied from."""
    name = f"template_{uuid.uuid4().hex}"
    asyncio.run(run_on(server_url, f'CREATE DATABASE "{name}"'))
    asyncio.run(upgrade_database(renamed(server_url, name)))
    return name


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """An own, migrated, empty database."""
    async with own_database(server_url, template) as url:
        yield url


@asynccontextmanager
async def own_database(server_url: str, template: str) -> AsyncIterator[str]:
    """A copy of the template, dropped at the end; its URL."""
    name = f"test_{uuid.uuid4().hex}"
    await run_on(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" {COPY}')
    yield renamed(server_url, name)
    await drop(server_url, name)


async def drop(url: str, name: str, attempts: int = 50) -> None:
    """Drop a database, waiting for the server's own cleaner to leave it.

    A role that is no superuser may not end an autovacuum worker, so the forced drop is refused while one is inside.
    """
    for attempt in range(1, attempts + 1):
        try:
            await run_on(url, f'DROP DATABASE "{name}" WITH (FORCE)')
        except asyncpg.exceptions.InsufficientPrivilegeError:
            if attempt == attempts:
                raise
            await asyncio.sleep(0.1)
        else:
            return


@pytest.fixture
def clock(tmp_path: Path) -> SharedClock:
    """A virtual clock that stands still until a test moves it."""
    return SharedClock.create(tmp_path / "clock", START)


@pytest.fixture
async def home(database_url: str, clock: SharedClock, tmp_path: Path) -> AsyncIterator[Home]:
    """An open data folder on an own database."""
    settings = Settings(data=tmp_path / "data", database_url=database_url, clock=tmp_path / "clock", idle_seconds=0.02)
    opened = await open_home(settings)
    yield opened
    await opened.close()


@pytest.fixture
def application(home: Home) -> Application:
    """The joined parts; nothing runs until a test lets it."""
    return Application.join(home)
