"""A console process on a real PostgreSQL and the system's Chromium before it.

One Chromium serves all tests of a test process, each with windows of its own; so they share an event loop. Database,
data folder and console process are each test's own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from tests.conftest import own_database
from tests.console.console_process import (
    ConsoleProcess,
    chromium_environment,
    find_chromium,
    free_port,
    prepared_console,
)

from qunflow.bootstrap import Application, Home, open_home
from qunflow.domain.rights import Role
from qunflow.settings import Settings
from qunflow.storage.clock import SharedClock
from qunflow.storage.operators import AccountRow


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """An own, migrated, empty database."""
    async with own_database(server_url, template) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def home(database_url: str, clock: SharedClock, tmp_path: Path) -> AsyncIterator[Home]:
    """An open data folder whose edge would have a port of its own."""
    data, port = tmp_path / "data", free_port()
    opened = await open_home(
        Settings(data=data, database_url=database_url, clock=tmp_path / "clock", port=port, idle_seconds=0.02)
    )
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def console(application: Application, tmp_path: Path) -> AsyncIterator[ConsoleProcess]:
    """A running console without a browser."""
    one = prepared_console(application, tmp_path)
    try:
        await one.start()
        yield one
    finally:
        await one.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """The browser of this test process."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("There is no Chromium, and with CI=true its tests are not skipped: run `make chromium`.")
        pytest.skip("There is no Chromium: run `make chromium`.")
    environment = chromium_environment(tmp_path_factory.mktemp("chromium"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"], env=environment
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def seen(chromium: Browser, console: ConsoleProcess) -> AsyncIterator[ConsoleProcess]:
    """A running console with a browser; at the end no page complained and nothing was asked of other hosts."""
    console.browser = chromium
    yield console
    for context in console.contexts:
        await context.close()
    console.contexts.clear()
    assert console.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def owner(console: ConsoleProcess) -> AccountRow:
    """An owner of the first workspace."""
    return await console.account("店长", Role.OWNER)
