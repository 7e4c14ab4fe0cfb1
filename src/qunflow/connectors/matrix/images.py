"""What kind of image some bytes are and how large, from their first bytes; nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Image:
    """An image's kind, its bytes and its width and height in pixels (0 when they cannot be told)."""

    media_type: str
    size: int
    width: int = 0
    height: int = 0

    @property
    def ending(self) -> str:
        """The ending of a file name."""
        return _ENDINGS[self.media_type]


def examine(content: bytes) -> Image | None:
    """The image in ``content``, None when it is no PNG, JPEG, GIF or WebP."""
    size = len(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Image("image/png", size, *_pair(content, 16, 20, 4, "big"))
    if content.startswith((b"GIF87a", b"GIF89a")):
        return Image("image/gif", size, *_pair(content, 6, 8, 2, "little"))
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return Image("image/webp", size, *_webp_size(content))
    if content.startswith(b"\xff\xd8\xff"):
        return Image("image/jpeg", size, *_jpeg_size(content))
    return None


def _number(content: bytes, at: int, length: int, order: str) -> int:
    return int.from_bytes(content[at : at + length], "big" if order == "big" else "little")


def _pair(content: bytes, first: int, second: int, length: int, order: str) -> tuple[int, int]:
    if len(content) < second + length:
        return 0, 0
    return _number(content, first, length, order), _number(content, second, length, order)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the first start-of-frame segment; SOF is C0 to CF without C4, C8 and CC."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = _pair(content, at + 5, at + 7, 2, "big")
            return width, height
        else:
            at += 2 + _number(content, at + 2, 2, "big")
    return 0, 0


def _webp_size(content: bytes) -> tuple[int, int]:
    form = content[12:16]
    if form == b"VP8X" and len(content) >= 30:
        return 1 + _number(content, 24, 3, "little"), 1 + _number(content, 27, 3, "little")
    if form == b"VP8L" and len(content) >= 25:
        bits = _number(content, 21, 4, "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 " and len(content) >= 30:
        width, height = _pair(content, 26, 28, 2, "little")
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
