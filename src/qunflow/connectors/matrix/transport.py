"""One HTTP call to a Matrix server: token, bounds, errcode. It retries nothing: delivery does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from qunflow.connectors.matrix.errors import (
    NO_ANSWER,
    UNREACHABLE,
    WRONG_ADDRESS,
    MatrixError,
    refusal,
    refused_here,
)
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.connectors.matrix.wire import Answer
from qunflow.domain.reasons import Reason

MAX_ANSWER_BYTES = 16 * 1_048_576
_MAX_ERROR_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Upload:
    """A request body that is no JSON."""

    content: bytes
    media_type: str


class Transport:
    """Calls the client-server API with the as_token, which travels in a header and so stands in no log of addresses."""

    def __init__(self, settings: MatrixSettings) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.homeserver_url.rstrip("/"),
            headers={"Authorization": f"Bearer {settings.as_token}"},
            timeout=httpx.Timeout(settings.timeout_seconds, connect=min(3.0, settings.timeout_seconds)),
            limits=httpx.Limits(
                max_connections=settings.connections,
                max_keepalive_connections=settings.connections,
                keepalive_expiry=30.0,
            ),
            max_redirects=3,
            trust_env=False,
        )

    async def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | Upload | None = None,
    ) -> Answer:
        """A call that answers a JSON object; raises :class:`MatrixError`."""
        content = await self._bytes(method, path, params, body, MAX_ANSWER_BYTES)
        try:
            answer = json.loads(content)
        except ValueError as error:  # bad JSON or bad UTF-8
            raise MatrixError("", NO_ANSWER, said="no JSON") from error
        if not isinstance(answer, dict):
            raise MatrixError("", NO_ANSWER, said="no object")
        return answer

    async def download(self, path: str, params: Mapping[str, str], limit: int) -> bytes:
        """The bytes of a file of at most ``limit`` bytes, also where the server sends us on to its store."""
        return await self._bytes("GET", path, params, None, limit, follow=True)

    async def close(self) -> None:
        """Give up the connections."""
        await self._http.aclose()

    async def _bytes(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | Upload | None,
        limit: int,
        *,
        follow: bool = False,
    ) -> bytes:
        request = self._request(method, path, params, body)
        try:
            response = await self._http.send(request, stream=True, follow_redirects=follow)
            try:
                good = response.is_success
                content = await _bounded(response, limit if good else _MAX_ERROR_BYTES)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise MatrixError("", UNREACHABLE, said=type(error).__name__) from error
        except httpx.HTTPError as error:
            raise MatrixError("", NO_ANSWER, said=type(error).__name__) from error
        if not good:
            raise _refusal(response, content)
        return content

    def _request(
        self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | Upload | None
    ) -> httpx.Request:
        if isinstance(body, Upload):
            headers = {"Content-Type": body.media_type}
            return self._http.build_request(method, path, params=dict(params), content=body.content, headers=headers)
        return self._http.build_request(method, path, params=dict(params), json=body)


def part(value: str) -> str:
    """A room id, a Matrix id or an alias as one part of a path."""
    return quote(value, safe="")


async def _bounded(response: httpx.Response, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > limit:
            raise refused_here(f"The answer is larger than {limit} bytes.", "Make it smaller.", Reason.TOO_LARGE)
        pieces.append(piece)
    return b"".join(pieces)


def _refusal(response: httpx.Response, content: bytes) -> MatrixError:
    status = response.status_code
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("errcode"), str):
        return refusal(status, answer["errcode"][:64], str(answer.get("error", "")), _asked_wait(response, answer))
    if status in (429, 413):
        return refusal(status, "", wait=_asked_wait(response, {}))
    if status >= 500:
        return MatrixError("", NO_ANSWER, said=f"HTTP {status}")
    return MatrixError("", WRONG_ADDRESS, said=f"HTTP {status}")


def _asked_wait(response: httpx.Response, answer: Answer) -> float | None:
    """Wall seconds after which the server wants to be asked again, when it says so."""
    after = answer.get("retry_after_ms")
    if isinstance(after, int) and not isinstance(after, bool):
        return after / 1000
    header = response.headers.get("retry-after", "")
    return float(header) if header.isascii() and header.isdecimal() and len(header) < 6 else None
