"""Secrets at rest: sealed with AES-256-GCM under the installation's key, which lies in the data folder (0600)."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qunflow.domain.errors import QunflowError

KEY_FILE = "secret.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Keys:
    """The installation's key, and keys for one purpose each derived from it."""

    def __init__(self, root: bytes) -> None:
        self._root = root

    @classmethod
    def in_folder(cls, folder: Path) -> Keys:
        """The key of a data folder; made at the first use, by whoever is first."""
        path = folder / KEY_FILE
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{KEY_FILE}.{os.getpid()}"
        if not path.exists():
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(os.urandom(_KEY_BYTES))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass  # another process was first: its key counts
            finally:
                draft.unlink()
        root = path.read_bytes()
        if len(root) != _KEY_BYTES:
            raise QunflowError(
                "key_file", "the key file does not hold 32 bytes", field=str(path), way_out="Restore it from a backup."
            )
        return cls(root)

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose."""
        return hmac.new(self._root, purpose.encode(), hashlib.sha256).digest()

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt; ``purpose`` (such as a channel's name) must be given again to open."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.derive("seal")).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt. Raises QunflowError when the key or the purpose is another, or bytes were changed."""
        try:
            return AESGCM(self.derive("seal")).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:  # too few bytes for a nonce are a ValueError
            raise QunflowError(
                "sealed_elsewhere",
                "a stored secret cannot be opened with this installation's key",
                field=purpose,
                way_out="Restore secret.key of the data folder, or store the secret again.",
            ) from error
