"""The CJK font: from the wheel that qunflow depends on, or the system's Noto CJK."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path

from PIL import ImageFont

from qunflow.domain.errors import QunflowError

_WHEEL = ("manimgx-fonts-cjk", "manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc")
_SYSTEM = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
)
_FACE = "Noto Sans CJK SC"
REGULAR, BOLD = 400, 700


@lru_cache(maxsize=1)
def font_file() -> Path:
    """Where the font lies. Raises QunflowError when there is none."""
    package, module, name = _WHEEL
    try:
        metadata.version(package)
        found = Path(str(resources.files(module) / name))
        if found.is_file():
            return found
    except (metadata.PackageNotFoundError, ModuleNotFoundError):
        pass  # a system without the wheel may carry the font itself
    for place in _SYSTEM:
        if Path(place).is_file():
            return Path(place)
    raise QunflowError(
        "font_missing",
        "posters need a CJK font",
        way_out=f"Install {package}, or the system's Noto Sans CJK fonts.",
        status=500,
    )


@lru_cache(maxsize=1)
def _face_index() -> int:
    for index in range(10):
        try:
            if ImageFont.truetype(str(font_file()), 10, index=index).getname()[0] == _FACE:
                return index
        except OSError:
            break
    return 0


@lru_cache(maxsize=64)
def font_of(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels; a static system font ignores the weight."""
    font = ImageFont.truetype(str(font_file()), size, index=_face_index())
    try:
        font.set_variation_by_axes([weight])
    except OSError:
        return font
    return font
