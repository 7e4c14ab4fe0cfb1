"""The callback envelope: AES-256-CBC, its frame and its signature (wecom-api.md §2).

Written apart from the connector on purpose: two readings of one rule must agree.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_KEY_TEXT = re.compile(r"[A-Za-z0-9]{43}")


class SealError(ValueError):
    """A key, an envelope or a receive id that is not what it should be."""


def key_of(encoding_aes_key: str) -> bytes:
    """The 32-byte key behind an EncodingAESKey of 43 alphanumerics; ``SealError`` otherwise."""
    if not _KEY_TEXT.fullmatch(encoding_aes_key):
        raise SealError("EncodingAESKey must be 43 letters and digits")
    return base64.b64decode(encoding_aes_key + "=")


def signature(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    """SHA-1, in hex, of the four parts sorted and joined."""
    joined = "".join(sorted((token, timestamp, nonce, sealed)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def seal(plain: bytes, key: bytes, receive_id: str, random16: bytes) -> str:
    """Frame, pad to a multiple of 32 and encrypt; base64 text. ``random16``: 16 random bytes."""
    frame = random16 + len(plain).to_bytes(4, "big") + plain + receive_id.encode()
    padding = _BLOCK - len(frame) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(frame + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def open_sealed(sealed: str, key: bytes, receive_id: str) -> bytes:
    """The message inside an envelope; ``SealError`` when padding, length or receive id do not fit."""
    try:
        cipher_text = base64.b64decode(sealed, validate=True)
    except binascii.Error as error:
        raise SealError("the envelope is not base64") from error
    if not cipher_text or len(cipher_text) % 16:
        raise SealError("the envelope is no whole number of cipher blocks")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    frame = decryptor.update(cipher_text) + decryptor.finalize()
    padding = frame[-1]
    if not 1 <= padding <= _BLOCK or frame[-padding:] != bytes([padding]) * padding:
        raise SealError("the padding is wrong")
    frame = frame[:-padding]
    end = 20 + int.from_bytes(frame[16:20], "big")
    if len(frame) < 20 or end > len(frame):
        raise SealError("the stated length runs past the frame")
    if frame[end:] != receive_id.encode():
        raise SealError("the receive id is another's")
    return frame[20:end]
