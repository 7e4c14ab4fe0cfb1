"""The page at ``/`` and what it needs: its scripts, its style, and the reading of pictures. Nothing from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import resources
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.sandbox.browser.reading import MAX_PICTURE, read_picture
from qunflow.sandbox.world import World
from qunflow.web.texts import Texts, choose_language

_FILES = {
    "desk.css": "text/css; charset=utf-8",
    "calls.js": "text/javascript; charset=utf-8",
    "phone.js": "text/javascript; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
}
_PREFIX = "sandbox.js."
_NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
#: A proof is posted by a form to the page that asked for it, which lies at another address.
_PAGE_HEADERS = {
    **_NO_STORE,
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class BrowserPages:
    """Serves the page; what people do on it goes to the control side like any other phone's or member's act."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._texts = Texts.load()
        folder = resources.files("qunflow.sandbox.browser")
        self._files = {name: (folder / name).read_bytes() for name in _FILES}
        self._environment = Environment(
            loader=PackageLoader("qunflow.sandbox.browser", "."),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> list[Route]:
        """``/``, its files, and ``/browser/read``."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/browser/read", self.read, methods=["POST"]),
            Route("/browser/{name}", self.file, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The phone and the desk, in the language asked for."""
        language = choose_language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        texts = self._texts.catalogues[language]
        said = {code.removeprefix(_PREFIX): text for code, text in texts.items() if code.startswith(_PREFIX)}

        def t(code: str) -> str:
            return self._texts.say(language, f"sandbox.{code}")

        shown: Mapping[str, Any] = {
            "t": t,
            "language": language,
            "other": "en" if language == "zh" else "zh",
            "said": orjson.dumps(said).decode(),
            "base": self._world.base_url,
            "corp": self._world.corp.corp_id,
            "agent": self._world.corp.agentid,
        }
        body = self._environment.get_template("page.html").render(**shown)
        return HTMLResponse(body, headers={**_PAGE_HEADERS, "content-language": language})

    async def file(self, request: Request) -> Response:
        """A script or the style; an unknown name is an empty 404."""
        name = request.path_params["name"]
        if name not in _FILES:
            return Response(status_code=404)
        return Response(self._files[name], media_type=_FILES[name], headers=_NO_STORE)

    async def read(self, request: Request) -> Response:
        """The text of the code in a picture: uploaded as the body, or one of ours named by ``?url=``."""
        try:
            return JSONResponse({"text": await self._text(request)}, headers=_NO_STORE)
        except QunflowError as error:
            return JSONResponse(error.as_data(), status_code=error.status, headers=_NO_STORE)

    async def _text(self, request: Request) -> str:
        url = request.query_params.get("url", "")
        if url:
            text = self._world.qr_book.read_url(url[:2_048])
            if not text:
                raise InvalidInput("sandbox_picture_url", "is no code of this sandbox.", field="url")
            return text
        return await asyncio.to_thread(read_picture, await _picture(request))


async def _picture(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_PICTURE:
                raise InvalidInput("sandbox_picture_large", f"has over {MAX_PICTURE} bytes.", field="picture")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise InvalidInput("sandbox_picture", "broke off on the way.", field="picture") from error
    return b"".join(pieces)
