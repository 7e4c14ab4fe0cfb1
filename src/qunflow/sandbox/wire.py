"""Plain ASGI reading and writing: bounded bodies in, JSON out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from qunflow.sandbox.codes import Json

JSON_MOST = 1_000_000
_QUERY_MOST = 16_384
_JSON_HEAD = [(b"content-type", b"application/json; charset=UTF-8")]


class TooLarge(Exception):
    """A body over its bound; answered with HTTP 413."""


class NotJson(Exception):
    """A body that is not a JSON object."""


@dataclass(slots=True)
class Upload:
    """A file from a multipart body."""

    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Call:
    """One call: the query's and the body's parameters, the file of an upload, the caller's address."""

    query: dict[str, str]
    body: dict[str, Any]
    client_ip: str
    upload: Upload | None = None


def read_query(scope: Scope) -> dict[str, str]:
    """Query parameters, the first of each name; a query over its bound raises ``TooLarge``."""
    raw: bytes = scope["query_string"]
    if len(raw) > _QUERY_MOST:
        raise TooLarge
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode("ascii", "replace"), keep_blank_values=True):
        query.setdefault(name, value)
    return query


async def read_body(receive: Receive, most: int) -> bytes:
    """The whole body; ``TooLarge`` as soon as it is over ``most`` bytes."""
    parts: list[bytes] = []
    size = 0
    while True:
        received = await receive()
        if received["type"] == "http.disconnect":
            return b""
        part: bytes = received.get("body", b"")
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
        if not received.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty body counts as ``{}``."""
    if not raw:
        return {}
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotJson from error
    if not isinstance(value, dict):
        raise NotJson
    return value


async def send_json(send: Send, value: Json, status: int = 200) -> None:
    """Answer with a JSON object."""
    await send({"type": "http.response.start", "status": status, "headers": _JSON_HEAD})
    await send({"type": "http.response.body", "body": orjson.dumps(value)})


async def send_empty(send: Send, status: int) -> None:
    """Answer with a status and nothing else, as the platform does for unknown paths."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
