"""What the gate lets through: forms of its own, bodies within bounds, sockets of the page's session, declared paths."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from tests.console.console_process import PASSWORD, ConsoleProcess

from qunflow.domain.rights import Role
from qunflow.storage.operators import AccountRow

pytestmark = pytest.mark.journey


@pytest_asyncio.fixture(loop_scope="session")
async def browser(console: ConsoleProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without scripts."""
    headers = {"origin": console.url}
    async with httpx.AsyncClient(base_url=console.url, headers=headers, trust_env=False) as one:
        yield one


async def form_code(browser: httpx.AsyncClient, path: str = "/login") -> str:
    found = re.search(r'name="form_code" value="([^"]+)"', (await browser.get(path)).text)
    assert found is not None
    return found[1]


async def sign_in(browser: httpx.AsyncClient, code: str, **changes: Any) -> httpx.Response:
    form = {"name": "店长", "password": PASSWORD, "form_code": code, "next": "/me", **changes.pop("form", {})}
    return await browser.post("/login", data=form, **changes)


async def test_a_form_needs_its_code_its_cookie_and_its_origin(
    console: ConsoleProcess, browser: httpx.AsyncClient, owner: AccountRow
) -> None:
    code = await form_code(browser)
    assert (await sign_in(browser, "")).status_code == 403
    assert (await sign_in(browser, code, headers={"origin": "http://evil.example"})).status_code == 403
    async with httpx.AsyncClient(base_url=console.url, trust_env=False) as stranger:
        assert (await sign_in(stranger, code)).status_code == 403
        assert (await sign_in(stranger, code, headers={"origin": console.url})).status_code == 403
    answer = await sign_in(browser, code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("qunflow_session"))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie


async def test_a_sign_in_never_leads_to_another_host(browser: httpx.AsyncClient, owner: AccountRow) -> None:
    for aim in ("https://evil.example/", "//evil.example", "/\\evil.example", "/login", "javascript:alert(1)"):
        answer = await sign_in(browser, await form_code(browser), form={"next": aim})
        assert answer.headers["location"] == "/"


async def test_every_answer_has_its_headers_and_a_script_needs_the_nonce(
    console: ConsoleProcess, browser: httpx.AsyncClient, owner: AccountRow
) -> None:
    browser.cookies.set("qunflow_session", await console.cookie(owner))
    for path in ("/login", "/me", "/audit.csv", "/nothing", "/health"):
        headers = (await browser.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "http" not in headers["content-security-policy"]
    page = await browser.get("/me")
    nonce = re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"])[0]
    assert (
        set(re.findall(r"<script([^>]*)>", page.text.replace(f' nonce="{nonce}"', "§")))
        and f'nonce="{nonce}"' in page.text
    )
    assert re.findall(r"<script(?! nonce)", page.text) == []


async def test_bodies_are_bounded(browser: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 4096

    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await browser.post("/login", content=b"x" * 70_000, headers=kind)).status_code == 413
    assert (await browser.post("/login", content=endless(), headers=kind)).status_code == 413


async def test_wrong_passwords_close_the_name_for_everybody_alike(
    browser: httpx.AsyncClient, owner: AccountRow
) -> None:
    code = await form_code(browser)
    answers = {}
    for number, name in enumerate(("店长", "nobody")):
        found = []
        for place in range(6):
            headers = {"x-forwarded-for": f"10.0.{number}.{place}"}
            answer = await sign_in(browser, code, form={"name": name, "password": "wrong wrong"}, headers=headers)
            found.append((answer.status_code, re.sub(name, "", answer.text)))
        answers[name] = found
    assert [status for status, _ in answers["店长"]] == [403] * 5 + [429]
    assert answers["店长"] == answers["nobody"]
    late = await sign_in(browser, code, headers={"x-forwarded-for": "10.1.1.1"})
    assert late.status_code == 429


async def test_a_socket_opens_for_the_session_that_opened_its_page_and_no_other(
    console: ConsoleProcess, browser: httpx.AsyncClient, owner: AccountRow
) -> None:
    other = await console.account("other", Role.OWNER)
    mine, theirs = await console.cookie(owner), await console.cookie(other)
    browser.cookies.set("qunflow_session", mine)
    found = re.search(r"client_id['\"]:\s?['\"]([0-9a-f-]{36})", (await browser.get("/me")).text)
    assert found is not None
    polled = await browser.get(f"/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id={found[1]}")
    assert polled.status_code == 404
    address = (
        f"{console.url.replace('http', 'ws')}/_nicegui_ws/socket.io/?EIO=4&transport=websocket&client_id={found[1]}"
    )
    assert await told(address, mine, console.url) == "40{"
    assert await told(address, theirs, console.url) == '44{"message":"Implicit handshake failed"}'
    assert await told(address, "", console.url) == '44{"message":"Implicit handshake failed"}'
    with pytest.raises(websockets.exceptions.InvalidStatus):
        await told(address, mine, "http://evil.example")


async def told(address: str, token: str, origin: str) -> str:
    """How the server answers the protocol's wish to connect."""
    headers = {"cookie": f"qunflow_session={token}"}
    query = "&tab_id=t&document_id=d&next_message_id=0&implicit_handshake=true"
    async with websockets.connect(address + query, origin=origin, additional_headers=headers, proxy=None) as socket:  # type: ignore[arg-type]
        await socket.recv()
        await socket.send("40")
        answer = str(await socket.recv())
    return answer if answer.startswith("44") else answer[:3]
