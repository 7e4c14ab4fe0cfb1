"""Pictures are found by parts of their hash: every one within eight bits, whoever they belong to but oneself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qunflow.features.tasks.likeness import NEAR_BITS, is_hash, nearest, picture_key, picture_scopes

HASHES = st.integers(0, 2**64 - 1)


@given(HASHES, st.sets(st.integers(0, 63), max_size=NEAR_BITS))
def test_two_pictures_within_eight_bits_share_a_scope(one: int, flipped: set[int]) -> None:
    other = one
    for bit in flipped:
        other ^= 1 << bit
    shared = set(picture_scopes("winter", f"{one:016x}")) & set(picture_scopes("winter", f"{other:016x}"))
    assert shared
    assert nearest(f"{one:016x}", "b", [picture_key(f"{other:016x}", "c")]) == len(flipped)


@given(HASHES, HASHES)
def test_parts_make_up_the_whole_hash(one: int, other: int) -> None:
    same = picture_scopes("winter", f"{one:016x}") == picture_scopes("winter", f"{other:016x}")
    assert same == (one == other)


def test_the_own_pictures_are_not_somebody_elses_and_another_campaign_is_another_place() -> None:
    keys = [picture_key("00000000000000ff", "b")]
    assert nearest("00000000000000ff", "b", keys) is None
    assert nearest("00000000000000ff", "c", keys) == 0
    assert not set(picture_scopes("winter", "0" * 16)) & set(picture_scopes("spring", "0" * 16))


def test_an_image_without_a_hash_is_like_nothing() -> None:
    for text in ("", "d", "0" * 15, "0" * 17, "G" * 16):
        assert not is_hash(text)
        assert (picture_scopes("winter", text), nearest(text, "b", [picture_key("0" * 16, "c")])) == ((), None)
