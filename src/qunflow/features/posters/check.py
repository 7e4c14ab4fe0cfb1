"""Looking at a finished poster: its QR codes are read, and only our live code may be there (M04)."""

from __future__ import annotations

import io
from collections.abc import Mapping

import zxingcpp
from PIL import Image

from qunflow.domain.facts import PosterFinding
from qunflow.features.posters.model import Finding, PosterFault, judge_codes, missing_elements
from qunflow.features.posters.render import render_poster

MAX_PIXELS = 40_000_000
_QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_qr(image: bytes) -> tuple[str, ...]:
    """The texts of every QR code in a JPEG, PNG or WebP image. Raises ValueError when it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(image), formats=("JPEG", "PNG", "WEBP")) as opened:
            large = opened.width * opened.height > MAX_PIXELS
            grey = Image.new("L", (1, 1)) if large else opened.convert("L")
    except Exception as error:  # a decoder may raise anything on hostile bytes; all of it means the same
        raise ValueError("the image cannot be decoded") from error
    if large:
        raise ValueError(f"the image has more than {MAX_PIXELS} pixels")
    found = zxingcpp.read_barcodes(grey, formats=_QR_CODES)
    return tuple(dict.fromkeys(barcode.text for barcode in found))


def check_poster(image: bytes, live_code_url: str) -> tuple[Finding, ...]:
    """What forbids to use this poster; empty when it carries our live code and nothing else."""
    try:
        texts = read_qr(image)
    except ValueError as error:
        return (Finding(PosterFault.UNREADABLE, str(error)),)
    return judge_codes(texts, live_code_url)


def find_poster(elements: Mapping[str, str], code: str, live_code_url: str) -> PosterFinding:
    """Draw a campaign's poster and read it back: the fact that the launch gate asks for (M13)."""
    missing = missing_elements(elements, code)
    texts = read_qr(render_poster(elements, live_code_url)) if code else ()
    return PosterFinding(texts, missing)
