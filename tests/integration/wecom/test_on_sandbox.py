"""The edge's WeCom pages and the command line, with the sandbox as WeCom; everything over real HTTP."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from starlette.applications import Starlette
from tests.connectors.wecom.scripted import AES_KEY, CORP, TOKEN
from tests.connectors.wecom.test_against_sandbox import free_port, served
from tests.integration.test_rush import work

from qunflow.bootstrap import Application, Channels, add_channel
from qunflow.bootstrap.wecom_pages import page_signer, sign_in_routes
from qunflow.connectors.wecom.inbound import inbound_bodies
from qunflow.connectors.wecom.mass_sends import MassSendPlan
from qunflow.domain.reasons import Reason
from qunflow.sandbox.server import SandboxSettings, build_app
from qunflow.storage.clock import SharedClock
from qunflow.storage.people import add_persons
from qunflow.web.links import PersonLink

PAYLOADS = Path(__file__).parents[2] / "connectors" / "wecom" / "payloads"


@dataclass
class Shop:
    """One WeCom account on the sandbox; ``external`` is p1, whom lisi knows."""

    application: Application
    channels: Channels
    http: httpx.AsyncClient
    external: str
    clock_file: Path

    async def say(self, *words: str) -> tuple[int, str, str]:
        """Run the real command line; its code, stdout and stderr."""
        home = self.application.home
        env = os.environ | {
            "QUNFLOW_DATA": str(home.settings.data),
            "QUNFLOW_DATABASE_URL": str(home.settings.database_url),
            "QUNFLOW_CLOCK": str(self.clock_file),
        }
        pipes: dict[str, Any] = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
        command = (sys.executable, "-m", "qunflow", "wecom", *words)
        process = await asyncio.create_subprocess_exec(*command, env=env, **pipes)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def shop(application: Application, clock: SharedClock, tmp_path: Path) -> AsyncIterator[Shop]:
    port = free_port()
    settings = SandboxSettings(port=port, corp_id=CORP, secret="s3cret", agentid=7, seed="shop")
    async with (
        served(build_app(settings, clock), port, "/status") as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        await http.post("/staff/new", json={"userid": "lisi", "name": "李四"})
        external = (await http.post("/phone/new", json={"phone": "p1", "name": "安"})).json()["external_userid"]
        account = {"corp_id": CORP, "agent_id": 7, "staff": ["lisi"], "base_url": address}
        secrets = {"secret": "s3cret", "token": TOKEN, "aes_key": AES_KEY}
        await add_channel(application.home, "wecom", "wx", account, secrets)
        channels = Channels(application.home)
        row = await channels.row("wx")
        assert row is not None
        way = await channels.wecom_client(row).add_contact_way(["lisi"], "tok")
        picture = Image.open(io.BytesIO((await http.get(way.qr_code)).content))
        (code,) = zxingcpp.read_barcodes(picture)
        answer = await http.post("/phone/scan", json={"phone": "p1", "qr": code.text})
        assert answer.status_code == 200, answer.text
        yield Shop(application, channels, http, external, tmp_path / "clock")
        await channels.close()


async def test_a_customer_reaches_the_own_page_by_a_link_that_names_nobody(shop: Shop) -> None:
    home = shop.application.home
    async with home.database.unit("main") as unit:
        await add_persons(unit, {("wx", shop.external): "person-1"})
    transport = httpx.ASGITransport(app=Starlette(routes=sign_in_routes(home, shop.channels)))
    async with httpx.AsyncClient(transport=transport, base_url=home.settings.address) as phone:
        asked = (await phone.get("/wecom/wx/me/camp1")).headers["location"]
        back = (await shop.http.get(asked.partition("#")[0] + "&as=p1")).headers["location"]
        answer = await phone.get(back)
        assert answer.status_code == 302
        sealed = answer.headers["location"].rsplit("/", 1)[1]
        assert home.links.open(sealed) == PersonLink("main", "camp1", "person-1")
        asked = (await phone.get("/wecom/wx/me/camp1")).headers["location"]
        stranger = (await shop.http.get(asked.partition("#")[0] + "&as=lisi")).headers["location"]
        assert (await phone.get(stranger)).status_code == 404
        assert (await phone.get(back)).status_code != 302  # a code is good once


async def test_pages_are_signed_for_the_channel_of_this_workspace(shop: Shop) -> None:
    sign = page_signer(shop.channels)
    signed = await sign("main", "wx", "https://shop.example/t/x")
    assert signed is not None and signed["agent"]["corpid"] == CORP
    assert await sign("other", "wx", "https://shop.example/t/x") is None
    assert await sign("main", "nowhere", "https://shop.example/t/x") is None


async def test_an_event_that_no_rule_follows_is_kept_raw_and_counted(shop: Shop) -> None:
    xml = (PAYLOADS / "transfer_fail.xml").read_bytes()
    await shop.application.intake.store("main", "wx", "key", inbound_bodies(xml), xml)
    async with shop.application.home.database.unit("main") as unit:
        (row,) = await unit.fetch("SELECT kind, raw FROM inbox")
    assert (row[0], row[1]) == ("event_noted", xml)
    runner = shop.application.runner()
    while await runner.turn():
        pass
    assert runner.reasons[("event_noted", Reason.UNKNOWN_KIND)] == 1
    await work(shop.application)


async def test_the_command_line_reaches_the_platform(shop: Shop) -> None:
    code, out, err = await shop.say("staff", "--json")
    assert (code, json.loads(out or "null")) == (0, ["lisi"]), err
    code, out, _ = await shop.say("contacts", "--json")
    assert [(row["external"], row["state"]) for row in json.loads(out)] == [(shop.external, "tok")]
    row = await shop.channels.row("wx")
    assert row is not None
    filed = await shop.channels.wecom_client(row).mass_sends.add(MassSendPlan("hi", externals=(shop.external,)))
    code, out, _ = await shop.say("broadcast", "results", filed.task, "--json")
    assert json.loads(out)["results"] == [{"to": shop.external, "staff": "lisi", "status": "waiting"}]
    code, out, err = await shop.say("tags", "mark", shop.external, "--staff", "lisi", "--add", "unknown")
    assert code == 1 and "40068" in err and err.count("\n") == 1
