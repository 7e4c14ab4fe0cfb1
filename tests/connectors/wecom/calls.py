"""One row per call of WeCom: what is called, with what, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.connectors.wecom.scripted import OK, ScriptedServer

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.errors import WecomError
from qunflow.domain.errors import InvalidInput

Act = Callable[[WecomClient], Awaitable[Any]]


@dataclass(frozen=True)
class Call:
    """``sent`` is the body of a POST, or the query of a GET without its token."""

    name: str
    act: Act
    api: str
    sent: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)
    found: Any = None
    method: str = "POST"


async def check_call(call: Call, client: WecomClient, server: ScriptedServer) -> None:
    server.script(call.api, {**OK, **call.answer})
    assert await call.act(client) == call.found
    (seen,) = server.calls(call.api)
    query = {name: value for name, value in seen.query.items() if name != "access_token"}
    assert seen.query["access_token"] == "t1" and seen.method == call.method
    assert (seen.data if call.method == "POST" else query) == call.sent
    assert call.method == "GET" or query == {}


async def check_refusal(call: Call, client: WecomClient, server: ScriptedServer) -> None:
    """An errcode becomes an error, however full the rest of the answer looks."""
    server.script(call.api, {**call.answer, "errcode": 48002, "errmsg": "api forbidden"})
    with pytest.raises(WecomError) as caught:
        await call.act(client)
    assert caught.value.errcode == 48002 and "可调用接口的应用" in caught.value.way_out


async def check_bound(field_name: str, act: Act, client: WecomClient, server: ScriptedServer) -> None:
    """What breaks a limit is refused by name with a way out, and nothing is called."""
    with pytest.raises(InvalidInput) as caught:
        await act(client)
    assert (caught.value.field, caught.value.code) == (field_name, f"wecom_{field_name}")
    assert caught.value.way_out and server.seen == []
