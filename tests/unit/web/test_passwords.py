"""Which passwords are refused, and that a hash costs the same for nobody."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from qunflow.domain.errors import InvalidInput
from qunflow.web.passwords import Passwords, check_password


@pytest.mark.parametrize(
    "password",
    [
        "password123", "Passw0rd2026!", "1234567890", "13800138000", "qwertyuiop", "aaaaaaaaaa", "abababababab",
        "iloveyou1314", "woaini5201314", "admin@123456", "qunflow2026", "1qaz2wsx3edc", "abcdefghij", "9876543210",
        "dianzhang123", "DianZhang!2026",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_password(password, "dianzhang")
    assert refused.value.code == "password_common"


@pytest.mark.parametrize("password", ["short", "x" * 257, "九个字的密码不够长"])
def test_a_password_has_ten_to_256_characters(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_password(password, "dianzhang")
    assert refused.value.code == "password_length"


@pytest.mark.parametrize(
    "password", ["correct horse battery", "雨天的蓝色马车慢慢地走", "kV9-tula-Brems", "mango river 41 tin"]
)
def test_other_passwords_are_good(password: str) -> None:
    check_password(password, "dianzhang")


async def test_a_hash_fits_its_password_only_and_never_nobodys() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    stored = await passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$") and "correct" not in stored
    assert await passwords.fits(stored, "correct horse battery")
    assert not await passwords.fits(stored, "correct horse batterz")
    assert not await passwords.fits(None, "correct horse battery")
    assert not await passwords.fits("no hash at all", "correct horse battery")


async def test_a_hash_with_weaker_numbers_is_dated() -> None:
    weak = await Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)).hash("x")
    assert Passwords().is_dated(weak)


async def test_a_name_that_nobody_has_costs_the_same_check() -> None:
    calls = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            calls.append(hash)
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=64, parallelism=1))
    await passwords.fits(None, "x")
    assert len(calls) == 1
