"""A console process on a real PostgreSQL and the system's Chromium before it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright
from tests.console.console_process import ConsoleProcess, chromium_environment, find_chromium, free_port

from qunflow.bootstrap import Application
from qunflow.console.office import Office
from qunflow.domain.rights import Role
from qunflow.storage.operators import AccountRow


@pytest.fixture
async def console(application: Application, tmp_path: Path) -> AsyncIterator[ConsoleProcess]:
    """A running console without a browser."""
    port, home = free_port(), application.home
    office = Office.join(home.database, home.keys.derive("console-forms"), f"http://127.0.0.1:{port}")
    one = ConsoleProcess(application, office, tmp_path, port)
    try:
        await one.start()
        yield one
    finally:
        await one.stop()


@pytest.fixture
async def seen(console: ConsoleProcess, tmp_path: Path) -> AsyncIterator[ConsoleProcess]:
    """A running console with a browser; at the end no page complained and nothing was asked of other hosts."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("There is no Chromium, and with CI=true its tests are not skipped: run `make chromium`.")
        pytest.skip("There is no Chromium: run `make chromium`.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"], env=chromium_environment(tmp_path)
        )
        console.browser = browser
        yield console
        for context in console.contexts:
            await context.close()
        console.contexts.clear()
        await browser.close()
    assert console.complaints == []


@pytest.fixture
async def owner(console: ConsoleProcess) -> AccountRow:
    """An owner of the first workspace."""
    return await console.account("店长", Role.OWNER)
