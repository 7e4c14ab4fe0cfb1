"""A small question of our own making, in words: what keeps simple scripts out and everybody with a keyboard in (E27).

A question follows from a seed that only we can make, so nothing about it is stored; its page carries a signed ticket.
It slows a flood down and costs whoever runs many accounts a hand for each; a program made for it can answer it. That is
why it frees only what was held for its haste.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: A question is good for so long.
GOOD_FOR = timedelta(minutes=10)
MAX_ANSWER = 12
_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TICKET = re.compile(r"([0-9a-f]{16})-([0-9]{1,12})-([A-Za-z0-9_=-]{8,64})")


@dataclass(frozen=True, slots=True)
class Question:
    """``left`` plus ``right``, or minus it; nobody sees a number below zero."""

    left: int
    right: int
    minus: bool

    @property
    def answer(self) -> int:
        """What is right."""
        return self.left - self.right if self.minus else self.left + self.right

    def words(self, language: str) -> tuple[str, str, str]:
        """The two numbers in words, and which text joins them: ``plus`` or ``minus``."""
        spell = chinese if language == "zh" else english
        return spell(self.left), spell(self.right), "minus" if self.minus else "plus"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a page sends back with the answer: the question's name, when it was asked, and our signature."""

    nonce: str
    asked_at: datetime
    signature: str

    def __str__(self) -> str:
        return f"{self.nonce}-{int(self.asked_at.timestamp())}-{self.signature}"

    def is_late(self, at: datetime) -> bool:
        """Whether the question is too old, or not asked yet."""
        return not self.asked_at <= at < self.asked_at + GOOD_FOR


def question_of(seed: str) -> Question:
    """The question of a seed: 21 to 69 and 3 to 19, added or taken away."""
    drawn = hashlib.blake2b(seed.encode(), digest_size=8).digest()
    return Question(
        21 + int.from_bytes(drawn[:3], "big") % 49, 3 + int.from_bytes(drawn[3:6], "big") % 17, drawn[6] % 2 == 1
    )


def is_right(question: Question, answer: str) -> bool:
    """Whether somebody wrote the right number: digits of any width, blanks around them."""
    text = unicodedata.normalize("NFKC", answer[:MAX_ANSWER]).strip()
    return text.isascii() and text.isdigit() and int(text) == question.answer


def read_ticket(text: str) -> Ticket | None:
    """A ticket as a page sent it, its signature not yet checked; None for what is none."""
    found = _TICKET.fullmatch(text[:120])
    if found is None or len(found[2]) > 11:
        return None
    return Ticket(found[1], datetime.fromtimestamp(int(found[2]), UTC), found[3])


def chinese(number: int) -> str:
    """A number below a hundred as it is written in Chinese."""
    tens, rest = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[rest] if rest or not tens else "")


def english(number: int) -> str:
    """A number below a hundred as it is written in English."""
    tens, rest = divmod(number, 10)
    if tens == 1:
        return _TEENS[rest]
    return "-".join(filter(None, (_TENS[tens], _UNITS[rest]))) or "zero"
