"""What a browser or a phone's camera can fetch: QR pictures, the page behind a code, uploaded files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from qunflow.sandbox.world import World

_FOREVER = "public, max-age=31536000, immutable"


class Pictures:
    """Serves pictures and files by their opaque names; a name nobody has is an empty 404."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def qr(self, request: Request) -> Response:
        """The PNG of a code."""
        drawn = self._world.qr_book.picture(request.path_params["name"])
        if drawn is None:
            return Response(status_code=404)
        return Response(drawn, media_type="image/png", headers={"cache-control": _FOREVER})

    async def code_page(self, request: Request) -> Response:
        """What a browser sees that opens a code: it has to be scanned with a phone."""
        content = f"{self._world.base_url}/q/{request.path_params['name']}"
        if self._world.qr_book.meaning(content) is None:
            return Response(status_code=404)
        return PlainTextResponse("Scan this code with a phone: POST /phone/scan.\n")

    async def media(self, request: Request) -> Response:
        """The bytes of an uploaded file, never shown as a page of this origin."""
        media = self._world.media_by_name.get(request.path_params["name"])
        if media is None:
            return Response(status_code=404)
        shown = media.content_type if media.kind.endswith("image") else "application/octet-stream"
        headers = {"cache-control": _FOREVER, "x-content-type-options": "nosniff"}
        return Response(self._world.files[media.digest], media_type=shown, headers=headers)
