"""Signatures for pages, and what pages hand to the client (wecom-api.md §10)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.connectors.wecom.conftest import Naps
from tests.connectors.wecom.scripted import CORP, OK, HandClock, ScriptedServer, account

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.jssdk import (
    open_enterprise_chat,
    open_existing_chat,
    send_chat_message,
    signature,
)
from qunflow.domain.errors import InvalidInput

CORP_API, AGENT_API = "get_jsapi_ticket", "ticket/get"
PAGE = "https://shop.example/p/x?y=1"


class Wall:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_signature_is_that_of_the_documentation() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    url = "http://mp.weixin.qq.com?params=value"
    found = signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, url)
    assert found == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    assert signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, url + "#top") == found
    assert signature(ticket, "Wm3WZYTPz0wzccnW", 1414587458, url) != found


@pytest.mark.parametrize("url", ["", "/p/x", "ftp://x/y", "https://", "https://x/" + "a" * 2_100])
def test_only_whole_addresses_are_signed(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        signature("t", "n", 1, url)
    assert caught.value.code == "wecom_url"


async def test_tickets_are_fetched_once_and_again_before_their_end(server: ScriptedServer, clock: HandClock) -> None:
    wall = Wall()
    client = WecomClient(
        account(server.address),
        clock,
        jitter=lambda: 0.5,
        sleep=Naps(),
        monotonic=wall,
        wall=lambda: 1414587457.9,
        nonce=lambda: "n1",
    )
    server.script(CORP_API, {**OK, "ticket": "c1", "expires_in": 7200}, {**OK, "ticket": "c2", "expires_in": 7200})
    server.script(AGENT_API, {**OK, "ticket": "a1", "expires_in": 7200})
    first = await client.jssdk.corp_config(PAGE)
    assert await client.jssdk.corp_config(PAGE) == first
    assert first["signature"] == signature("c1", "n1", 1414587457, PAGE)
    assert (first["appId"], first["timestamp"], first["nonceStr"]) == (CORP, 1414587457, "n1")
    agent = await client.jssdk.agent_config(PAGE)
    assert agent["signature"] == signature("a1", "n1", 1414587457, PAGE)
    assert (agent["corpid"], agent["agentid"]) == (CORP, "1000002")
    assert {"openEnterpriseChat", "sendChatMessage"} <= set(agent["jsApiList"])
    assert server.calls(AGENT_API)[0].query["type"] == "agent_config"
    wall.at = 7_000.0
    assert (await client.jssdk.corp_config(PAGE))["signature"] == signature("c2", "n1", 1414587457, PAGE)
    assert len(server.calls(CORP_API)) == 2
    await client.close()


async def test_no_ticket_is_an_error(client: WecomClient, server: ScriptedServer) -> None:
    server.script(CORP_API, {**OK, "ticket": ""})
    with pytest.raises(WecomError):
        await client.jssdk.corp_config(PAGE)
    server.script(AGENT_API, {"errcode": 60020, "errmsg": "not allow"})
    with pytest.raises(WecomError) as caught:
        await client.jssdk.agent_config(PAGE)
    assert caught.value.errcode == 60020


def test_a_group_is_made_of_named_people_or_opened() -> None:
    assert open_enterprise_chat(["lisi", "wang"], ["wm1"], "群") == {
        "userIds": "lisi;wang",
        "externalUserIds": "wm1",
        "groupName": "群",
        "chatId": "",
    }
    assert open_existing_chat("wr1")["chatId"] == "wr1"
    with pytest.raises(InvalidInput):
        open_enterprise_chat([], [])


@pytest.mark.parametrize(
    ("kind", "values", "shape"),
    [
        ("text", {"content": "hi"}, {"content": "hi"}),
        ("news", {"link": "https://x", "title": "t"}, {"link": "https://x", "title": "t", "desc": "", "imgUrl": ""}),
        ("image", {"media_id": "m1"}, {"mediaid": "m1"}),
        ("file", {"media_id": "m1"}, {"mediaid": "m1"}),
        (
            "miniprogram",
            {"appid": "a", "title": "t", "page": "p"},
            {"appid": "a", "title": "t", "page": "p", "imgUrl": ""},
        ),
    ],
)
def test_a_message_for_one_tap_has_the_clients_shape(kind: str, values: dict[str, str], shape: dict[str, Any]) -> None:
    assert send_chat_message(kind, **values) == {"msgtype": kind, kind: shape}


@pytest.mark.parametrize(
    ("kind", "values"), [("text", {}), ("news", {}), ("image", {}), ("voice", {}), ("miniprogram", {})]
)
def test_an_empty_message_is_refused(kind: str, values: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        send_chat_message(kind, **values)
