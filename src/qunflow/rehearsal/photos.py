"""Pictures that people take for a check-in: small, each another one. Pure."""

from __future__ import annotations

from PIL import Image, ImageDraw

from qunflow.features.posters.render import jpeg_of
from qunflow.rehearsal.dice import Dice

SIDE = 360
_SPOTS = 5


def draw_photo(dice: Dice, person: int, what: str) -> bytes:
    """A JPEG of 360 × 360; the same for the same person and ``what``."""

    def draw(name: str, below: int) -> int:
        return dice.draw(person, f"{what}:{name}", below)

    def colour(name: str) -> tuple[int, int, int]:
        drawn = draw(name, 2**24)
        return drawn >> 16, drawn >> 8 & 255, drawn & 255

    picture = Image.new("RGB", (SIDE, SIDE), colour("ground"))
    pen = ImageDraw.Draw(picture)
    for spot in range(_SPOTS):
        x, y, size = draw(f"x:{spot}", SIDE), draw(f"y:{spot}", SIDE), 40 + draw(f"size:{spot}", 160)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=colour(f"colour:{spot}"))
    return jpeg_of(picture, 60)
