"""How alike two pictures are, by their 64-bit difference hashes (campaigns.md §8.5). Pure.

Pictures are found again by nine parts of their hash: two that differ in at most eight bits have at least one part in
common, so nine short looks find every one of them, however many were handed in.
"""

from __future__ import annotations

from collections.abc import Iterable

#: At most so many different bits: very likely the same picture, or one made from it.
ALIKE_BITS = 2
#: At most so many: worth an earlier look.
NEAR_BITS = 8
PARTS = NEAR_BITS + 1
_PART_BITS = 7
_HASH_DIGITS = 16


def picture_scopes(campaign: str, dhash: str) -> tuple[str, ...]:
    """The scopes of claims under which a picture is remembered, one for each part of its hash; none without a hash."""
    if not is_hash(dhash):
        return ()
    value, mask = int(dhash, 16), (1 << _PART_BITS) - 1
    parts = [value >> place * _PART_BITS & mask for place in range(PARTS - 1)]
    parts.append(value >> (PARTS - 1) * _PART_BITS)
    return tuple(f"picture:{campaign}:{place}:{part:x}" for place, part in enumerate(parts))


def picture_key(dhash: str, person: str) -> str:
    """The key of a picture in each of its scopes."""
    return f"{dhash}:{person}"


def nearest(dhash: str, person: str, keys: Iterable[str]) -> int | None:
    """Bits between a picture and the most alike one of anybody else; None when there is none."""
    if not is_hash(dhash):
        return None
    own = int(dhash, 16)
    others = {key[:_HASH_DIGITS] for key in keys if key[_HASH_DIGITS + 1 :] != person}
    return min(((own ^ int(other, 16)).bit_count() for other in others), default=None)


def is_hash(text: str) -> bool:
    """Whether this is a hash of 16 hex digits; an unreadable image has none."""
    return len(text) == _HASH_DIGITS and all(letter in "0123456789abcdef" for letter in text)
