"""Breaking Chinese and Latin text into lines that fit, by the rules of Chinese typesetting."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from PIL import ImageFont

from qunflow.features.posters.fonts import font_of

MAX_TEXT = 200
#: No line begins with one of these, none ends with one of those.
_NOT_FIRST = frozenset("，。！？、；：）】」』》〉”’…—·%％,.!?;:)]}~～")
_NOT_LAST = frozenset("（【「『《〈“‘([{￥¥$#@")
_WORD = re.compile(r"[A-Za-z0-9À-ɏ'’&+\-_/.]+|\s+|.", re.DOTALL)
#: A blank between two phrases, and not one beside a number.
_BETWEEN = re.compile(r"(?<![0-9 ]) (?![0-9])")
_MOST_PHRASES = 10
_LINE_HEIGHT = 1.34


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text that fits its box: the lines, and the size in pixels at which they do."""

    lines: tuple[str, ...]
    size: int

    @property
    def line_height(self) -> int:
        """Pixels from one line to the next."""
        return round(self.size * _LINE_HEIGHT)

    @property
    def height(self) -> int:
        """Pixels of all lines together."""
        return self.line_height * len(self.lines)


def printable(text: str, most: int = MAX_TEXT) -> str:
    """The text without what a text font cannot draw (emoji, controls, lone marks), on one line, bounded."""
    kept = (" " if char.isspace() else char for char in text[: 4 * most] if char.isspace() or _drawable(char))
    return " ".join("".join(kept).split())[:most]


def _drawable(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LNP" or category in ("Sc", "Sm", "Sk", "Mn", "Mc") and ord(char) not in range(0xFE00, 0xFE10)


def fit(text: str, width: int, height: int, sizes: range, weight: int) -> Fitted:
    """The largest of ``sizes`` (falling) at which the text fits; at the smallest the end is cut with an ellipsis."""
    clean = printable(text)
    size = sizes[-1]
    lines: list[str] = []
    for size in sizes:
        lines = wrap(clean, width, font_of(size, weight))
        if len(lines) * round(size * _LINE_HEIGHT) <= height:
            return Fitted(_balanced(lines, clean, width, font_of(size, weight)), size)
    room = max(1, height // round(size * _LINE_HEIGHT))
    kept = lines[:room]
    kept[-1] = _shortened(kept[-1], width, font_of(size, weight))
    return Fitted(tuple(kept), size)


def wrap(text: str, width: int, font: ImageFont.FreeTypeFont) -> list[str]:
    """Lines no wider than ``width`` pixels; Chinese breaks between characters, Latin between words where it can."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, width, font):
        if font.getlength((line + piece).rstrip()) <= width:
            line += piece
            continue
        line, carried = _carry(line, piece)
        if line.strip():
            lines.append(line.strip())
        line = (carried + piece).lstrip()
    if line.strip():
        lines.append(line.strip())
    return lines


def _balanced(lines: list[str], text: str, width: int, font: ImageFont.FreeTypeFont) -> tuple[str, ...]:
    """The same number of lines, broken between phrases where they fit, else of about the same length.

    So no single character is left for the last line, and a number stays with what it counts where it can.
    """
    if len(lines) < 2:
        return tuple(lines)
    if phrased := _phrased(text, len(lines), width, font):
        return phrased
    narrow, found = int(font.getlength(text) / len(lines)), list[list[str]]()
    for tried in range(narrow, width, max(1, (width - narrow) // 12)):
        even = wrap(text, tried, font)
        if len(even) == len(lines):
            found.append(even)
    whole = (even for even in found if not any(line[-1].isdigit() for line in even[:-1]))
    return tuple(next(whole, found[0] if found else lines))


def _phrased(text: str, count: int, width: int, font: ImageFont.FreeTypeFont) -> tuple[str, ...]:
    """So many lines of whole phrases, the longest as short as can be; nothing where they do not fit."""
    phrases = _BETWEEN.split(text)
    if not count <= len(phrases) <= _MOST_PHRASES:
        return ()
    best: tuple[str, ...] = ()
    least = float(width)
    for cuts in combinations(range(1, len(phrases)), count - 1):
        parts = tuple(" ".join(phrases[first:last]) for first, last in pairwise((0, *cuts, len(phrases))))
        longest = max(font.getlength(part) for part in parts)
        if longest <= least:
            best, least = parts, longest
    return best


def _carry(line: str, piece: str) -> tuple[str, str]:
    """What must move to the next line so that neither line breaks a rule: at most a few characters."""
    cut = len(line)
    if piece[0] in _NOT_FIRST:
        while cut > 1 and len(line) - cut < 3 and line[cut - 1] in _NOT_FIRST:
            cut -= 1
        cut -= 1
    while cut > 1 and len(line) - cut < 4 and line[cut - 1] in _NOT_LAST:
        cut -= 1
    if cut < 1:
        cut = len(line)
    return line[:cut], line[cut:]


def _pieces(text: str, width: int, font: ImageFont.FreeTypeFont) -> Iterator[str]:
    for found in _WORD.finditer(text):
        piece = found.group()
        if len(piece) > 1 and font.getlength(piece) > width:
            yield from piece
        else:
            yield piece


def _shortened(line: str, width: int, font: ImageFont.FreeTypeFont) -> str:
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"
