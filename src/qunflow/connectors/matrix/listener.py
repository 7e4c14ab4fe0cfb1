"""The server's pushes: check the hs_token, store every event once, then 200 (application service API)."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qunflow.connectors.matrix.inbound import MAX_TRANSACTION_BYTES, Body, PayloadError, read_transaction
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import NotFound, QunflowError

PATH = "/hooks/matrix/{channel}"
#: Wall seconds for the body to arrive; Synapse gives up after 60 s.
BODY_TIMEOUT = 20.0
_CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_HEADER = 1_024
_ERRCODES = {400: "M_BAD_JSON", 401: "M_UNAUTHORIZED", 403: "M_FORBIDDEN", 404: "M_NOT_FOUND", 413: "M_TOO_LARGE"}

Answer = Callable[[Request, MatrixSettings], Awaitable[Response]]


class FindAccount(Protocol):
    """Looks a channel up; None when there is no such Matrix channel."""

    async def __call__(self, channel: str) -> MatrixSettings | None: ...


class StoreInbound(Protocol):
    """Stores an event once per ``(channel, key)`` and returns when that is committed; a repeat is no error."""

    async def __call__(self, channel: str, key: str, bodies: tuple[Body, ...], raw: bytes) -> None: ...


def callback_routes(find_account: FindAccount, store: StoreInbound) -> list[Route]:
    """The routes under ``/hooks/matrix/{channel}`` that a server calls, the older ones without a prefix included."""

    async def receive(request: Request, account: MatrixSettings) -> Response:
        # One after the other, so that the order of a room is the order of our inbox. When one fails the server
        # sends the whole transaction again, and what is stored already counts once by its event id.
        for event in read_transaction(await _body(request), account.sender, account.staff):
            await store(request.path_params["channel"], event.key, event.bodies, event.raw)
        return JSONResponse({})

    async def ping(request: Request, account: MatrixSettings) -> Response:
        return JSONResponse({})

    async def user(request: Request, account: MatrixSettings) -> Response:
        if request.path_params["user"] != account.sender:
            raise _unknown("user")
        return JSONResponse({})

    async def room(request: Request, account: MatrixSettings) -> Response:
        raise _unknown("alias")  # our aliases stand in the server's own directory from the moment a room is made

    checked = _Checked(find_account)
    routes = [Route(f"{PATH}/_matrix/app/v1/ping", checked.by(ping), methods=["POST"])]
    for prefix in ("/_matrix/app/v1", ""):
        routes += [
            Route(f"{PATH}{prefix}/transactions/{{txn}}", checked.by(receive), methods=["PUT"]),
            Route(f"{PATH}{prefix}/users/{{user}}", checked.by(user), methods=["GET"]),
            Route(f"{PATH}{prefix}/rooms/{{alias}}", checked.by(room), methods=["GET"]),
        ]
    return routes


class _Checked:
    """Lets a request through to its answer when it names a channel and carries that channel's hs_token."""

    def __init__(self, find_account: FindAccount) -> None:
        self._find_account = find_account

    def by(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that checks before ``answer``."""

        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request, await self._account(request))
            except QunflowError as error:
                errcode = _ERRCODES.get(error.status, "M_UNKNOWN")
                data = {"errcode": errcode, "error": error.sentence(), **error.as_data()}
                return JSONResponse(data, status_code=error.status)

        return endpoint

    async def _account(self, request: Request) -> MatrixSettings:
        channel = request.path_params["channel"]
        account = await self._find_account(channel) if _CHANNEL.fullmatch(channel) else None
        if account is None:
            raise NotFound(
                "matrix_channel_unknown",
                "There is no such Matrix channel.",
                field="channel",
                way_out="Copy the registration file from the channel's page.",
            )
        given = _token(request)
        if not given:
            raise QunflowError(
                "matrix_no_token", "The request carries no hs_token.", way_out="Only the server calls this.", status=401
            )
        if not hmac.compare_digest(given.encode(), account.hs_token.encode()):
            raise QunflowError(
                "matrix_wrong_token",
                "The hs_token is not that of this channel.",
                way_out="Load the registration file again and restart the server.",
                status=403,
            )
        return account


def _token(request: Request) -> str:
    """From the header, or from the query as older servers send it."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        given = request.query_params.get("access_token", "")
    return given.strip()[:_MAX_HEADER]


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is seen to be too long, so that no more than the bound is ever held."""
    stated = request.headers.get("content-length", "0")
    if not stated.isdecimal() or len(stated) > 12 or int(stated) > MAX_TRANSACTION_BYTES:
        raise _too_long()
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for piece in request.stream():
                size += len(piece)
                if size > MAX_TRANSACTION_BYTES:
                    raise _too_long()
                pieces.append(piece)
    except TimeoutError as error:
        raise QunflowError("matrix_slow", "The body did not arrive in time.", status=408) from error
    except ClientDisconnect as error:
        raise PayloadError("The body broke off.") from error
    return b"".join(pieces)


def _too_long() -> QunflowError:
    return QunflowError("matrix_too_long", f"The body is longer than {MAX_TRANSACTION_BYTES} bytes.", status=413)


def _unknown(field: str) -> NotFound:
    return NotFound(f"matrix_{field}_unknown", f"There is no such {field} here.", field=field)
