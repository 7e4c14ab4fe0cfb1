"""Drawing posters: what all posters of a campaign share is drawn once, a personal one adds its code and a name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any

import zxingcpp
from PIL import Image, ImageDraw, ImageOps

from qunflow.domain.errors import InvalidInput
from qunflow.features.posters.fonts import BOLD, REGULAR, font_of
from qunflow.features.posters.model import INVITED_BY, TEXT_ELEMENTS
from qunflow.features.posters.wrapping import Fitted, fit, printable

WIDTH, HEIGHT = 720, 1280
QUALITY = 80
MAX_QR_TEXT = 300
#: Backgrounds kept, about 2.7 MB each.
_KEPT_BACKGROUNDS = 8

Box = tuple[int, int, int, int]
_TITLE: Box = (56, 72, 664, 296)
_SUBTITLE: Box = (56, 306, 664, 392)
_NAME: Box = (56, 408, 664, 462)
_CARD: Box = (40, 480, 680, 1240)
_SELLING: Box = (76, 506, 644, 650)
_ENDORSEMENT: Box = (76, 656, 644, 732)
_CODE: Box = (176, 746, 544, 1114)
_CALL: Box = (76, 1126, 644, 1226)

_WARM, _DEEP = "#ff7a45", "#c41d2b"
_WHITE, _CREAM, _RED, _GREY, _INK = "#ffffff", "#fff3d6", "#d4202e", "#5c5c66", "#1f1f24"


def render_poster(elements: Mapping[str, str], qr_text: str, nick: str = "") -> bytes:
    """A poster of 720 × 1280 as JPEG: the five texts, the live code ``qr_text`` and, when given, a name.

    ``elements`` may carry ``invited_by``, the sentence with ``{nick}`` in it. Raises InvalidInput for a QR text that
    is empty or over 300 characters.
    """
    if not 0 < len(qr_text) <= MAX_QR_TEXT:
        raise InvalidInput("poster_code", f"a live code's address has 1 to {MAX_QR_TEXT} characters", field="qr_text")
    poster = _background(tuple(elements.get(name, "") for name in TEXT_ELEMENTS)).copy()
    code = draw_qr(qr_text, _CODE[2] - _CODE[0])
    poster.paste(code, (_CODE[0] + (_CODE[2] - _CODE[0] - code.width) // 2, _CODE[1]))
    name = printable(nick, 24)
    if name:
        sentence = elements.get("invited_by") or INVITED_BY["zh"]
        _write(ImageDraw.Draw(poster), _NAME, sentence.replace("{nick}", name), range(34, 19, -2), REGULAR, _CREAM)
    return jpeg_of(poster, QUALITY)


def jpeg_of(image: Image.Image, quality: int) -> bytes:
    """An image as JPEG. Into a file the encoder writes without holding up every other thread."""
    with TemporaryFile() as out:
        image.save(out, "JPEG", quality=quality)
        out.seek(0)
        return out.read()


def draw_qr(text: str, width: int) -> Image.Image:
    """A black and white QR code with its quiet zone, as large as whole pixels a module allow within ``width``."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # its stubs leave out that it is a buffer
    view = memoryview(drawn)
    rows, columns = view.shape or (0, 0)
    modules = Image.frombytes("L", (columns, rows), bytes(view))
    framed = ImageOps.expand(modules, border=4, fill=255)
    scale = max(1, width // framed.width)
    return framed.resize((framed.width * scale, framed.height * scale), Image.Resampling.NEAREST)


@lru_cache(maxsize=_KEPT_BACKGROUNDS)
def _background(texts: tuple[str, ...]) -> Image.Image:
    title, subtitle, selling_point, endorsement, call_to_action = texts
    shade = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    poster = ImageOps.colorize(shade, _WARM, _DEEP)
    _decorate(poster)
    draw = ImageDraw.Draw(poster)
    draw.rounded_rectangle(_CARD, radius=32, fill=_WHITE)
    _write(draw, _TITLE, title, range(84, 31, -4), BOLD, _WHITE)
    _write(draw, _SUBTITLE, subtitle, range(40, 19, -2), REGULAR, _CREAM)
    _write(draw, _SELLING, selling_point, range(52, 21, -2), BOLD, _RED)
    _write(draw, _ENDORSEMENT, endorsement, range(30, 15, -2), REGULAR, _GREY)
    _write(draw, _CALL, call_to_action, range(44, 19, -2), BOLD, _INK)
    return poster


def _decorate(poster: Image.Image) -> None:
    """Soft rings behind the title, so that the upper third is not a flat colour."""
    light = Image.new("L", poster.size, 0)
    draw = ImageDraw.Draw(light)
    for radius, strength in ((420, 16), (310, 22), (200, 28)):
        draw.ellipse((620 - radius, 60 - radius, 620 + radius, 60 + radius), fill=strength)
    poster.paste(Image.new("RGB", poster.size, _WHITE), (0, 0), light)


def _write(draw: ImageDraw.ImageDraw, box: Box, text: str, sizes: range, weight: int, colour: str) -> Fitted:
    """Write a text centred into its box; it is never larger than the box."""
    left, top, right, bottom = box
    fitted = fit(text, right - left, bottom - top, sizes, weight)
    font = font_of(fitted.size, weight)
    y = top + (bottom - top - fitted.height) // 2 + fitted.line_height // 2
    for line in fitted.lines:
        draw.text(((left + right) // 2, y), line, font=font, fill=colour, anchor="mm")
        y += fitted.line_height
    return fitted
