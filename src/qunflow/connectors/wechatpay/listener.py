"""The notice address: check the signature over the raw body, open it, store it once, then 204 (wecom-api.md §12).

WeChat Pay waits 5 s and comes again for about a day; a notice is stored under its id, so repeats change nothing.
"""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qunflow.connectors.wechatpay.client import PayClient
from qunflow.connectors.wechatpay.inbound import Body, PayloadError, notice_body, parse_object
from qunflow.connectors.wechatpay.signing import open_resource
from qunflow.domain.errors import NotFound, QunflowError

PATH = "/hooks/wechatpay/{channel}"
MAX_BODY_BYTES = 65_536
BODY_TIMEOUT = 5.0
_CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class FindClient(Protocol):
    """Looks a payment account up; None when there is none of that name."""

    async def __call__(self, channel: str) -> PayClient | None: ...


class StoreInbound(Protocol):
    """Stores a notice once per ``(channel, key)`` and returns when that is committed. A repeat is no error."""

    async def __call__(self, channel: str, key: str, bodies: tuple[Body, ...], raw: bytes) -> None: ...


def notice_routes(find_client: FindClient, store: StoreInbound) -> list[Route]:
    """The route of the notices of every payment account."""

    async def receive(request: Request) -> Response:
        channel = request.path_params["channel"]
        client = await find_client(channel) if _CHANNEL.fullmatch(channel) else None
        if client is None:
            raise NotFound("wechatpay_channel_unknown", "there is no such payment account", field="channel")
        content = await _content(request)
        client.check_signed(request.headers, content)
        notice = parse_object(content)
        key, event_type, resource = notice.get("id"), notice.get("event_type"), notice.get("resource")
        if not isinstance(key, str) or not _ID.fullmatch(key):
            raise PayloadError("id")
        if not isinstance(event_type, str) or not isinstance(resource, dict):
            raise PayloadError("resource")
        opened = open_resource(client.settings.api_v3_key, resource)
        body = notice_body(event_type, opened, client.settings.mchid)
        await store(channel, key, (body,), content)
        return Response(status_code=204)

    async def answer(request: Request) -> Response:
        try:
            return await receive(request)
        except QunflowError as error:
            structlog.get_logger("qunflow").warning("notice_refused", path=request.url.path, reason=error.sentence())
            return JSONResponse({"code": "FAIL", "message": error.sentence()}, status_code=error.status)

    return [Route(PATH, answer, methods=["POST"], name="wechatpay_notice")]


async def _content(request: Request) -> bytes:
    """The raw body, refused as soon as it is seen to be too long or too slow."""
    content = b""
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for piece in request.stream():
                content += piece
                if len(content) > MAX_BODY_BYTES:
                    said = f"the body is longer than {MAX_BODY_BYTES} bytes"
                    raise QunflowError("wechatpay_too_long", said, status=413)
    except TimeoutError as error:
        raise QunflowError("wechatpay_slow", "the body did not arrive in time", status=408) from error
    except ClientDisconnect as error:
        raise PayloadError("body") from error
    return content
