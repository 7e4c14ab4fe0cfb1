"""The doctor of a WeCom account: each fault of a set-up is provoked over real HTTP, and found by its stable code."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.connectors.wecom.scripted import AES_KEY, OK, TOKEN, HandClock, ScriptedServer, account

from qunflow.connectors.wecom.doctor import bad_settings, examine
from qunflow.connectors.wecom.doctor_probes import Echo, Probes, Reply, Used, look
from qunflow.connectors.wecom.listener import WecomAccount, callback_routes
from qunflow.connectors.wecom.settings import OFFICIAL_URL, WecomSettings
from qunflow.domain.errors import InvalidInput
from qunflow.domain.health import Finding, Health, overall

sandbox = pytest.importorskip("qunflow.sandbox.server")
CORP, SECRET, AGENT = "wwtestcorp00000001", "secret-of-tests", 1_000_077
OTHER_KEY = "kWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GOOD = Probes(
    token=Reply(answer={"access_token": "t"}, date=NOW),
    follow=Reply(answer={"follow_user": ["lisi"]}),
    agent=Reply(81013),
    staff={"lisi": Reply(84061)},
    echo=Echo(status=200, right=True, seconds=0.01),
    callback="http://127.0.0.1:1/hooks/wecom/shop",
    now=NOW,
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    port = free_port()
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(300):
                try:
                    await client.get(f"http://127.0.0.1:{port}/nothing")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        await task


@asynccontextmanager
async def hook(ours: WecomSettings | Callable[[Request], Awaitable[Response]]) -> AsyncIterator[str]:
    """Our callback URL as a server with these settings answers it, or as anything else does."""

    async def find(channel: str) -> WecomAccount | None:
        assert isinstance(ours, WecomSettings)
        return WecomAccount(ours.envelope) if channel == "shop" else None

    async def store(channel: str, key: str, bodies: tuple[Any, ...], xml: bytes) -> None:
        raise AssertionError("the doctor sends no event")

    routes = callback_routes(find, store) if isinstance(ours, WecomSettings) else [Route("/{path:path}", ours)]
    async with served(Starlette(routes=routes)) as address:
        yield f"{address}/hooks/wecom/shop"


@pytest.fixture
async def town() -> AsyncIterator[WecomSettings]:
    """The sandbox with one member of staff, and an account that fits it."""
    settings = sandbox.SandboxSettings(port=1, corp_id=CORP, secret=SECRET, agentid=AGENT, seed="doctor")
    async with served(sandbox.build_app(settings, HandClock())) as address:
        async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
            assert (await http.post("/staff/new", json={"userid": "lisi", "name": "李四"})).status_code == 200
        yield account(address, corp_id=CORP, secret=SECRET, agent_id=AGENT, staff=("lisi",))


async def visit(
    settings: WecomSettings, callback: str = "http://127.0.0.1:1/x", watch: Callable[[], float] = lambda: 0.0
) -> Any:
    """All findings; the watch stands still, so that a busy machine is not taken for a slow callback."""
    findings = examine(settings, await look(settings, callback, Used(), watch))
    return {finding.check: finding for finding in findings}


def codes(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: item.code for name, item in findings.items() if item.state is Health.FAILED}


async def test_a_good_set_up_is_ok_in_every_check(town: WecomSettings) -> None:
    async with hook(town) as callback:
        found = await visit(town, callback)
    assert {name: item.code for name, item in found.items() if item.state is not Health.OK} == {}
    assert overall(found.values()) is Health.OK
    assert len(found) == 15


async def test_the_visit_tells_nobody_anything(town: WecomSettings) -> None:
    async with hook(town) as callback:
        await visit(town, callback)
    async with httpx.AsyncClient(base_url=town.base_url, trust_env=False) as http:
        assert (await http.get("/staff/inbox", params={"userid": "lisi"})).json()["messages"] == []


@pytest.mark.parametrize(
    ("change", "check", "code"),
    [
        ({"secret": "another"}, "token", "wecom_secret_wrong"),
        ({"corp_id": "wwother"}, "token", "wecom_corp_wrong"),
        ({"agent_id": 5}, "agent", "wecom_agent_wrong"),
        ({"staff": ("lisi", "nobody")}, "staff", "wecom_staff_out_of_range"),
    ],
)
async def test_what_the_sandbox_refuses_is_named(
    town: WecomSettings, change: dict[str, Any], check: str, code: str
) -> None:
    settings = replace(town, **change)
    async with hook(settings) as callback:
        found = codes(await visit(settings, callback))
    assert found[check] == code
    assert set(found) <= {check, "receive_id"}


async def test_a_wrong_corp_also_spoils_the_receiver_of_callbacks(town: WecomSettings) -> None:
    found = await visit(replace(town, corp_id="wwother"))
    assert codes(found)["receive_id"] == "wecom_receive_id_corp"
    assert found["staff"].state is Health.UNKNOWN


@pytest.mark.parametrize(
    ("change", "check", "code"),
    [
        ({"token": "Other1"}, "callback_token", "wecom_callback_token_other"),
        ({"aes_key": OTHER_KEY}, "aes_key", "wecom_aes_key_other"),
        ({"corp_id": "wwother"}, "receive_id", "wecom_receive_id_other"),
    ],
)
async def test_a_server_that_runs_with_other_secrets_is_found_by_its_callback(
    town: WecomSettings, change: dict[str, Any], check: str, code: str
) -> None:
    async with hook(replace(town, **change)) as callback:
        found = codes(await visit(town, callback))
    assert found == {check: code}


async def slow(request: Request) -> Response:
    await asyncio.sleep(1.2)
    return PlainTextResponse("late")


async def broken(request: Request) -> Response:
    return PlainTextResponse("bad gateway", status_code=502)


async def foreign(request: Request) -> Response:
    return PlainTextResponse("<html>welcome</html>")


@pytest.mark.parametrize(
    ("answer", "code"),
    [(slow, "wecom_callback_text"), (broken, "wecom_callback_status"), (foreign, "wecom_callback_text")],
)
async def test_a_callback_address_where_somebody_else_answers(town: WecomSettings, answer: Any, code: str) -> None:
    async with hook(answer) as callback:
        assert codes(await visit(town, callback))["callback"] == code


async def test_the_right_answer_after_more_than_a_second_is_too_slow(town: WecomSettings) -> None:
    async def late(request: Request) -> Response:
        await asyncio.sleep(1.1)
        query = request.query_params
        signed = query["msg_signature"], query["timestamp"], query["nonce"]
        return Response(town.envelope.open(*signed, query["echostr"]))

    async with hook(late) as callback:
        assert codes(await visit(town, callback, time.monotonic)) == {"callback": "wecom_callback_slow"}


async def test_a_callback_address_where_nothing_listens(town: WecomSettings) -> None:
    found = await visit(town, f"http://127.0.0.1:{free_port()}/hooks/wecom/shop")
    assert codes(found) == {"callback": "wecom_callback_unreachable"}
    assert found["receive_id"].state is Health.UNKNOWN


async def test_a_server_that_does_not_know_the_channel(town: WecomSettings) -> None:
    async with hook(town) as callback:
        assert codes(await visit(town, callback.replace("shop", "shoes")))["callback"] == "wecom_callback_channel"


async def test_a_platform_that_is_over_its_limit(town: WecomSettings) -> None:
    async with httpx.AsyncClient(base_url=town.base_url, trust_env=False) as http:
        await http.post("/admin/settings", json={"frequency_per_minute": 1})
        await visit(town)
        found = await visit(town)
    assert codes(found)["quota_calls"] == "wecom_quota_calls"
    assert found["token"].code == "wecom_rate_limited"


async def test_secrets_and_tokens_stay_out_of_the_doctors_log(
    town: WecomSettings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await visit(town)
    assert "corpsecret=***" in caplog.text and "access_token=***" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("api", "errcode", "check", "code"),
    [
        ("externalcontact/get_follow_user_list", 60020, "trusted_ip", "wecom_ip_untrusted"),
        ("message/send", 60020, "trusted_ip", "wecom_ip_untrusted"),
        ("externalcontact/get_follow_user_list", 48002, "callable_app", "wecom_app_not_callable"),
        ("externalcontact/list", 84074, "staff", "wecom_staff_out_of_range"),
        ("message/send", 301002, "agent", "wecom_agent_wrong"),
    ],
)
async def test_what_the_sandbox_is_told_to_refuse_is_named(
    town: WecomSettings, api: str, errcode: int, check: str, code: str
) -> None:
    async with httpx.AsyncClient(base_url=town.base_url, trust_env=False) as http:
        rules = [{"path": f"/cgi-bin/{api}", "errcode": errcode}]
        assert (await http.post("/admin/call_faults", json={"rules": rules})).status_code == 200
    async with hook(town) as callback:
        found = await visit(town, callback)
    assert codes(found) == {check: code}
    if errcode == 60020:
        assert found[check].detail["ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("api", "answer", "check", "code"),
    [
        ("externalcontact/get_follow_user_list", (60020, "from ip: 203.0.113.9,"), "trusted_ip", "wecom_ip_untrusted"),
        ("externalcontact/get_follow_user_list", (48002, "api forbidden"), "callable_app", "wecom_app_not_callable"),
        ("externalcontact/get_follow_user_list", (48001, "no"), "callable_app", "wecom_api_not_granted"),
        ("externalcontact/get_follow_user_list", (99999, "new"), "callable_app", "wecom_refused"),
        ("externalcontact/list", (84074, "no privilege"), "staff", "wecom_staff_out_of_range"),
        ("message/send", (301002, "not yours"), "agent", "wecom_agent_wrong"),
        ("message/send", (60020, "from ip: 203.0.113.9,"), "trusted_ip", "wecom_ip_untrusted"),
        ("gettoken", (41004, "missing"), "token", "wecom_secret_missing"),
    ],
)
async def test_what_wecom_refuses_is_named(
    server: ScriptedServer, api: str, answer: tuple[int, str], check: str, code: str
) -> None:
    script_all(server)
    server.script(api, {"errcode": answer[0], "errmsg": answer[1]})
    async with hook(account()) as callback:
        found = await visit(account(server.address), callback)
    assert codes(found) == {check: code}
    if code == "wecom_ip_untrusted":
        assert found[check].detail["ip"] == "203.0.113.9"


def script_all(server: ScriptedServer) -> None:
    server.script("externalcontact/get_follow_user_list", {**OK, "follow_user": ["lisi"]})
    server.script("externalcontact/list", {"errcode": 84061, "errmsg": "no customer"})
    server.script("message/send", {"errcode": 81013, "errmsg": "nobody"})


@pytest.mark.parametrize(
    ("answer", "code"), [((404, b""), "wecom_wrong_address"), ((500, b"oops"), "wecom_no_answer"), ([1], "")]
)
async def test_an_address_where_no_wecom_answers(server: ScriptedServer, answer: Any, code: str) -> None:
    server.script("gettoken", answer)
    assert codes(await visit(account(server.address)))["network"] == (code or "wecom_no_answer")


async def test_an_address_where_nothing_listens() -> None:
    found = await visit(account(f"http://127.0.0.1:{free_port()}"))
    assert codes(found)["network"] == "wecom_unreachable"
    assert found["token"].detail == {"after": "network"}


async def test_busy_is_no_failure_of_the_set_up(server: ScriptedServer) -> None:
    server.script("gettoken", {"errcode": -1, "errmsg": "system busy"})
    assert (await visit(account(server.address)))["token"].code == "wecom_busy"


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server = await asyncio.start_server(ignore, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        found = await visit(account(f"https://localhost:{port}"), f"https://localhost:{port}/hooks/wecom/shop")
    finally:
        server.close()
    assert codes(found) == {"tls": "wecom_tls_certificate", "callback": "wecom_callback_certificate"}


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


# --- the report is pure -----------------------------------------------------------------------------------------------


def report(settings: WecomSettings | None = None, **changes: Any) -> dict[str, Finding]:
    return {item.check: item for item in examine(settings or account(), replace(GOOD, **changes))}


@pytest.mark.parametrize(("seconds", "code"), [(60, ""), (61, "wecom_clock_skew"), (-3600, "wecom_clock_skew")])
def test_a_clock_may_differ_by_a_minute(seconds: int, code: str) -> None:
    found = report(now=NOW + timedelta(seconds=seconds))["clock"]
    assert (found.code, found.detail["seconds"]) == (code, seconds)


def test_without_a_date_the_clock_is_unknown() -> None:
    assert report(token=Reply(answer={"access_token": "t"}))["clock"].state is Health.UNKNOWN


def test_few_codes_left_is_a_failure_before_none_is_left() -> None:
    assert report(used=Used(codes=499_000))["quota_codes"].state is Health.OK
    assert report(used=Used(codes=499_001))["quota_codes"].code == "wecom_quota_codes"


def test_a_minute_at_our_own_limit_is_a_failure() -> None:
    assert report(used=Used(calls=9_000))["quota_calls"].code == "wecom_quota_calls"


def test_a_private_callback_address_is_no_use_to_the_real_wecom() -> None:
    assert report(account(OFFICIAL_URL))["callback"].code == "wecom_callback_private"
    assert report(account(OFFICIAL_URL), callback="https://qun.example.com/h")["callback"].state is Health.OK


def test_a_corp_without_any_staff_in_range() -> None:
    assert report(follow=Reply(answer={"follow_user": []}))["staff"].code == "wecom_staff_none"


def test_secrets_on_a_foreign_host_without_tls() -> None:
    settings = account("http://wecom.example.com", plain_http=True)
    assert report(settings)["tls"].code == "wecom_tls_off"


def test_a_key_that_is_no_key_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        account(aes_key=AES_KEY[:-1])
    assert [item.code for item in bad_settings(caught.value)] == ["wecom_aes_key_bad"]
    with pytest.raises(InvalidInput) as caught:
        account(token=TOKEN + "!")
    assert [item.code for item in bad_settings(caught.value)] == ["wecom_settings_bad"]
