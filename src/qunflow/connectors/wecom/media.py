"""Uploads: WeCom keeps them three days, we keep the bytes and upload again (wecom-api.md §10)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta

from qunflow.connectors.wecom.bounds import check_chars, check_choice
from qunflow.connectors.wecom.errors import refused_here
from qunflow.connectors.wecom.transport import Transport
from qunflow.domain.clock import Clock

MB = 1_048_576
MAX_IMAGE_BYTES = 10 * MB
#: An upload is good for three days; we stop using it six hours earlier.
MEDIA_LIFE = timedelta(days=3) - timedelta(hours=6)
#: Most bytes of each kind; at least six.
MOST: Mapping[str, int] = {"image": MAX_IMAGE_BYTES, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
MOMENT, ALBUM = 1, 2
_KEPT = 1_000
_KINDS = ((b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"))
_NAMES = {"voice": ("audio/amr", "amr"), "video": ("video/mp4", "mp4"), "file": ("application/octet-stream", "bin")}
_SHAPE = {
    "image": "JPG and PNG images of 6 bytes to 10 MB",
    "voice": "AMR sound of 6 bytes to 2 MB",
    "video": "MP4 films of 6 bytes to 10 MB",
    "file": "files of 6 bytes to 20 MB",
}


class Uploads:
    """Uploads once and remembers the media_id by purpose and content while it is good by ``clock``."""

    def __init__(self, calls: Transport, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def upload(self, content: bytes, kind: str = "image", name: str = "") -> str:
        """The media_id of an image, voice, video or file; raises WecomError for what WeCom would not take.

        ``name`` is what people see of a file.
        """
        return await self._once("media/upload", {"type": kind}, content, kind, name)

    async def attachment(self, content: bytes, purpose: int = MOMENT, kind: str = "image", name: str = "") -> str:
        """The media_id of something for moments (1) or the product album (2); other media_ids are not taken there."""
        check_choice("purpose", purpose, (MOMENT, ALBUM))
        check_choice("kind", kind, ("image", "video", "file"))
        query = {"media_type": kind, "attachment_type": purpose}
        return await self._once("media/upload_attachment", query, content, kind, name)

    async def image_address(self, content: bytes) -> str:
        """The address of an image for good; 1000 a day and 3000 a month."""
        form, ending = _shape(content, "image")
        digest = hashlib.sha256(content).hexdigest()
        answer = await self._calls.upload("media/uploadimg", {}, f"{digest[:16]}.{ending}", content, form)
        return str(answer.get("url", ""))

    def forget(self, media: str) -> None:
        """Upload what is behind ``media`` again next time."""
        for key in [key for key, (known, _) in self._known.items() if known == media]:
            del self._known[key]

    async def _once(self, api: str, query: Mapping[str, object], content: bytes, kind: str, name: str) -> str:
        check_choice("kind", kind, tuple(MOST))
        form, ending = _shape(content, kind)
        digest = hashlib.sha256(content).hexdigest()
        key = f"{api} {sorted(query.items())} {name} {digest}"
        now = self._clock.now()
        known = self._known.get(key)
        if known is not None and now < known[1]:
            self._known.move_to_end(key)
            return known[0]
        shown = check_chars("name", name, 255) or f"{digest[:16]}.{ending}"
        answer = await self._calls.upload(api, query, shown, content, form)
        media = str(answer.get("media_id", ""))
        self._known[key] = (media, now + MEDIA_LIFE)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return media


def _shape(content: bytes, kind: str) -> tuple[str, str]:
    if 5 < len(content) <= MOST[kind]:
        if kind != "image":
            return _NAMES[kind]
        for start, form, ending in _KINDS:
            if content.startswith(start):
                return form, ending
    raise refused_here(f"WeCom takes {_SHAPE[kind]}.", "Make it anew.")
