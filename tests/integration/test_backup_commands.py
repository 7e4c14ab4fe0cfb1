"""``qunflow db backup`` beside a running server, ``qunflow db restore`` into a new folder, and a server on that."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.integration.attached import data_folders
from tests.integration.test_rush import add_group, work

from qunflow.bootstrap import Application, Channels, add_channel, open_home
from qunflow.features.livecodes.model import MakeCode, MakePool, PoolSettings
from qunflow.settings import Settings
from qunflow.storage.sealing import KEY_FILE

COMMAND = [sys.executable, "-m", "qunflow"]
CHANNEL = {"corp_id": "ww1", "agent_id": 1, "staff": ["amy"]}


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


async def call(*words: str, answer: str = "") -> tuple[int, str, str]:
    """Run a command; its code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(answer.encode()), 60)
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A server on a data folder, and a phone before it."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "serve", "--role", "edge", "--data", str(folder), "--port", str(port), stderr=subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as phone:
            for _ in range(300):
                try:
                    if (await phone.get("/health")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            yield phone
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)


async def set_up(folder: Path) -> str:
    """A pool with room, a channel with secrets, and a live code."""
    application = Application.join(await open_home(Settings(data=folder)))
    await add_channel(application.home, "wecom", "wx", CHANNEL, {"secret": "s", "token": "t", "aes_key": "a" * 43})
    await application.door.ask("main", MakePool("p", PoolSettings("wx", "福利", ("amy",))), channel="wx")
    await work(application)
    await add_group(application, "g1", application.home.clock.now())
    code = (await application.door.ask("main", MakeCode("p", contact=False), channel="wx")).value
    await work(application)
    await application.home.close()
    return str(code)


async def opened_secret(folder: Path) -> str:
    """The secret of the channel, as a server of this folder opens it."""
    home = await open_home(Settings(data=folder))
    try:
        channels = Channels(home)
        row = await channels.row("wx")
        assert row is not None
        return channels.wecom_settings(row).secret
    finally:
        await home.close()


async def whole_way(name_folder: Callable[..., Path], file: Path) -> None:
    old, new = name_folder("old"), name_folder("new")
    code = await set_up(old)
    async with serving(old) as phone:
        pages = [await phone.get(f"/c/{code}", headers={"cookie": ""}) for _ in range(5)]
        assert {page.status_code for page in pages} == {200}
        visitor = pages[-1].cookies["qunflow_visitor"]
        status, out, err = await call("db", "backup", str(file), "--data", str(old), "--json")
        report = json.loads(out)
        assert status == 0 and "copying events" in err and report["rows"]["claims"] == 5
        status, _, err = await call("db", "restore", str(file), "--into", str(old), "--replace", "--yes")
        assert status == 1 and "database_in_use" in err
    status, out, _ = await call("db", "restore", str(file), "--into", str(new))
    assert status == 0 and "PUT secret.key" in out
    status, _, err = await call("db", "restore", str(file), "--into", str(new))
    assert status == 1 and "database_not_empty" in err
    status, _, err = await call("db", "restore", str(file), "--into", str(new), "--replace", answer="n\n")
    assert status == 1 and "will be lost" in err
    shutil.copy(old / KEY_FILE, new / KEY_FILE)
    async with serving(new) as phone:
        page = await phone.get(f"/c/{code}", headers={"cookie": f"qunflow_visitor={visitor}"})
        assert page.status_code == 200 and 'data-state="group"' in page.text
        assert "set-cookie" not in page.headers  # the old key still opens the old cookie
        _, out, _ = await call("db", "backup", str(file.with_name("again.zip")), "--data", str(new), "--json")
        assert json.loads(out)["rows"]["claims"] == 5  # the same visitor kept the same place
    assert await opened_secret(new) == "s"


async def test_a_backup_beside_a_running_server_makes_a_new_server(tmp_path: Path) -> None:
    with data_folders() as name_folder:
        await whole_way(name_folder, tmp_path / "b.zip")
