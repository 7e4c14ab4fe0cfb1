"""The callback envelope against published vectors, and what it must refuse (wecom-api.md §2)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.wecom.scripted import AES_KEY, CORP, TOKEN

from qunflow.connectors.wecom.crypto import MAX_MESSAGE_BYTES, Envelope, EnvelopeError, EnvelopeReason

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "crypto_vectors.json").read_text())
ENVELOPE = Envelope(TOKEN, AES_KEY, CORP)
WHEN = ("1409659813", "1372623149")


def refused(encrypted: str, signature: str | None = None, envelope: Envelope = ENVELOPE) -> EnvelopeReason:
    signed = envelope.sign(*WHEN, encrypted) if signature is None else signature
    with pytest.raises(EnvelopeError) as caught:
        envelope.open(signed, *WHEN, encrypted)
    return caught.value.reason


def sealed_frame(frame: bytes) -> str:
    key = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(AES256(key), CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(frame) + encryptor.finalize()).decode()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_opens_and_seals_the_published_vectors(vector: dict[str, Any]) -> None:
    envelope = Envelope(vector["token"], vector["aes"], vector["rid"])
    message = envelope.open(vector["sig"], vector["ts"], vector["nonce"], vector["enc"])
    assert message.decode() == vector["r"]["msg"]
    lead = vector.get("rnd", vector["r"]["rnd"])
    random16 = lead.encode() if len(lead) == 16 else bytes.fromhex(lead)
    sealed = envelope.seal(message, vector["ts"], vector["nonce"], random16)
    assert sealed == (vector["enc"], vector["sig"])


@pytest.mark.parametrize("size", range(101))
def test_round_trip_around_every_block_border(size: int) -> None:
    message = bytes(index % 256 for index in range(size))
    encrypted, signature = ENVELOPE.seal(message, *WHEN)
    assert ENVELOPE.open(signature, *WHEN, encrypted) == message
    assert len(base64.b64decode(encrypted)) % 32 == 0


@given(st.text(max_size=300), st.text(max_size=20), st.text(max_size=20))
def test_round_trip_of_any_text(message: str, timestamp: str, nonce: str) -> None:
    clean = message.encode(errors="replace").decode()
    encrypted, signature = ENVELOPE.seal(clean, timestamp, nonce)
    assert ENVELOPE.open(signature, timestamp, nonce, encrypted).decode() == clean


def test_lengths_count_bytes_of_multibyte_text() -> None:
    encrypted, signature = ENVELOPE.seal("欢迎加入社群🎉", *WHEN)
    assert ENVELOPE.open(signature, *WHEN, encrypted).decode() == "欢迎加入社群🎉"


@given(st.binary(max_size=80), st.data())
def test_any_flipped_bit_is_refused(message: bytes, data: st.DataObject) -> None:
    encrypted, signature = ENVELOPE.seal(message, *WHEN, b"0123456789abcdef")
    parts = [part.encode() for part in (signature, *WHEN, encrypted)]
    which = data.draw(st.integers(0, 3))
    place = data.draw(st.integers(0, len(parts[which]) * 8 - 1))
    broken = bytearray(parts[which])
    broken[place // 8] ^= 1 << place % 8
    parts[which] = bytes(broken)
    with pytest.raises(EnvelopeError) as caught:
        ENVELOPE.open(*(part.decode("latin-1") for part in parts))
    assert caught.value.reason is EnvelopeReason.BAD_SIGNATURE


@given(st.binary(max_size=80), st.data())
def test_a_truncated_text_is_refused_even_when_signed_anew(message: bytes, data: st.DataObject) -> None:
    encrypted, _ = ENVELOPE.seal(message, *WHEN)
    short = encrypted[: data.draw(st.integers(0, len(encrypted) - 1))]
    refused(short)


def test_missing_tail_blocks_are_refused() -> None:
    encrypted, _ = ENVELOPE.seal(b"x" * 200, *WHEN)
    cut = base64.b64encode(base64.b64decode(encrypted)[:-32]).decode()
    assert refused(cut) in (EnvelopeReason.BAD_PADDING, EnvelopeReason.BAD_FRAME)


def test_each_check_has_its_reason() -> None:
    encrypted, signature = ENVELOPE.seal(b"hello", *WHEN)
    tail = CORP.encode()
    frame = b"0" * 16 + (5).to_bytes(4, "big") + b"hello" + tail  # 43 bytes, so 21 of padding
    assert refused(encrypted, signature[:-1]) is EnvelopeReason.BAD_SIGNATURE
    assert refused(encrypted, "签名") is EnvelopeReason.BAD_SIGNATURE
    assert refused(encrypted + "!") is EnvelopeReason.BAD_BASE64
    assert refused("") is EnvelopeReason.BAD_LENGTH
    assert refused(base64.b64encode(b"x" * 48).decode()) is EnvelopeReason.BAD_LENGTH
    assert refused("A" * 2_000_000) is EnvelopeReason.BAD_LENGTH
    assert refused(sealed_frame(frame + b"\x16" * 21)) is EnvelopeReason.BAD_PADDING
    assert refused(sealed_frame(frame + b"\x00" * 21)) is EnvelopeReason.BAD_PADDING
    assert refused(sealed_frame(frame + b"\x01" * 1 + b"\x15" * 20)) is EnvelopeReason.BAD_PADDING
    long_length = frame[:16] + (2**32 - 1).to_bytes(4, "big") + frame[20:]
    assert refused(sealed_frame(long_length + b"\x15" * 21)) is EnvelopeReason.BAD_FRAME
    assert refused(sealed_frame(b"\x20" * 32)) is EnvelopeReason.BAD_FRAME
    other, _ = Envelope(TOKEN, AES_KEY, CORP + "x").seal(b"hello", *WHEN)
    assert refused(other) is EnvelopeReason.FOREIGN_RECEIVER


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "!" * 43, "密" * 43, AES_KEY[:-1] + " "])
def test_a_wrong_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(EnvelopeError) as caught:
        Envelope(TOKEN, key, CORP)
    assert caught.value.reason is EnvelopeReason.BAD_KEY


def test_sealing_refuses_what_could_not_be_opened() -> None:
    with pytest.raises(EnvelopeError):
        ENVELOPE.seal(b"x" * (MAX_MESSAGE_BYTES + 1), *WHEN)
    with pytest.raises(EnvelopeError):
        ENVELOPE.seal(b"x", *WHEN, b"short")
    largest, signature = ENVELOPE.seal(b"x" * MAX_MESSAGE_BYTES, *WHEN)
    assert len(ENVELOPE.open(signature, *WHEN, largest)) == MAX_MESSAGE_BYTES


def test_secrets_are_not_shown() -> None:
    assert TOKEN not in repr(ENVELOPE) and AES_KEY not in repr(ENVELOPE)
