"""The callback URL: check, open, store once, then 200 (wecom-api.md §2). WeCom drops the call after 5 s."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qunflow.connectors.wecom.crypto import Envelope
from qunflow.connectors.wecom.inbound import (
    MAX_XML_BYTES,
    Body,
    PayloadError,
    inbound_bodies,
    message_key,
    read_outer,
)
from qunflow.domain.errors import InvalidInput, NotFound, QunflowError

PATH = "/hooks/wecom/{channel}"
MAX_BODY_BYTES = MAX_XML_BYTES
#: Wall seconds for the body to arrive; WeCom itself gives up after 5 s.
BODY_TIMEOUT = 5.0
_CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_PARAMETER = 4_096


@dataclass(frozen=True, slots=True)
class WecomAccount:
    """What the callback of one channel needs."""

    envelope: Envelope


class FindAccount(Protocol):
    """Looks a channel up; None when there is no such WeCom channel."""

    async def __call__(self, channel: str) -> WecomAccount | None: ...


class StoreInbound(Protocol):
    """Stores a callback once per ``(channel, key)`` and returns when that is committed.

    An event that is not understood is one body too (a note); ``xml`` are the raw bytes. A repeat is no error.
    """

    async def __call__(self, channel: str, key: str, bodies: tuple[Body, ...], xml: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class _Signed:
    signature: str
    timestamp: str
    nonce: str


def callback_routes(find_account: FindAccount, store: StoreInbound) -> list[Route]:
    """The routes of the callback URL ``/hooks/wecom/{channel}``."""

    async def verify(request: Request) -> Response:
        account = await _account(find_account, request)
        signed = _signed(request)
        encrypted = _parameter(request, "echostr")
        plain = account.envelope.open(signed.signature, signed.timestamp, signed.nonce, encrypted)
        return Response(plain, media_type="text/plain")

    async def receive(request: Request) -> Response:
        account = await _account(find_account, request)
        signed = _signed(request)
        outer = read_outer(await _body(request))
        xml = account.envelope.open(signed.signature, signed.timestamp, signed.nonce, outer.encrypted)
        await store(request.path_params["channel"], message_key(xml), inbound_bodies(xml), xml)
        return Response(b"")

    async def answer(request: Request) -> Response:
        try:
            return await (receive(request) if request.method == "POST" else verify(request))
        except QunflowError as error:
            return JSONResponse(error.as_data(), status_code=error.status)

    return [Route(PATH, answer, methods=["GET", "POST"], name="wecom_callback")]


async def _account(find_account: FindAccount, request: Request) -> WecomAccount:
    channel = request.path_params["channel"]
    account = await find_account(channel) if _CHANNEL.fullmatch(channel) else None
    if account is None:
        raise NotFound(
            "wecom_channel_unknown",
            "There is no such WeCom channel.",
            field="channel",
            way_out="Copy the callback URL from the channel's page.",
        )
    return account


def _signed(request: Request) -> _Signed:
    return _Signed(_parameter(request, "msg_signature"), _parameter(request, "timestamp"), _parameter(request, "nonce"))


def _parameter(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value or len(value) > _MAX_PARAMETER:
        raise InvalidInput(
            "wecom_parameter",
            f"The query needs {name}, at most {_MAX_PARAMETER} characters.",
            field=name,
            way_out="Only WeCom calls this address.",
        )
    return value


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is seen to be too long, so that no more than the bound is ever held."""
    stated = request.headers.get("content-length", "0")
    if not stated.isdecimal() or len(stated) > 12 or int(stated) > MAX_BODY_BYTES:
        raise _too_long()
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for piece in request.stream():
                size += len(piece)
                if size > MAX_BODY_BYTES:
                    raise _too_long()
                pieces.append(piece)
    except TimeoutError as error:
        raise QunflowError("wecom_slow", "The body did not arrive in time.", status=408) from error
    except ClientDisconnect as error:
        raise PayloadError("The body broke off.") from error
    return b"".join(pieces)


def _too_long() -> QunflowError:
    return QunflowError("wecom_too_long", f"The body is longer than {MAX_BODY_BYTES} bytes.", status=413)
