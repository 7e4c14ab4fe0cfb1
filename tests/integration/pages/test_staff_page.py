"""A page of a to-do: the card, a button where no event proves it, one tap where the client offers one."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.pages.conftest import PHONE

from qunflow.bootstrap import Application
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.todos import acts
from qunflow.features.todos.model import TodoState
from qunflow.pages.shell import phone_routes

BASE = "http://phone.test"


async def signed(workspace: str, channel: str, url: str) -> dict[str, Any]:
    return {"corp": {"appId": "ww1", "url": url}, "agent": {"agentid": "1", "channel": channel}}


def browser(application: Application, sign: Any = None) -> httpx.AsyncClient:
    desk = PosterDesk()
    routes = phone_routes(application.door, application.home.links, application.home.blobs, desk, sign=sign)
    transport = httpx.ASGITransport(Starlette(routes=routes))
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=PHONE)


async def asked(application: Application, action: str, **data: str) -> tuple[TodoState, str]:
    state = await acts.ask_todo(application.door, "main", "wx", action, {"chat": "g1", "staff": "amy", **data})
    return state, application.home.links.todo("main", state.todo).removeprefix(application.home.links.base_url)


async def test_the_page_shows_the_whole_card_escaped(application: Application) -> None:
    _, path = await asked(application, "send_text", text="<b>八点</b>开课", reason="长" * 400)
    async with browser(application) as phone:
        page = await phone.get(path)
    assert page.status_code == 200 and "&lt;b&gt;八点&lt;/b&gt;开课" in page.text and "长" * 400 in page.text
    assert "<script" not in page.text and "script-src" not in page.headers["content-security-policy"]
    assert "请在群里发一条消息" in page.text and 'id="plain"' in page.text


async def test_the_button_ticks_off_what_no_event_shows_and_a_second_press_changes_nothing(
    application: Application,
) -> None:
    state, path = await asked(application, "send_text", text="hi")
    async with browser(application) as phone:
        assert 'id="done"' in (await phone.get(path)).text
        for _ in range(2):
            answer = await phone.post(f"{path}/done")
            assert (answer.status_code, answer.headers["location"]) == (303, path)
        page = await phone.get(path)
    assert 'data-outcome="done"' in page.text and 'id="done"' not in page.text and 'id="over"' in page.text
    assert (await acts.find_todo(application.door, "main", state.todo)).closed_by == "amy"


async def test_what_an_event_proves_has_no_button_and_cannot_be_said(application: Application) -> None:
    state, path = await asked(application, "rename_group", name="新群名")
    async with browser(application) as phone:
        assert 'id="done"' not in (await phone.get(path)).text
        await phone.post(f"{path}/done")
    assert (await acts.find_todo(application.door, "main", state.todo)).status == "open"


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_inside_the_client_one_tap_opens_the_group(application: Application, language: str) -> None:
    _, path = await asked(application, "send_text", text="hi")
    async with browser(application, signed) as phone:
        page = await phone.get(f"{path}?lang={language}")
        script = await phone.get(re.findall(r'src="(/static/tap[^"]+)"', page.text)[0])
    config = json.loads(unescape(re.findall(r'data-config="([^"]+)"', page.text)[0]))
    assert config["open"]["chatId"] == "g1"
    assert config["corp"]["url"] == f"{application.home.links.base_url}{path}?lang={language}"
    assert "https://res.wx.qq.com" in page.headers["content-security-policy"]
    assert script.status_code == 200 and "openEnterpriseChat" in script.text


async def test_a_new_group_is_made_by_one_tap_with_its_staff_and_its_name(application: Application) -> None:
    _, path = await asked(application, "create_group", name="福利群9")
    async with browser(application, signed) as phone:
        page = await phone.get(path)
    opened = json.loads(unescape(re.findall(r'data-config="([^"]+)"', page.text)[0]))["open"]
    assert (opened["groupName"], opened["userIds"], opened["chatId"]) == ("福利群9", "amy", "")


async def test_evidence_is_a_link_only_where_it_is_a_page_of_the_web(application: Application) -> None:
    _, good = await asked(application, "send_text", text="a", link="https://qun.example/e")
    _, bad = await asked(application, "send_text", text="b", link="javascript:alert(1)")
    async with browser(application) as phone:
        assert 'href="https://qun.example/e"' in (await phone.get(good)).text
        assert 'href="javascript' not in (await phone.get(bad)).text


async def test_a_link_that_we_did_not_sign_opens_nothing(application: Application) -> None:
    state, path = await asked(application, "send_text", text="a")
    for wrong in ("/t/x", f"{path}x", "/t/" + "é" * 8, path.replace("/t/", "/t/A")):
        async with browser(application) as phone:
            assert (await phone.get(wrong)).status_code == 404
            assert (await phone.post(f"{wrong}/done")).status_code == 404
    assert (await acts.find_todo(application.door, "main", state.todo)).status == "open"
