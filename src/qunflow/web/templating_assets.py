"""Static files under names that carry a hash of their content, so that browsers may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes as they are and packed with gzip."""

    media_type: str
    plain: bytes
    packed: bytes


class Assets:
    """All static files in memory (a few kilobytes), by their public names."""

    def __init__(self) -> None:
        self._by_name: dict[str, Asset] = {}
        self._public: dict[str, str] = {}
        for file in (resources.files("qunflow.web") / "static").iterdir():
            if file.is_file():
                self._add(file.name, file.read_bytes())

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that is not there."""
        return f"/static/{self._public[name]}"

    def answer(self, request: Request) -> Response:
        """The file of ``/static/{name}``; an unknown name is an empty 404."""
        asset = self._by_name.get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404)
        headers = {"cache-control": _FOREVER, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.packed, media_type=asset.media_type, headers={**headers, "content-encoding": "gzip"})
        return Response(asset.plain, media_type=asset.media_type, headers=headers)

    def _add(self, name: str, content: bytes) -> None:
        stem, _, ending = name.rpartition(".")
        public = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{ending}"
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._public[name] = public
        self._by_name[public] = Asset(media_type, content, gzip.compress(content, 9, mtime=0))
