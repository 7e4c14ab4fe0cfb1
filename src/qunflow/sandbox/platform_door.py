"""The platform side's door: unknown path, token, frequency, parameters, in this order (wecom-api.md §0)."""

from __future__ import annotations

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

Handler = Callable[[World, Call], Json]


@dataclass(frozen=True, slots=True)
class Api:
    """One API: its handler, the empty defaults of its error replies, and what it needs."""

    handler: Handler
    empty: Json = field(default_factory=dict)
    needs_token: bool = True
    takes_upload: bool = False


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
        query = read_query(scope)
        now = world.instant()
        meter = world.meters.setdefault(scope["path"], Meter())
        meter.calls += 1
        if api.needs_token:
            world.tokens.check(query.get("access_token", ""), now)
        meter.count(now, world.limits.frequency_per_minute, world.limits.frequency_per_hour)
        call = Call(query, {}, client_ip)
        if api.takes_upload:
            call.upload = await read_upload(scope, receive)
        elif scope["method"] == "POST":
            try:
                call.body = parse_object(await read_body(receive, JSON_MOST))
            except NotJson:
                raise PlatformError(40058, "the body is not a JSON object") from None
        return {"errcode": 0, "errmsg": "ok", **api.handler(world, call)}
