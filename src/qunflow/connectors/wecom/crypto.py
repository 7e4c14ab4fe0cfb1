"""The envelope of WeCom callbacks: signature, AES-256-CBC and frame (wecom-api.md §2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from qunflow.domain.errors import QunflowError

BLOCK = 32
RANDOM_BYTES = 16
LENGTH_BYTES = 4
MAX_MESSAGE_BYTES = 1_048_576
#: Base64 of the largest frame: random, length, message, receiver (≤ 128 bytes) and one whole block of padding.
MAX_ENCRYPTED_CHARS = (MAX_MESSAGE_BYTES + 512) * 4 // 3


class EnvelopeReason(StrEnum):
    """Why an envelope could not be opened, sealed or set up."""

    BAD_KEY = "bad_key"
    BAD_SIGNATURE = "bad_signature"
    BAD_BASE64 = "bad_base64"
    BAD_LENGTH = "bad_length"
    BAD_PADDING = "bad_padding"
    BAD_FRAME = "bad_frame"
    FOREIGN_RECEIVER = "foreign_receiver"


_RULES: dict[EnvelopeReason, tuple[str, str]] = {
    EnvelopeReason.BAD_KEY: (
        "The EncodingAESKey must be 43 characters of base64, which make 32 bytes.",
        "Copy it again from the callback page of the WeCom console.",
    ),
    EnvelopeReason.BAD_SIGNATURE: (
        "The signature does not fit token, timestamp, nonce and text.",
        "Check that the Token here and in the WeCom console are the same.",
    ),
    EnvelopeReason.BAD_BASE64: ("The encrypted text is not base64.", "Send it as WeCom does."),
    EnvelopeReason.BAD_LENGTH: (
        f"The encrypted text must be whole blocks of {BLOCK} bytes and at most {MAX_MESSAGE_BYTES} bytes long.",
        "Send it whole.",
    ),
    EnvelopeReason.BAD_PADDING: (
        "The padding is not right.",
        "Check that the EncodingAESKey here and in the WeCom console are the same.",
    ),
    EnvelopeReason.BAD_FRAME: (
        "The length written in the frame does not fit what came.",
        "Check that the EncodingAESKey here and in the WeCom console are the same.",
    ),
    EnvelopeReason.FOREIGN_RECEIVER: (
        "The message is for another corp.",
        "Check the corp id of this channel.",
    ),
}
_FORBIDDEN = (EnvelopeReason.BAD_SIGNATURE, EnvelopeReason.FOREIGN_RECEIVER)


class EnvelopeError(QunflowError):
    """An envelope was refused; ``reason`` says at which check."""

    def __init__(self, reason: EnvelopeReason) -> None:
        self.reason = reason
        rule, way_out = _RULES[reason]
        status = 403 if reason in _FORBIDDEN else 400
        super().__init__(f"wecom_envelope_{reason.value}", rule, way_out=way_out, status=status)


class Envelope:
    """Opens and seals callback messages of one account; ``receive_id`` is the corp id of a self-built app."""

    __slots__ = ("_key", "_receive_id", "_token")

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        """Raises :class:`EnvelopeError` (``bad_key``) when ``aes_key`` does not make 32 bytes."""
        self._token = token
        self._key = _key_bytes(aes_key)
        self._receive_id = receive_id.encode()

    def __repr__(self) -> str:
        return f"Envelope(receive_id={self._receive_id.decode()!r})"

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """SHA-1 in hex over the sorted parts."""
        parts = sorted((self._token, timestamp, nonce, encrypted))
        return hashlib.sha1("".join(parts).encode(errors="replace"), usedforsecurity=False).hexdigest()

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """The message inside; raises :class:`EnvelopeError` at the first check that fails, the signature first."""
        if len(encrypted) > MAX_ENCRYPTED_CHARS:
            raise EnvelopeError(EnvelopeReason.BAD_LENGTH)
        expected = self.sign(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
            raise EnvelopeError(EnvelopeReason.BAD_SIGNATURE)
        frame = _without_padding(self._decrypt(_ciphertext(encrypted)))
        return self._message_of(frame)

    def seal(self, message: bytes | str, timestamp: str, nonce: str, random16: bytes | None = None) -> tuple[str, str]:
        """``(encrypted, signature)`` of a message; ``random16`` makes it repeatable for tests."""
        content = message.encode() if isinstance(message, str) else message
        if len(content) > MAX_MESSAGE_BYTES:
            raise EnvelopeError(EnvelopeReason.BAD_LENGTH)
        lead = secrets.token_bytes(RANDOM_BYTES) if random16 is None else random16
        if len(lead) != RANDOM_BYTES:
            raise EnvelopeError(EnvelopeReason.BAD_FRAME)
        frame = lead + len(content).to_bytes(LENGTH_BYTES, "big") + content + self._receive_id
        padding = BLOCK - len(frame) % BLOCK
        encryptor = Cipher(AES256(self._key), CBC(self._key[:16])).encryptor()
        sealed = encryptor.update(frame + bytes([padding]) * padding) + encryptor.finalize()
        encrypted = base64.b64encode(sealed).decode()
        return encrypted, self.sign(timestamp, nonce, encrypted)

    def _decrypt(self, ciphertext: bytes) -> bytes:
        decryptor = Cipher(AES256(self._key), CBC(self._key[:16])).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    def _message_of(self, frame: bytes) -> bytes:
        start = RANDOM_BYTES + LENGTH_BYTES
        if len(frame) < start:
            raise EnvelopeError(EnvelopeReason.BAD_FRAME)
        end = start + int.from_bytes(frame[RANDOM_BYTES:start], "big")
        if end > len(frame):
            raise EnvelopeError(EnvelopeReason.BAD_FRAME)
        if not hmac.compare_digest(frame[end:], self._receive_id):
            raise EnvelopeError(EnvelopeReason.FOREIGN_RECEIVER)
        return frame[start:end]


def _key_bytes(aes_key: str) -> bytes:
    try:
        key = base64.b64decode(aes_key + "=", validate=True) if len(aes_key) == 43 else b""
    except ValueError as error:  # binascii.Error is one; so is a letter outside ASCII
        raise EnvelopeError(EnvelopeReason.BAD_KEY) from error
    if len(key) != BLOCK:
        raise EnvelopeError(EnvelopeReason.BAD_KEY)
    return key


def _ciphertext(encrypted: str) -> bytes:
    try:
        ciphertext = base64.b64decode(encrypted, validate=True)
    except ValueError as error:
        raise EnvelopeError(EnvelopeReason.BAD_BASE64) from error
    if not ciphertext or len(ciphertext) % BLOCK:
        raise EnvelopeError(EnvelopeReason.BAD_LENGTH)
    return ciphertext


def _without_padding(padded: bytes) -> bytes:
    size = padded[-1]
    if not 1 <= size <= BLOCK or padded[-size:] != bytes([size]) * size:
        raise EnvelopeError(EnvelopeReason.BAD_PADDING)
    return padded[:-size]
