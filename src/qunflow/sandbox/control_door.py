"""The control side's door: people's acts as HTTP calls, refused with a message a person can read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from starlette.types import Receive, Scope, Send

from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.sandbox.codes import Json
from qunflow.sandbox.fields import Fields
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

ControlHandler = Callable[[World, Call], Json | Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class ControlApi:
    """One act: its method and its handler."""

    method: str
    handler: ControlHandler


def _refusal(field: str, rule: str) -> Exception:
    return InvalidInput("sandbox_field", f"{rule}.", field=field)


def control_fields(data: Mapping[str, Any]) -> Fields:
    """The fields of a control call; what does not fit raises ``InvalidInput``."""
    return Fields(data, _refusal)


class ControlDoor:
    """Answers 200 with the act's result, or the error's status with ``{code, field, rule, way_out}``."""

    def __init__(self, world: World, apis: Mapping[str, ControlApi]) -> None:
        self._world = world
        self._apis = apis

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        api = self._apis.get(scope["path"])
        if api is None:
            await send_empty(send, 404)
            return
        if api.method != scope["method"]:
            await send_empty(send, 405)
            return
        try:
            await send_json(send, await self._answer(api, scope, receive))
        except TooLarge:
            await send_empty(send, 413)
        except NotJson:
            error = InvalidInput("sandbox_body", "the body must be a JSON object.")
            await send_json(send, error.as_data(), error.status)
        except QunflowError as error:
            await send_json(send, error.as_data(), error.status)

    async def _answer(self, api: ControlApi, scope: Scope, receive: Receive) -> Json:
        self._world.settle()
        body = parse_object(await read_body(receive, JSON_MOST)) if api.method == "POST" else {}
        result = api.handler(self._world, Call(read_query(scope), body, ""))
        return await result if isawaitable(result) else result
