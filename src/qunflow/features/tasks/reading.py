"""What the text of a screenshot says about a proof (campaigns.md §8, check 7). Pure: lines in, findings out.

Only numbers and yes or no leave this file: the text itself, with names of people who like, is kept nowhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Of the words of the poster so many percent must be found (campaigns.md §8), and so good must the whole be.
LEAST_WORDS, GOOD_SCORE = 60, 80
#: What the poster's words, the own name and the time weigh in the score.
WEIGHTS = (50, 30, 20)
#: A line this short is said by the app; a longer one may be what somebody wrote.
_APP_LINE = 12
_COUNT_LINE = 20
#: A long word with one wrong letter still counts: so many percent of its pairs of letters must be there.
_LIKE_WORD, _LONG_WORD = 70, 5
_MAX_WORDS, _MAX_LINES, _MAX_LINE = 60, 400, 500

_HIDDEN = ("私密", "部分可见", "分组可见", "仅自己可见", "部分朋友可见", "onlyme", "privatepost", "sharelist")
_DELETED = ("已删除", "已被删除", "内容不存在", "不可见或已", "hasbeendeleted", "nolongeravailable")
_MINUTES = re.compile(r"(\d{1,3})(?:分钟前|minutes?ago|minsago)")
_HOURS = re.compile(r"(\d{1,3})(?:个)?(?:小时前|hours?ago|hrsago)")
_DAYS = re.compile(r"(\d{1,3})(?:天前|daysago)")
_NOW = re.compile(r"^(?:刚刚|justnow)$")
_HEART = "♡♥❤♡💗"
_COUNTED = (
    re.compile(
        r"(?<![集满够要需凑求差\d])(\d{1,6})(?:个|位|人|次)*(?:朋友|好友)?(?:觉得很|点了|已|都)?(?:赞|点赞|likes?)(?![a-z])"
    ),
    re.compile(rf"^[{_HEART}](\d{{1,6}})$"),
    re.compile(r"^(?:赞|点赞|likes?)[:：]?(\d{1,6})$"),
)
_OTHERS = re.compile(r"(?:等|and)(\d{1,6})(?:人|个|位|others)")
_NAMES = re.compile(r"[,，、]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the words of the poster, the participant's name, so many minutes and likes."""

    poster: tuple[str, ...] = ()
    nick: str = ""
    minutes: int = 0
    likes: int = 0


@dataclass(frozen=True, slots=True)
class TextFindings:
    """What was read. ``minutes`` and ``likes`` are -1 where nothing tells them.

    ``likes_stated``: a number stood there, not only names. ``newest`` and ``oldest`` are the least and the most minutes
    that a line says. ``hidden``, ``deleted``: 2 the app says so, 1 some longer text does, 0 nothing.
    """

    words: int = 0
    words_of: int = 0
    nick: bool = False
    newest: int = -1
    oldest: int = -1
    likes: int = -1
    likes_stated: bool = False
    hidden: int = 0
    deleted: int = 0
    score: int = 0


def find_in_text(lines: Iterable[str], wanted: Wanted) -> TextFindings:
    """Everything that the lines, from the top to the bottom, say about the proof."""
    rows = [row for row in (plain(line) for line in list(lines)[:_MAX_LINES]) if row]
    whole = "".join(rows)
    words = words_of(wanted.poster)
    found = sum(_stands_in(word, whole) for word in words)
    nick = plain(wanted.nick)
    named = bool(nick) and (nick in whole if len(nick) > 1 else nick in rows)
    times = _times(rows)
    newest, oldest = (min(times), max(times)) if times else (-1, -1)
    own = plain("".join(wanted.poster))
    likes, stated = _likes([row for row in rows if row not in own])
    return TextFindings(
        found,
        len(words),
        named,
        newest,
        oldest,
        likes,
        stated,
        _said(rows, _HIDDEN, own),
        _said(rows, _DELETED, own),
        _score(found, len(words), named, newest, wanted.minutes),
    )


def plain(text: str) -> str:
    """A text without spaces, in small letters and one width: what an engine may see either way."""
    return "".join(unicodedata.normalize("NFKC", text[:_MAX_LINE]).casefold().split())


def words_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The words of a poster's texts that must be found again: pieces between spaces and signs, from two letters on."""
    pieces: list[str] = []
    for text in texts:
        pieces += re.split(r"[\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return tuple(dict.fromkeys(piece for piece in pieces if len(piece) > 1))[:_MAX_WORDS]


def _stands_in(word: str, whole: str) -> bool:
    if word in whole:
        return True
    if len(word) < _LONG_WORD:
        return False
    pairs = [word[place : place + 2] for place in range(len(word) - 1)]
    return 100 * sum(pair in whole for pair in pairs) >= _LIKE_WORD * len(pairs)


def _times(rows: Sequence[str]) -> list[int]:
    """How many minutes ago, for each line that says it; a line of days counts from its latest moment."""
    found: list[int] = []
    for row in rows:
        found += [int(number) for number in _MINUTES.findall(row)]
        found += [60 * int(number) for number in _HOURS.findall(row)]
        found += [1_440 * (int(number) - 1) for number in _DAYS.findall(row) if int(number) > 1]
        found += [0] if _NOW.match(row) else []
    return found


def _likes(rows: Sequence[str]) -> tuple[int, bool]:
    """The likes: a number that stands there, else the names behind a heart; -1 for neither."""
    for row in rows:
        if len(row) > _COUNT_LINE or ":" in row[1:] and row[0] not in "赞点l":
            continue
        for pattern in _COUNTED:
            match = pattern.search(row)
            if match is not None:
                return int(match.group(1)), True
    for place, row in enumerate(rows):
        if row[0] in _HEART and len(row) > 1:
            return _named(rows[place:])
    return -1, False


def _named(rows: Sequence[str]) -> tuple[int, bool]:
    """How many names the lines of a heart hold; a comment, which has a colon, ends them."""
    text = rows[0][1:]
    for row in rows[1:]:
        if ":" in row or not _NAMES.search(text + row[:1]) and not _NAMES.search(row) or _times([row]):
            break
        text += row if text and _NAMES.match(text[-1]) or _NAMES.match(row[0]) else f"、{row}" if len(row) < 3 else row
    others = _OTHERS.search(text)
    if others is not None:
        return int(others.group(1)), True
    return sum(bool(name) for name in _NAMES.split(text)), False


def _said(rows: Sequence[str], words: Sequence[str], own: str) -> int:
    """2: a short line says it, 1: a longer one does; what the own poster says counts for nothing."""
    hits = [row for row in rows for word in words if word in row and row not in own]
    return max((2 if len(row) <= _APP_LINE else 1 for row in hits), default=0)


def _score(found: int, of: int, nick: bool, newest: int, minutes: int) -> int:
    """0 to 100: half for the words of the poster, then the own name and the time. Too few words never make 60."""
    if not of:
        return 0
    whole, name, time = WEIGHTS
    score = whole * found // of + name * nick + time * (newest >= minutes or not minutes)
    return score if 100 * found >= LEAST_WORDS * of else min(score, LEAST_WORDS - 1)
