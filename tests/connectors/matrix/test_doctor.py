"""The doctor of a Matrix account: each fault of a set-up is provoked over real HTTP, and found by its stable code."""

from __future__ import annotations

from typing import Any

import pytest
from tests.connectors.matrix.scripted import BOT, ScriptedServer, account, refusal

from qunflow.connectors.matrix.doctor import bad_settings, examine
from qunflow.connectors.matrix.doctor_probes import look
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import InvalidInput
from qunflow.domain.health import Finding, Health, overall

PING = "POST /client/v1/appservice/qunflow-shop/ping"
PUSH = "POST /hooks/matrix/shop"


@pytest.fixture
def healthy(server: ScriptedServer) -> ScriptedServer:
    """A homeserver in order; our own push URL is answered by the same little server."""
    server.script("GET /client/versions", {"versions": ["r0.6.1", "v1.1", "v1.11"]})
    server.script("GET /account/whoami", {"user_id": BOT})
    server.script(PING, {"duration_ms": 12})
    server.script(PUSH, {})
    return server


def ours(server: ScriptedServer, **changes: Any) -> MatrixSettings:
    return account(server.address, **{"base_url": server.address, **changes})


async def visit(settings: MatrixSettings) -> dict[str, Finding]:
    return {item.check: item for item in examine(settings, await look(settings, "shop"))}


def codes(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: item.code for name, item in findings.items() if item.state is Health.FAILED}


async def test_a_good_set_up_is_ok_in_every_check(healthy: ScriptedServer) -> None:
    found = await visit(ours(healthy))
    assert overall(found.values()) is Health.OK
    assert found["version"].detail == {"newest": "v1.11"}
    assert healthy.calls(PING)[0].headers["authorization"] == "Bearer as-token-0123456789"
    assert healthy.calls(PUSH)[0].headers["authorization"] == "Bearer hs-token-0123456789"


@pytest.mark.parametrize(
    ("call", "answer", "check", "code"),
    [
        ("GET /client/versions", (502, b"bad gateway"), "homeserver", "matrix_not_a_homeserver"),
        ("GET /client/versions", {"hello": 1}, "homeserver", "matrix_not_a_homeserver"),
        ("GET /client/versions", {"versions": ["r0.6.1"]}, "version", "matrix_too_old"),
        ("GET /account/whoami", refusal(401, "M_UNKNOWN_TOKEN"), "as_token", "matrix_as_token_unknown"),
        ("GET /account/whoami", refusal(401, "M_UNKNOWN_TOKEN"), "registration", "matrix_registration_missing"),
        ("GET /account/whoami", {"user_id": "@other:shop.test"}, "as_token", "matrix_other_account"),
        ("GET /account/whoami", refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=5000), "rate_limits", ""),
        (PING, refusal(403, "M_FORBIDDEN"), "registration", "matrix_registration_other"),
        (PING, refusal(400, "M_URL_NOT_SET"), "registration", "matrix_registration_no_url"),
        (PING, refusal(502, "M_CONNECTION_FAILED"), "push", "matrix_push_refused"),
        (PING, refusal(504, "M_CONNECTION_TIMEOUT"), "push", "matrix_push_timeout"),
        (PING, (502, {"errcode": "M_BAD_STATUS", "status": 500}), "push", "matrix_push_status"),
        (PUSH, (403, {"code": "matrix_wrong_token"}), "hs_token", "matrix_hs_token_other"),
        (PUSH, (404, {"code": "matrix_channel_unknown"}), "push", "matrix_push_channel"),
        (PUSH, (502, {}), "push", "matrix_push_status"),
        (PUSH, (200, b"<html>"), "push", "matrix_push_down"),
    ],
)
async def test_what_is_wrong_is_named(healthy: ScriptedServer, call: str, answer: Any, check: str, code: str) -> None:
    healthy.script(call, answer)
    assert codes(await visit(ours(healthy)))[check] == (code or "matrix_rate_limited")


async def test_an_old_server_without_a_ping_leaves_two_checks_unknown(healthy: ScriptedServer) -> None:
    healthy.script(PING, refusal(404, "M_UNRECOGNIZED"))
    found = await visit(ours(healthy))
    assert (found["push"].code, found["registration"].code) == ("matrix_no_ping", "matrix_no_ping")
    assert overall(found.values()) is Health.UNKNOWN


async def test_a_server_that_is_not_there(healthy: ScriptedServer) -> None:
    found = await visit(account("http://127.0.0.1:9", base_url=healthy.address))
    assert codes(found) == {"homeserver": "matrix_unreachable"}
    assert found["as_token"].detail == {"after": "homeserver"}


async def test_our_own_push_address_down(healthy: ScriptedServer) -> None:
    assert codes(await visit(ours(healthy, base_url="http://127.0.0.1:9"))) == {"push": "matrix_push_down"}


def test_settings_that_break_a_rule_are_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        account(as_token="short")
    (found,) = bad_settings(caught.value)
    assert (found.code, found.detail) == ("matrix_settings_bad", {"field": "as_token"})
