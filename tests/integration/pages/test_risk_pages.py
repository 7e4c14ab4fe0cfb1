"""Risk over HTTP: a device is known by its cookie, a denial is told in neutral words, and can be appealed once."""

from __future__ import annotations

import re

import httpx
from starlette.requests import Request
from tests.integration.pages.conftest import CAMPAIGN, PHONE, WORKSPACE, Stage
from tests.integration.pages.test_play_moves import BARGAIN, begin, move

from qunflow.features.campaigns.risk import acts
from qunflow.web.links import Links
from qunflow.web.networks import Networks, read_networks
from qunflow.web.visitors import COOKIE, signals_of

OWN = Networks(read_networks("proxies", "10.0.0.0/8"), read_networks("shared", "100.64.0.0/10"))


def visit(peer: str, forwarded: str = "", cookie: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    headers += [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "headers": headers, "client": (peer, 1)})


def test_an_address_is_the_peers_unless_a_proxy_of_ours_says_another() -> None:
    links = Links("https://x", b"s", OWN)

    def ip(peer: str, forwarded: str = "") -> str:
        return signals_of(visit(peer, forwarded), links, "main").ip

    real = ip("93.184.216.34")
    assert real and "93.184" not in real
    assert ip("10.1.2.3", "93.184.216.34") == ip("10.1.2.3", "1.1.1.1, 93.184.216.34") == real
    assert ip("93.184.216.34", "1.1.1.1") == real
    assert ip("127.0.0.1") == ip("192.168.1.1") == ip("10.1.2.3") == ip("10.1.2.3", "nonsense") == ""
    assert ip("100.64.1.1").startswith("nat-")
    assert ip("2606:2800:220:1::1") == ip("2606:2800:220:1:ff::2") != ip("2606:2800:220:2::1")
    assert signals_of(visit("93.184.216.34"), links, "other").ip != real


def test_a_device_is_known_once_its_cookie_came_back() -> None:
    links = Links("https://x", b"s", OWN)
    assert signals_of(visit("127.0.0.1"), links, "main").device == ""
    known = signals_of(visit("127.0.0.1", cookie=f"{COOKIE}={links.seal_visitor('v')}"), links, "main").device
    assert known and known != "v"
    assert signals_of(visit("127.0.0.1", cookie=f"{COOKIE}=forged.x"), links, "main").device == ""


async def test_helping_oneself_from_one_phone_is_denied_in_neutral_words_and_appealed_once(stage: Stage) -> None:
    links = await begin(stage, BARGAIN, "owner", "a")
    stage.http.cookies.set(COOKIE, stage.application.home.links.seal_visitor("phone"))
    unit = (await move(stage, links["owner"], "open")).json()["unit"]
    told = await move(stage, links["a"], "help", unit)
    assert (told.status_code, told.json()["code"], told.json()["detail"]) == (403, "risk_denied", {})
    assert "self_device" not in told.text
    await stage.settle()
    page = await stage.http.get(f"/p/{links['a']}/appeal", headers=PHONE)
    assert page.status_code == 200 and 'data-status="denied"' in page.text
    found = re.search(r'name="flag" value="([^"]+)"', page.text)
    assert found is not None

    async def send(link: str, words: str) -> httpx.Response:
        form = {"flag": found.group(1), "words": words}
        return await stage.http.post(f"/p/{link}/appeal", data=form, headers=PHONE)

    assert (await send(links["owner"], "不是我")).status_code == 404
    assert (await send(links["a"], "字" * 501)).status_code == 400
    assert (await send(links["a"], "我们共用一部手机")).status_code == 303
    assert (await send(links["a"], "再说一次")).status_code == 409
    door = stage.application.door
    await acts.decide(door, WORKSPACE, CAMPAIGN, found.group(1), True, "op", "已核实，欢迎参加")
    await stage.settle()
    page = await stage.http.get(f"/p/{links['a']}/appeal", headers=PHONE)
    assert 'data-status="approved"' in page.text and "已核实" in page.text and "<textarea" not in page.text
    again = await move(stage, links["a"], "help", unit)
    assert again.json()["code"] == "already_helped"
