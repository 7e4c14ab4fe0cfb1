"""What the doctor asks: the homeserver as it answers now, and our own push URL as the homeserver would ask it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from qunflow.connectors.matrix.registration import callback_url
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.connectors.matrix.transport import part

_MAX_ANSWER = 1_048_576
_PUSH_SECONDS = 10.0
_TRANSACTION = "qunflow-doctor"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``fault`` is ``unreachable``, ``certificate``, ``no_answer`` or ``skipped``."""

    status: int = 0
    errcode: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""

    @property
    def good(self) -> bool:
        """Whether the server did what was asked."""
        return not self.fault and self.status == 200


SKIPPED = Reply(fault="skipped")


@dataclass(frozen=True, slots=True)
class Probes:
    """All answers of one visit; ``push`` is our own URL asked from here, ``ping`` asked by the homeserver."""

    versions: Reply
    whoami: Reply = SKIPPED
    ping: Reply = SKIPPED
    push: Reply = SKIPPED


async def look(settings: MatrixSettings, channel: str) -> Probes:
    """Ask all there is to ask about an account."""
    push = await _ask_push(settings, callback_url(settings, channel))
    headers = {"Authorization": f"Bearer {settings.as_token}"}
    timeout = httpx.Timeout(settings.timeout_seconds, connect=min(3.0, settings.timeout_seconds))
    base = settings.homeserver_url.rstrip("/")
    async with httpx.AsyncClient(base_url=base, timeout=timeout, headers=headers, trust_env=False) as client:
        versions = await _ask(client, "GET", "/_matrix/client/versions")
        if not versions.good:
            return Probes(versions, push=push)
        whoami = await _ask(client, "GET", "/_matrix/client/v3/account/whoami")
        path = f"/_matrix/client/v1/appservice/{part(f'qunflow-{channel}')}/ping"
        ping = await _ask(client, "POST", path, {"transaction_id": _TRANSACTION}) if whoami.good else SKIPPED
    return Probes(versions, whoami, ping, push)


async def _ask_push(settings: MatrixSettings, url: str) -> Reply:
    headers = {"Authorization": f"Bearer {settings.hs_token}"}
    async with httpx.AsyncClient(timeout=_PUSH_SECONDS, headers=headers, trust_env=False) as client:
        return await _ask(client, "POST", f"{url}/_matrix/app/v1/ping", {"transaction_id": _TRANSACTION})


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
    try:
        response = await client.send(client.build_request(method, path, json=body), stream=True)
        try:
            content = await _bounded(response)
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reply(fault=_fault_of(error))
    try:
        answer = json.loads(content)
    except ValueError:  # bad JSON or bad UTF-8
        answer = None
    if not isinstance(answer, dict):
        return Reply(response.status_code, fault="no_answer")
    errcode = answer.get("errcode", "")
    return Reply(response.status_code, errcode[:64] if isinstance(errcode, str) else "", answer)


def _fault_of(error: Exception) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(seen):
            return "certificate"
        seen = seen.__cause__ or seen.__context__
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)
    return "unreachable" if isinstance(error, unsent) else "no_answer"


async def _bounded(response: httpx.Response) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > _MAX_ANSWER:
            return b""  # counts as no JSON
        pieces.append(piece)
    return b"".join(pieces)
