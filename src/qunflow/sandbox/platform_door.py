"""The platform side's door: unknown path, token, address, right, frequency, parameters, in this order (§0)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from qunflow.sandbox.codes import Json, PlatformError, error_reply
from qunflow.sandbox.tokens import Meter
from qunflow.sandbox.uploads import read_upload
from qunflow.sandbox.wire import (
    JSON_MOST,
    Call,
    NotJson,
    TooLarge,
    parse_object,
    read_body,
    read_query,
    send_empty,
    send_json,
)
from qunflow.sandbox.world import World

_CONTACT_ROOT = "/cgi-bin/externalcontact/"

Handler = Callable[[World, Call], Json]


@dataclass(frozen=True, slots=True)
class Api:
    """One API: its handler, the empty defaults of its error replies, and what it needs."""

    handler: Handler
    empty: Json = field(default_factory=dict)
    needs_token: bool = True
    takes_upload: bool = False
    needs_ip: bool = True


class PlatformDoor:
    """Finds the API by its path and answers like the platform: HTTP 200 with an ``errcode``, 404 for no API.

    The HTTP method is not checked: a GET to a POST API fails for want of a body, as the platform's does.
    """

    def __init__(self, world: World, apis: Mapping[str, Api]) -> None:
        self._world = world
        self._apis = apis

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        api = self._apis.get(scope["path"])
        if api is None:
            await send_empty(send, 404)
            return
        client = scope.get("client")
        client_ip = client[0] if client else "127.0.0.1"
        try:
            reply = await self._answer(api, scope, receive, client_ip)
        except PlatformError as error:
            number = self._world.number()
            reply = error_reply(error, number, self._world.seconds(), client_ip) | api.empty
        except TooLarge:
            await send_empty(send, 413)
            return
        await send_json(send, reply)

    async def _answer(self, api: Api, scope: Scope, receive: Receive, client_ip: str) -> Json:
        world = self._world
        world.settle()
        query = read_query(scope)
        now = world.instant()
        meter = world.meters.setdefault(scope["path"], Meter())
        meter.calls += 1
        if api.needs_token:
            world.tokens.check(query.get("access_token", ""), now)
        self._check_rights(api, scope["path"], client_ip)
        meter.count(now, world.limits.frequency_per_minute, world.limits.frequency_per_hour)
        call = Call(query, {}, client_ip)
        fault = world.call_faults.find(scope["path"], meter.calls)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.errcode and not fault.after:
            raise PlatformError(fault.errcode)
        await self._read(call, api, scope, receive)
        reply = api.handler(world, call)
        if fault is not None and fault.errcode:
            raise PlatformError(fault.errcode)
        return {"errcode": 0, "errmsg": "ok", **reply}

    def _check_rights(self, api: Api, path: str, client_ip: str) -> None:
        """60020 for an address that is not trusted, 48002 for customer contact when the app is not callable."""
        limits = self._world.limits
        trusted = [name.strip() for name in limits.trusted_ips.split(",") if name.strip()]
        if api.needs_ip and trusted and client_ip not in trusted:
            raise PlatformError(60020)
        if not limits.callable_app and path.startswith(_CONTACT_ROOT):
            raise PlatformError(48002)

    async def _read(self, call: Call, api: Api, scope: Scope, receive: Receive) -> None:
        if api.takes_upload:
            call.upload = await read_upload(scope, receive)
        elif scope["method"] == "POST":
            try:
                call.body = parse_object(await read_body(receive, JSON_MOST))
            except NotJson:
                raise PlatformError(40058, "the body is not a JSON object") from None
