"""Identifiers: time-ordered ids for rows, random short codes for what the public sees."""

from __future__ import annotations

#: Letters of public codes: no vowels and no look-alikes, so codes spell nothing and survive being read aloud.
CODE_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
CODE_LENGTH = 12


def uuid7(unix_ms: int, randomness: bytes) -> str:
    """The text of a version 7 UUID (RFC 9562) from milliseconds since 1970 and ten random bytes."""
    value = (unix_ms & ((1 << 48) - 1)) << 80
    value |= int.from_bytes(randomness[:10], "big")
    value &= ~(0xF000 << 64) & ~(0xC000 << 48)
    value |= (0x7000 << 64) | (0x8000 << 48)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def short_code(randomness: bytes, length: int = CODE_LENGTH) -> str:
    """A public code of ``length`` letters from random bytes (about 4.8 bits a letter)."""
    number = int.from_bytes(randomness, "big")
    letters = []
    for _ in range(length):
        number, position = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[position])
    return "".join(letters)


def stream_id(kind: str, *parts: str) -> str:
    """The name of a stream, e.g. ``participation:summer:0197…``; ``kind`` finds its stream type."""
    return ":".join((kind, *parts))


def stream_kind(stream: str) -> str:
    """The kind of a stream, which is what stands before the first colon."""
    return stream.partition(":")[0]
