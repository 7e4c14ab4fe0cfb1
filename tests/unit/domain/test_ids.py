"""Ids are what they claim to be, and money never rounds up."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunflow.domain.ids import CODE_ALPHABET, short_code, stream_id, stream_kind, uuid7
from qunflow.domain.money import BPS, MAX_FEN, share_bps, yuan

random_bytes = st.binary(min_size=10, max_size=10)


@given(st.integers(0, 2**48 - 1), random_bytes)
def test_a_uuid7_says_its_version_its_variant_and_its_time(milliseconds: int, randomness: bytes) -> None:
    made = UUID(uuid7(milliseconds, randomness))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == milliseconds


@given(st.integers(0, 2**48 - 2), random_bytes, random_bytes)
def test_a_later_uuid7_sorts_later(milliseconds: int, one: bytes, two: bytes) -> None:
    assert uuid7(milliseconds, one) < uuid7(milliseconds + 1, two)


def test_all_other_bits_of_a_uuid7_are_random() -> None:
    ones, zeros = UUID(uuid7(0, b"\xff" * 10)).int, UUID(uuid7(0, b"\0" * 10)).int
    assert (ones ^ zeros).bit_count() == 74


@given(st.binary(min_size=16, max_size=16), st.integers(1, 20))
def test_a_short_code_has_its_length_and_no_vowels_or_look_alikes(randomness: bytes, length: int) -> None:
    code = short_code(randomness, length)
    assert len(code) == length
    assert set(code) <= set(CODE_ALPHABET)
    assert not set(code) & set("aeiou01lO")


def test_different_bytes_give_different_codes() -> None:
    codes = {short_code(number.to_bytes(16, "big")) for number in range(2000)}
    assert len(codes) == 2000


def test_the_kind_of_a_stream_stands_before_the_first_colon() -> None:
    assert stream_id("group", "wx", "a:b") == "group:wx:a:b"
    assert stream_kind("group:wx:a:b") == "group"
    assert stream_kind("alone") == "alone"


@given(st.integers(0, MAX_FEN), st.integers(0, BPS))
def test_a_share_is_floored_and_never_more_than_the_whole(amount: int, rate: int) -> None:
    share = share_bps(amount, rate)
    assert 0 <= share <= amount
    assert share * BPS <= amount * rate < (share + 1) * BPS


@pytest.mark.parametrize(
    ("fen", "shown"), [(0, "0.00"), (1, "0.01"), (1881, "18.81"), (-5, "-0.05"), (-1881, "-18.81"), (100, "1.00")]
)
def test_fen_are_shown_as_yuan_with_two_decimals(fen: int, shown: str) -> None:
    assert yuan(fen) == shown
