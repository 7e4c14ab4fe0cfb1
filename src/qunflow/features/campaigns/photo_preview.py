"""Pictures as operators look at them: upright, as small as the place needs, and always a JPEG of our own making."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

SMALL, LARGE = 360, 1600
_QUALITY = 80


def reduced(content: bytes, side: int) -> bytes:
    """The picture with no side longer than ``side``. Takes only what was decodable when it was handed in."""
    with Image.open(io.BytesIO(content)) as opened:
        opened.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    upright.thumbnail((side, side))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
