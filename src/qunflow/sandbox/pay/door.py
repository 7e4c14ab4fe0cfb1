"""The API's door: who signs is heard, who does not gets 401; answers are signed, refusals not (wecom-api.md §12)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from qunflow.sandbox.pay.settings import ERROR, LOST, STALL, CallFault
from qunflow.sandbox.pay.world import Data, PayRefusal, PayWorld

SCHEME = "WECHATPAY2-SHA256-RSA2048"
MAX_SKEW = 300
MAX_BODY = 65_536
_PART = re.compile(r'(\w+)="([^"]*)"')
_PARTS = ("mchid", "nonce_str", "signature", "timestamp", "serial_no")


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its handler sees it."""

    path: dict[str, str]
    query: dict[str, str]
    body: Data


Handler = Callable[[PayWorld, Call], Data | None]


class PayDoor:
    """Answers one kind of call; ``handler`` returning None is 204."""

    def __init__(self, world: PayWorld, handler: Handler) -> None:
        self._world = world
        self._handler = handler

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        path = request.url.path
        self._world.calls[path] = self._world.calls.get(path, 0) + 1
        try:
            content = await _content(request)
            self._check(request, content)
            fault = next((one for one in self._world.faults if one.hits(path)), None)
            if fault is not None and fault.kind == ERROR:
                raise PayRefusal(fault.status, fault.code, "系统异常，请稍后重试")
            self._world.settle()
            call = Call(dict(request.path_params), dict(request.query_params), _object(request.method, content))
            answer = self._handler(self._world, call)
        except PayRefusal as refusal:
            data = {"code": refusal.code, "message": refusal.message}
            return Response(json.dumps(data, ensure_ascii=False), refusal.status, media_type="application/json")
        return await self._disturbed(fault, self._signed(answer))

    @staticmethod
    async def _disturbed(fault: CallFault | None, response: Response) -> Response:
        if fault is not None and fault.kind == LOST:
            return Response(status_code=502)
        if fault is not None and fault.kind == STALL:
            await asyncio.sleep(fault.seconds)
        return response

    def _signed(self, answer: Data | None) -> Response:
        content = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
        headers = signed_headers(self._world, content)
        if answer is None:
            return Response(status_code=204, headers=headers)
        return Response(content, media_type="application/json; charset=utf-8", headers=headers)

    def _check(self, request: Request, content: bytes) -> None:
        for name in ("accept", "user-agent"):
            if not request.headers.get(name):
                raise PayRefusal(400, "INVALID_REQUEST", f"Http头缺少{name.title()}")
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        parts = dict(_PART.findall(rest[:4_096]))
        if scheme != SCHEME or not all(parts.get(name) for name in _PARTS):
            raise _sign_error("Http头Authorization值格式错误")
        world = self._world
        if parts["mchid"] != world.settings.mchid or parts["serial_no"] != world.keys.serial_no:
            raise _sign_error("商户证书序列号有误")
        stamp = parts["timestamp"]
        if not (stamp.isascii() and stamp.isdecimal()) or abs(time.time() - int(stamp[:12])) > MAX_SKEW:
            raise _sign_error("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
        target = request.scope["raw_path"].decode().partition("?")[0]
        if request.url.query:
            target = f"{target}?{request.url.query}"
        signed = f"{request.method}\n{target}\n{stamp}\n{parts['nonce_str']}\n".encode() + content + b"\n"
        try:
            signature = base64.b64decode(parts["signature"], validate=True)
        except binascii.Error:
            raise _sign_error("签名错误，请检查后再试") from None
        if not world.keys.is_merchants(signed, signature):
            raise _sign_error("签名错误，请检查后再试")


def signed_headers(world: PayWorld, content: bytes) -> dict[str, str]:
    """The headers by which the merchant knows that the platform speaks."""
    stamp, nonce = str(int(time.time())), secrets.token_hex(16)
    signature = world.keys.sign(f"{stamp}\n{nonce}\n".encode() + content + b"\n")
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": SCHEME,
        "Wechatpay-Serial": world.keys.public_key_id,
    }


def _sign_error(message: str) -> PayRefusal:
    return PayRefusal(401, "SIGN_ERROR", message)


async def _content(request: Request) -> bytes:
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > MAX_BODY:
            raise PayRefusal(413, "INVALID_REQUEST", "请求体过大")
    return content


def _object(method: str, content: bytes) -> Data:
    if method == "GET" or not content:
        return {}
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise PayRefusal(400, "PARAM_ERROR", "请求体不是JSON") from None
    if not isinstance(found, dict):
        raise PayRefusal(400, "PARAM_ERROR", "请求体不是JSON对象")
    return found
