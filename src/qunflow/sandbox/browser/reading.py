"""A camera for those who have none: the code in an uploaded picture, as a phone would read it."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image

from qunflow.domain.errors import InvalidInput

MAX_PICTURE = 10 * 1_048_576
MAX_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")


def read_picture(content: bytes) -> str:
    """The text of the first QR code in a PNG, JPEG or WebP. Raises InvalidInput when there is none to read."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InvalidInput("sandbox_picture_large", f"has over {MAX_PIXELS} pixels.", field="picture")
            grey = opened.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput("sandbox_picture", "must be a PNG, JPEG or WebP.", field="picture") from error
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    if not found:
        raise InvalidInput(
            "sandbox_no_code", "has no QR code.", field="picture", way_out="Take one where the code is larger."
        )
    return found[0].text
