"""Uploaded images: WeCom keeps them three days, we keep the bytes and upload again (wecom-api.md §10)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta

from qunflow.connectors.wecom.errors import refused_here
from qunflow.connectors.wecom.transport import Transport
from qunflow.domain.clock import Clock

MAX_IMAGE_BYTES = 10 * 1_048_576
#: An uploaded image is good for three days; we stop using it six hours earlier.
MEDIA_LIFE = timedelta(days=3) - timedelta(hours=6)
_KEPT = 1_000
_KINDS = ((b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"))


class ImageUploads:
    """Uploads images once and remembers their media_id by content while it is good by ``clock``."""

    def __init__(self, calls: Transport, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def upload(self, content: bytes) -> str:
        """The media_id of an image; raises :class:`WecomError` for what WeCom would not take."""
        kind, ending = _image_kind(content)
        digest = hashlib.sha256(content).hexdigest()
        now = self._clock.now()
        known = self._known.get(digest)
        if known is not None and now < known[1]:
            self._known.move_to_end(digest)
            return known[0]
        name = f"{digest[:16]}.{ending}"
        answer = await self._calls.upload("media/upload", {"type": "image"}, name, content, kind)
        media = str(answer.get("media_id", ""))
        self._known[digest] = (media, now + MEDIA_LIFE)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return media

    def forget(self, media: str) -> None:
        """Upload the image behind ``media`` again next time."""
        for digest in [key for key, (known, _) in self._known.items() if known == media]:
            del self._known[digest]


def _image_kind(content: bytes) -> tuple[str, str]:
    if 5 < len(content) <= MAX_IMAGE_BYTES:
        for start, kind, ending in _KINDS:
            if content.startswith(start):
                return kind, ending
    raise refused_here("WeCom takes JPG and PNG images of 6 bytes to 10 MB.", "Make the image anew.")
