"""Passwords: what makes one good enough, and their argon2id hashes, worked out in a thread two at a time."""

from __future__ import annotations

import asyncio
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from qunflow.domain.errors import InvalidInput

MIN_LENGTH = 10
MAX_LENGTH = 256
#: Each check takes 64 MB for about 50 ms of two cores; more at once would only wait for each other.
AT_ONCE = 2
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
#: What guessing begins with, in English and Pinyin; long ones first, because they are taken out in this order.
_COMMON = (
    "administrator", "changeme", "qunflow", "password", "passw0rd", "p@ssw0rd", "p@ssword", "passwort", "superman",
    "woaiwojia", "woaiwoziji", "baobao", "zhongguo", "aini1314", "woaini", "iloveyou", "sunshine", "princess",
    "football", "baseball", "starwars", "trustno", "whatever", "welcome", "letmein", "monkey", "dragon", "master",
    "shadow", "secret", "freedom", "computer", "internet", "company", "default", "console", "weixin", "wechat",
    "tencent", "taobao", "alibaba", "manager", "operator", "admin", "guest", "hello", "login", "system", "qweasd",
    "asdasd", "qazwsx", "abc", "root", "test", "user", "love", "pass", "wang", "zhang", "china", "beijing", "shanghai",
)  # fmt: skip


class Passwords:
    """Hashes and checks passwords; also spends the same work on a name that does not exist."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The argon2id hash of a password that :func:`check_password` let pass."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether a password belongs to a hash; None (no such account) takes as long and never fits."""
        if not self._nobody:
            self._nobody = await self.hash(secrets.token_hex(16))
        async with self._turn:
            fits = await asyncio.to_thread(self._verify, stored or self._nobody, password[: MAX_LENGTH + 1])
        return fits and stored is not None

    def is_dated(self, stored: str) -> bool:
        """Whether a hash was made with weaker numbers than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def check_password(password: str, name: str) -> None:
    """Raises InvalidInput when a password is too short, too long or among the first guesses."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput(
            "password_length", f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters", field="password"
        )
    if is_guessed_first(password, name):
        raise InvalidInput(
            "password_common",
            "this password is among the first that are guessed",
            field="password",
            way_out="Take four words that do not belong together.",
        )


def is_guessed_first(password: str, name: str = "") -> bool:
    """Whether little is left of a password once common words, its owner's name, rows of keys and digits are gone."""
    rest = password.casefold()
    if len(set(rest)) < 5:
        return True
    for word in (name.strip().casefold(), *_COMMON):
        if len(word) >= 3:
            rest = rest.replace(word, "")
    for row in _ROWS:
        rest = _without_runs(_without_runs(rest, row), row[::-1])
    rest = re.sub(r"[\d\W_]", "", rest)
    return len(set(rest)) < 3


def _without_runs(text: str, row: str) -> str:
    """The text without pieces of four or more neighbours of a row of keys."""
    for length in range(len(row), 3, -1):
        for start in range(len(row) - length + 1):
            text = text.replace(row[start : start + length], "")
    return text
