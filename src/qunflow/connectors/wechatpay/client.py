"""Signed calls to WeChat Pay; an answer counts only when its signature fits (wecom-api.md §12)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from qunflow import __version__
from qunflow.connectors.wechatpay.errors import PayError, refusal
from qunflow.connectors.wechatpay.settings import WechatPaySettings, load_private, load_public
from qunflow.connectors.wechatpay.signing import BadSignature, authorization, check_signed, payment_values

Data = dict[str, Any]
MAX_ANSWER_BYTES = 262_144
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
_ORDERS = "/v3/pay/transactions"
_REFUNDS = "/v3/refund/domestic/refunds"


class PayClient:
    """One merchant's calls. ``wall`` gives wall seconds: signatures are dated by it."""

    def __init__(self, settings: WechatPaySettings, wall: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._wall = wall
        self._key = load_private(settings.private_key)
        self._keys = {settings.public_key_id: load_public(settings.public_key)}
        self._http = httpx.AsyncClient(
            base_url=settings.base_url.rstrip("/"),
            timeout=httpx.Timeout(settings.timeout_seconds, connect=min(3.0, settings.timeout_seconds)),
            trust_env=False,
        )

    # --- transfers ---------------------------------------------------------------------------------------------

    async def create_transfer(self, number: str, openid: str, fen: int) -> Data:
        """Make the transfer of this number; the same number again answers the one that is there."""
        settings = self.settings
        infos = [
            {"info_type": "活动名称", "info_content": settings.activity},
            {"info_type": "奖励说明", "info_content": settings.reward},
        ]
        body = {
            "appid": settings.appid,
            "out_bill_no": number,
            "transfer_scene_id": settings.scene_id,
            "openid": openid,
            "transfer_amount": fen,
            "transfer_remark": settings.remark,
            "notify_url": settings.notify_url,
            "transfer_scene_report_infos": infos,
        }
        return await self._call("POST", _TRANSFERS, body)

    async def read_transfer(self, number: str) -> Data:
        """The transfer of this number; raises :class:`PayError` with ``missing`` when there is none."""
        return await self._call("GET", f"{_TRANSFERS}/out-bill-no/{quote(number, safe='')}")

    async def cancel_transfer(self, number: str) -> Data:
        """Ask for a transfer to be taken back."""
        return await self._call("POST", f"{_TRANSFERS}/out-bill-no/{quote(number, safe='')}/cancel", {})

    # --- orders ------------------------------------------------------------------------------------------------

    async def create_order(self, number: str, openid: str, fen: int, expires: str) -> Data:
        """Prepare an order; ``expires`` is an RFC 3339 instant. Answers its ``prepay_id``."""
        settings = self.settings
        body = {
            "appid": settings.appid,
            "mchid": settings.mchid,
            "description": settings.goods,
            "out_trade_no": number,
            "time_expire": expires,
            "notify_url": settings.notify_url,
            "amount": {"total": fen, "currency": "CNY"},
            "payer": {"openid": openid},
        }
        return await self._call("POST", f"{_ORDERS}/jsapi", body)

    async def read_order(self, number: str) -> Data:
        """The order of this number."""
        return await self._call("GET", f"{_ORDERS}/out-trade-no/{quote(number, safe='')}?mchid={self.settings.mchid}")

    async def close_order(self, number: str) -> None:
        """Close an order that was not paid."""
        body = {"mchid": self.settings.mchid}
        await self._call("POST", f"{_ORDERS}/out-trade-no/{quote(number, safe='')}/close", body)

    async def create_refund(self, number: str, refund: str, fen: int, total: int) -> Data:
        """Give back part or all of an order; the same refund number again answers the one that is there."""
        amount = {"refund": fen, "total": total, "currency": "CNY"}
        body = {"out_trade_no": number, "out_refund_no": refund, "amount": amount}
        return await self._call("POST", _REFUNDS, {**body, "notify_url": self.settings.notify_url})

    async def read_refund(self, refund: str) -> Data:
        """The refund of this number."""
        return await self._call("GET", f"{_REFUNDS}/{quote(refund, safe='')}")

    # --- signatures --------------------------------------------------------------------------------------------

    def payment_values(self, prepay: str) -> dict[str, str]:
        """What the phone hands to WeChat to open the payment."""
        return payment_values(self._key, self.settings.appid, prepay, int(self._wall()), secrets.token_hex(16))

    def check_signed(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check an answer or a notice; raises :class:`BadSignature`. Header names in lower case."""
        check_signed(self._keys, headers, body, self._wall())

    async def close(self) -> None:
        """Give up the connections."""
        await self._http.aclose()

    async def _call(self, method: str, target: str, body: Mapping[str, Any] | None = None) -> Data:
        text = "" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        settings = self.settings
        nonce, stamp = secrets.token_hex(16), int(self._wall())
        signed = authorization(self._key, settings.mchid, settings.serial_no, method, target, text, stamp, nonce)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"qunflow/{__version__}",
            "Wechatpay-Serial": settings.public_key_id,
            "Authorization": signed,
        }
        try:
            async with self._http.stream(method, target, content=text.encode(), headers=headers) as response:
                content = await _bounded(response)
        except _NOT_SENT as error:
            raise PayError("UNREACHABLE", f"WeChat Pay cannot be reached ({type(error).__name__})", wait=5.0) from error
        except httpx.HTTPError as error:
            said = f"the answer did not come ({type(error).__name__})"
            raise PayError("NO_ANSWER", said, unknown=True, wait=2.0) from error
        return self._answer(response, content)

    def _answer(self, response: httpx.Response, content: bytes) -> Data:
        if not 200 <= response.status_code < 300:
            data = _object(content) or {}
            raise refusal(response.status_code, str(data.get("code", ""))[:64], str(data.get("message", "")))
        try:
            self.check_signed(response.headers, content)
        except BadSignature as error:
            raise PayError("UNSIGNED_ANSWER", error.rule, way_out=error.way_out, unknown=True, wait=5.0) from error
        if not content:
            return {}
        found = _object(content)
        if found is None:
            raise PayError("NO_JSON", "the answer is no JSON object", unknown=True, wait=5.0)
        return found


async def _bounded(response: httpx.Response) -> bytes:
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > MAX_ANSWER_BYTES:
            said = f"the answer is longer than {MAX_ANSWER_BYTES} bytes"
            raise PayError("TOO_LONG", said, unknown=True, wait=5.0)
    return content


def _object(content: bytes) -> Data | None:
    try:
        found = json.loads(content)
    except ValueError:  # bad JSON or bad UTF-8
        return None
    return found if isinstance(found, dict) else None
