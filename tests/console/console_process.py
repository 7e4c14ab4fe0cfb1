"""A console as a process of its own, accounts in it, and signed-in browsers before it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, BrowserContext, Page
from tests.warm_process import WarmProcess

from qunflow.bootstrap import Application
from qunflow.console.office import Office
from qunflow.domain.rights import Role
from qunflow.features.posters.fonts import font_file
from qunflow.storage.operators import AccountRow, find_account_by_name, set_manners, set_seat

START_SECONDS = 40.0
PASSWORD = "vier Worte ohne Sinn"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The system's Chromium, None without one."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def chromium_environment(folder: Path) -> dict[str, str | float | bool]:
    """Chinese is drawn with the font that qunflow brings, also where the system has none."""
    fonts = folder / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{font_file().parent}</dir><cachedir>{folder / 'fonts'}</cachedir></fontconfig>"
    )
    return {**os.environ, "FONTCONFIG_FILE": str(fonts)}


@dataclass
class ConsoleProcess:
    """``application`` works on the same database, in the test's process; ``office`` makes accounts there."""

    application: Application
    office: Office
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | WarmProcess | None = None
    browser: Browser | None = None
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What the server wrote."""
        return (self.folder / "console.log").read_text()

    async def start(self) -> None:
        """Start a console and wait until it answers."""
        options = ("--role", "console", "--port", str(self.application.home.settings.port))
        log = self.folder / "console.log"
        # The first of a test process waits for the imports.
        self.process = await asyncio.to_thread(WarmProcess, ("serve", *options), self._environment(), log)
        await self.until_it_answers()

    async def start_whole(self) -> None:
        """Start everything that ``qunflow serve`` runs, as people do, and wait until its console answers."""
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "qunflow", "serve", "--port", str(self.application.home.settings.port)),
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        await self.until_it_answers()

    def _environment(self) -> dict[str, str]:
        settings = self.application.home.settings
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("QUNFLOW_")},
            "QUNFLOW_DATA": str(settings.data),
            "QUNFLOW_DATABASE_URL": settings.database_url,
            "QUNFLOW_CONSOLE_PORT": str(self.port),
            "QUNFLOW_POOL_SIZE": "4",
            **({"QUNFLOW_CLOCK": str(settings.clock)} if settings.clock else {}),
        }

    async def until_it_answers(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                try:
                    if (await http.get(f"{self.url}/health")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                assert self.process is not None and self.process.poll() is None, self.log()
                assert loop.time() < deadline, self.log()
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        for context in self.contexts:
            await context.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, 30)

    def link(self) -> str:
        """The newest one-time link that the server printed."""
        return re.findall(r"http://\S+/link/\S+", self.log())[-1]

    async def account(self, name: str, role: Role, workspace: str = "main") -> AccountRow:
        """A new account with the tests' password, or another seat for the one of that name."""
        database = self.application.home.database
        async with database.directory() as connection:
            found = await find_account_by_name(connection, name)
        if found is None:
            token = await self.office.accounts.invite(workspace, role, "")
            return await self.office.accounts.use_link(token, name, PASSWORD, f"test {name}")
        async with database.directory() as connection:
            await set_seat(connection, found.account, workspace, role, self.office.now())
        return found

    async def cookie(self, account: AccountRow) -> str:
        """The token of a new session."""
        return await self.office.sign_in.open(account, "127.0.0.1", "test")

    async def page(self, account: AccountRow | None = None, path: str = "", **options: Any) -> Page:
        """A page of a new browser window, signed in when an account is given; what it complains of is noted."""
        assert self.browser is not None
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN", **options}
        context = await self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        if account is not None:
            cookie = {"name": "qunflow_session", "value": await self.cookie(account), "url": self.url}
            await context.add_cookies([cookie])  # type: ignore[list-item]
        page = await context.new_page()
        self.listen(page)
        if path:
            await page.goto(self.url + path)
        return page

    def listen(self, page: Page) -> None:
        """Note errors of the page and requests that leave the console."""
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._heard(page, message.type, message.text))
        page.on("request", lambda request: self._asked(request.url))

    async def speak(self, account: AccountRow, language: str, look: str = "auto") -> None:
        """Set language and look of an account."""
        async with self.application.home.database.directory() as connection:
            await set_manners(connection, account.account, language, look)

    def _heard(self, page: Page, kind: str, text: str) -> None:
        refused = "Failed to load resource" in text and any(f" {code} " in text for code in (400, 403, 404, 429))
        if kind in ("error", "warning") and not refused:
            self.complaints.append(f"{page.url}: {text}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != f"127.0.0.1:{self.port}":
            self.complaints.append(f"a request to {url}")


def prepared_console(application: Application, folder: Path) -> ConsoleProcess:
    """A console over the application's data folder, on a port of its own, not started yet."""
    port, home = free_port(), application.home
    office = Office.join(home.database, home.keys.derive("console-forms"), f"http://127.0.0.1:{port}")
    return ConsoleProcess(application, office, folder, port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
