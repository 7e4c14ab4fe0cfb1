"""The keys of both sides of the pay sandbox, made once and kept in a folder that only its owner can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from qunflow.domain.errors import InvalidInput

FILE = "merchant.json"
_NAMES = ("private_key", "serial_no", "api_v3_key", "public_key", "public_key_id", "platform_key")


@dataclass(frozen=True, slots=True)
class PayKeys:
    """The merchant's key pair with its serial, the APIv3 key, and the platform's key pair with its id."""

    merchant: RSAPrivateKey
    serial_no: str
    api_v3_key: str
    platform: RSAPrivateKey
    public_key_id: str

    def sign(self, text: bytes) -> str:
        """The platform's signature."""
        return base64.b64encode(self.platform.sign(text, PKCS1v15(), SHA256())).decode()

    def is_merchants(self, text: bytes, signature: bytes) -> bool:
        """Whether the merchant signed the text."""
        try:
            self.merchant.public_key().verify(signature, text, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def seal(self, content: bytes, extra: str) -> dict[str, str]:
        """The encrypted part of a notice."""
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.api_v3_key.encode()).encrypt(nonce.encode(), content, extra.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": extra,
            "nonce": nonce,
        }


def open_keys(folder: Path) -> PayKeys:
    """The keys of a folder, made when there are none. Raises InvalidInput for a file that is none of ours."""
    file = folder / FILE
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(file)
    try:
        data = json.loads(file.read_text("utf-8"))
        merchant, platform = (load_pem_private_key(data[name].encode(), None) for name in ("private_key", _NAMES[-1]))
        serial, api_key, key_id = (str(data[name]) for name in ("serial_no", "api_v3_key", "public_key_id"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("pay_keys", "not a key file of the pay sandbox", field=str(file)) from error
    if not isinstance(merchant, RSAPrivateKey) or not isinstance(platform, RSAPrivateKey):
        raise InvalidInput("pay_keys", "the keys must be RSA", field=str(file))
    return PayKeys(merchant, serial, api_key, platform, key_id)


def _write_new(file: Path) -> None:
    merchant, platform = (generate_private_key(65_537, 2_048) for _ in range(2))
    public = platform.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    values = (
        _private(merchant),
        secrets.token_hex(20).upper(),
        secrets.token_hex(16),
        public.decode(),
        f"PUB_KEY_ID_{secrets.randbelow(10**20):020d}",
        _private(platform),
    )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(dict(zip(_NAMES, values, strict=True)), opened, indent=2)


def _private(key: RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
