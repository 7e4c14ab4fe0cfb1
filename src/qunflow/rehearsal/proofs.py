"""Screenshots that people hand in: a phone's screen with their post of a poster, no two alike. Pure."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

from qunflow.features.posters.fonts import REGULAR, font_of
from qunflow.features.posters.render import jpeg_of
from qunflow.rehearsal.dice import Dice

WIDTH, HEIGHT = 720, 1280
_QUALITY = 80
_GRAIN = 256
_LIGHT, _DARK = ("#ffffff", "#1b1b1f", "#576b95", "#f2f2f5"), ("#161618", "#e6e6ea", "#8ea2cc", "#232327")
_CAPTIONS = (
    "这个活动不错，一起来吧",
    "亲测有效，扫码进群领福利",
    "好东西分享给大家",
    "名额不多，想要的抓紧",
    "帮我助力一下，谢谢各位",
    "朋友推荐的，看着靠谱",
    "周末有空的可以看看",
    "进群就有，自己领",
)
_REPLIES = ("已进", "谢谢分享", "还有名额吗", "我也来", "收到", "在哪领", "赞", "已转发给同事")


@dataclass(frozen=True, slots=True)
class Shot:
    """Whose screen it is and when it was taken (local time)."""

    person: int
    nickname: str
    at: datetime


def draw_proof(dice: Dice, shot: Shot, poster: bytes) -> bytes:
    """A JPEG of 720 × 1280 with the poster in a post; empty ``poster`` bytes make a post without any code."""
    draws = _Draws(dice, shot.person)
    theme = _DARK if draws.below("theme", 4) == 0 else _LIGHT
    screen = Image.new("RGB", (WIDTH, HEIGHT), theme[0])
    pen = ImageDraw.Draw(screen)
    top = 64 + draws.below("top", 40)
    _draw_bars(screen, pen, shot, theme, draws)
    left = 24 + draws.below("left", 30)
    pen.rounded_rectangle((left, top, left + 72, top + 72), radius=10, fill=draws.colour("face"))
    pen.text((left + 92, top), shot.nickname, font=font_of(30, REGULAR), fill=theme[2])
    caption = _CAPTIONS[draws.below("caption", len(_CAPTIONS))]
    pen.text((left + 92, top + 42), f"{caption} {shot.person}", font=font_of(26, REGULAR), fill=theme[1])
    y = top + 92 + draws.below("gap", 24)
    y += _put_picture(screen, poster, left + draws.below("shift", 120), y, draws)
    _draw_replies(pen, left, y + 12, theme, draws)
    return jpeg_of(screen, _QUALITY)


class _Draws:
    """One person's draws for the look of the screen."""

    def __init__(self, dice: Dice, person: int) -> None:
        self._dice = dice
        self._person = person

    def below(self, name: str, most: int) -> int:
        return self._dice.draw(self._person, f"proof:{name}", most)

    def colour(self, name: str) -> tuple[int, int, int]:
        drawn = self.below(name, 2**24)
        return drawn >> 16, drawn >> 8 & 255, drawn & 255


def _draw_bars(
    screen: Image.Image, pen: ImageDraw.ImageDraw, shot: Shot, theme: tuple[str, ...], draws: _Draws
) -> None:
    """Status bar with time and battery, navigation bar below; a little grain, as no two screens are one."""
    grain = _grain()
    shifted = ImageChops.offset(grain, draws.below("grain-x", _GRAIN), draws.below("grain-y", _GRAIN))
    for x in range(0, WIDTH, _GRAIN):
        screen.paste(theme[3], (x, HEIGHT - 90, x + _GRAIN, HEIGHT), shifted.crop((0, 0, _GRAIN, 90)))
    pen.text((30, 12), shot.at.strftime("%H:%M"), font=font_of(28, REGULAR), fill=theme[1])
    charge = 8 + draws.below("battery", 40)
    pen.rounded_rectangle((WIDTH - 84, 16, WIDTH - 30, 42), radius=6, outline=theme[1], width=2)
    pen.rectangle((WIDTH - 81, 19, WIDTH - 81 + charge, 39), fill=theme[1])
    screen.paste(theme[1], (WIDTH - 150, 20, WIDTH - 100, 40), shifted.crop((0, 0, 50, 20)))


def _put_picture(screen: Image.Image, poster: bytes, x: int, y: int, draws: _Draws) -> int:
    """Show the poster smaller, or a photo without a code; returns the height used."""
    scale = 56 + draws.below("scale", 15)
    width, height = WIDTH * scale // 100, HEIGHT * scale // 100
    if poster:
        with Image.open(io.BytesIO(poster)) as opened:
            opened.draft("RGB", (WIDTH // 2, HEIGHT // 2))  # the decoder halves it for less than a resize costs
            shown = opened.convert("RGB").resize((width, height), Image.Resampling.NEAREST)
    else:
        shown = Image.linear_gradient("L").resize((width, height)).convert("RGB")
        for spot in range(4):
            size, at = 60 + draws.below(f"spot-size:{spot}", 160), draws.below(f"spot-at:{spot}", width)
            ImageDraw.Draw(shown).ellipse((at, at, at + size, at + size), fill=draws.colour(f"spot:{spot}"))
    screen.paste(shown, (x, y))
    return height


def _draw_replies(pen: ImageDraw.ImageDraw, left: int, y: int, theme: tuple[str, ...], draws: _Draws) -> None:
    replies = draws.below("replies", 4)
    pen.rectangle((left + 92, y, WIDTH - 24, y + 20 + 34 * (replies + 1)), fill=theme[3])
    likes = f"{draws.below('minutes', 180) + 1} 分钟前   赞 {draws.below('likes', 60)}"
    pen.text((left + 104, y + 8), likes, font=font_of(24, REGULAR), fill=theme[2])
    for number in range(replies):
        line = _REPLIES[draws.below(f"reply:{number}", len(_REPLIES))]
        pen.text((left + 104, y + 42 + 34 * number), line, font=font_of(24, REGULAR), fill=theme[1])


@lru_cache(maxsize=1)
def _grain() -> Image.Image:
    """A square of noise, the same in every run."""
    data = hashlib.shake_128(b"grain").digest(_GRAIN * _GRAIN)
    return Image.frombytes("L", (_GRAIN, _GRAIN), data)
