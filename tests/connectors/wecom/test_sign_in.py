"""OAuth of staff and customers: the round trip through WeCom, and who may not take it (wecom-api.md §10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from tests.connectors.wecom.scripted import CORP, OK, ScriptedServer, account

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.identity import Identity, StateSeal, authorize_url, desktop_login_url
from qunflow.connectors.wecom.sign_in import COOKIE, PageAccount, SignIn
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.web.links import Links
from qunflow.web.responses import Site

ADDRESS = "https://shop.example"
INFO = "auth/getuserinfo"
SEAL = StateSeal(b"s" * 32)


class Wall:
    def __init__(self) -> None:
        self.at = 1_795_262_400.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def browser(client: WecomClient, server: ScriptedServer, wall: Wall) -> AsyncIterator[httpx.AsyncClient]:
    settings = account("https://qyapi.weixin.qq.com")
    words = iter(f"nonce{number}" for number in range(9))

    async def find_account(channel: str) -> PageAccount | None:
        return PageAccount(settings, client.identities, client.jssdk) if channel in ("shop", "other") else None

    async def find_page(channel: str, identity: Identity, aim: str) -> str:
        if identity.platform_id != "wm1":
            raise NotFound("campaign_unknown", "nobody knows this person")
        return f"{ADDRESS}/p/{channel}-{aim}-{identity.platform_id}"

    site = Site(Links(ADDRESS, b"x"))
    sign_in = SignIn(site, ADDRESS, SEAL, find_account, find_page, wall, lambda: next(words))
    transport = httpx.ASGITransport(app=Starlette(routes=sign_in.routes()))
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as web:
        yield web


async def start(browser: httpx.AsyncClient, path: str = "/wecom/shop/me/camp1") -> dict[str, str]:
    answer = await browser.get(path)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    assert parts.netloc == "open.weixin.qq.com" and parts.fragment == "wechat_redirect"
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


async def test_a_customer_comes_to_the_own_page(browser: httpx.AsyncClient, server: ScriptedServer) -> None:
    server.script(INFO, {**OK, "openid": "o1", "external_userid": "wm1"})
    sent = await start(browser)
    assert (sent["appid"], sent["agentid"], sent["response_type"]) == (CORP, "1000002", "code")
    assert (sent["scope"], sent["redirect_uri"]) == ("snsapi_base", f"{ADDRESS}/wecom/shop/back")
    assert sent["state"].isalnum() and len(sent["state"]) <= 128
    answer = await browser.get("/wecom/shop/back", params={"state": sent["state"], "code": "C1"})
    assert (answer.status_code, answer.headers["location"]) == (302, f"{ADDRESS}/p/shop-camp1-wm1")
    (call,) = server.calls(INFO)
    assert call.query["code"] == "C1"


async def test_the_cookie_is_out_of_reach_of_scripts_and_short_lived(browser: httpx.AsyncClient) -> None:
    cookie = (await browser.get("/wecom/shop/me/camp1")).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=nonce0;") and "HttpOnly" in cookie and "Secure" in cookie
    assert "Max-Age=600" in cookie and "SameSite=lax" in cookie


async def test_a_strangers_answer_opens_nothing(browser: httpx.AsyncClient, server: ScriptedServer, wall: Wall) -> None:
    server.script(INFO, {**OK, "external_userid": "wm1"})
    state = (await start(browser))["state"]
    forged = state[:-1] + ("A" if state[-1] != "A" else "B")
    for channel, value, code in (("shop", forged, "C"), ("other", state, "C"), ("shop", "", "C"), ("shop", state, "")):
        answer = await browser.get(f"/wecom/{channel}/back", params={"state": value, "code": code})
        assert answer.status_code == 404
    browser.cookies.clear()
    assert (await browser.get("/wecom/shop/back", params={"state": state, "code": "C"})).status_code == 404
    state = (await start(browser))["state"]
    wall.at += 601
    assert (await browser.get("/wecom/shop/back", params={"state": state, "code": "C"})).status_code == 404
    assert server.calls(INFO) == []


async def test_somebody_nobody_knows_reads_a_friendly_page(browser: httpx.AsyncClient, server: ScriptedServer) -> None:
    server.script(INFO, {**OK, "openid": "o1"})
    state = (await start(browser))["state"]
    answer = await browser.get("/wecom/shop/back", params={"state": state, "code": "C1"})
    assert answer.status_code == 404 and "<html" in answer.text


@pytest.mark.parametrize("path", ["/wecom/nowhere/me/camp1", "/wecom/shop/me/a.b", "/wecom/shop/me/" + "a" * 65])
async def test_what_is_no_page_of_ours_is_not_signed_in(path: str, browser: httpx.AsyncClient) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_only_our_own_pages_are_signed(browser: httpx.AsyncClient, server: ScriptedServer) -> None:
    server.script("get_jsapi_ticket", {**OK, "ticket": "c1", "expires_in": 7200})
    server.script("ticket/get", {**OK, "ticket": "a1", "expires_in": 7200})
    answer = await browser.get("/wecom/shop/jssdk", params={"url": f"{ADDRESS}/p/x"})
    assert answer.json()["corp"]["appId"] == CORP and answer.json()["agent"]["corpid"] == CORP
    assert answer.headers["cache-control"] == "no-store"
    for foreign in ("https://shop.example.evil/p/x", "https://evil/", ""):
        asked = await browser.get("/wecom/shop/jssdk", params={"url": foreign}, headers={"accept": "application/json"})
        assert (asked.status_code, asked.json()["code"]) == (400, "wecom_url")


async def test_staff_are_told_from_customers(client: WecomClient, server: ScriptedServer) -> None:
    server.script(INFO, {**OK, "userid": "lisi", "user_ticket": "T"})
    identity = await client.identities.by_code("C1")
    assert identity == Identity(staff="lisi", ticket="T") and identity.platform_id == "lisi"
    server.script("auth/getuserdetail", {**OK, "userid": "lisi", "mobile": "1"})
    assert await client.identities.staff_details("T") == {"userid": "lisi", "mobile": "1"}
    assert server.calls("auth/getuserdetail")[0].data == {"user_ticket": "T"}


async def test_a_used_code_says_so(client: WecomClient, server: ScriptedServer) -> None:
    server.script(INFO, {"errcode": 40029, "errmsg": "invalid code"})
    with pytest.raises(WecomError) as caught:
        await client.identities.by_code("C1")
    assert caught.value.cause == "sign_in" and not caught.value.retryable
    with pytest.raises(InvalidInput):
        await client.identities.by_code("c" * 513)


def test_the_longest_aim_just_fits_in_a_state() -> None:
    state = SEAL.seal("a" * 64, "b", 0)
    assert len(state) == 128 and SEAL.open(state, "b", 600) == "a" * 64
    with pytest.raises(InvalidInput):
        SEAL.seal("a" * 65, "b", 0)


@pytest.mark.parametrize("state", ["", "A", "A" * 200, "§", "A" * 24])
def test_what_is_no_state_is_refused(state: str) -> None:
    with pytest.raises(NotFound):
        SEAL.open(state, "b", 0)


def test_staff_sign_in_on_a_desktop_by_qr() -> None:
    parts = urlsplit(desktop_login_url(account("https://qyapi.weixin.qq.com"), f"{ADDRESS}/back", "s"))
    assert parts.netloc == "login.work.weixin.qq.com"
    assert parse_qs(parts.query)["login_type"] == ["CorpApp"] and parse_qs(parts.query)["appid"] == [CORP]
    with pytest.raises(InvalidInput):
        authorize_url(account(), ADDRESS, "s", "snsapi_all")


def test_a_sandbox_has_the_pages_of_the_platform_itself() -> None:
    sandbox = account("http://127.0.0.1:8790/")
    assert authorize_url(sandbox, ADDRESS, "s").startswith("http://127.0.0.1:8790/connect/oauth2/authorize?appid=")
    assert desktop_login_url(sandbox, ADDRESS, "s").startswith("http://127.0.0.1:8790/wwlogin/sso/login?")
