"""Signatures of both sides and the envelope of notices (wecom-api.md §12): RSA-SHA256 and AES-256-GCM."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from qunflow.domain.errors import QunflowError

SCHEME = "WECHATPAY2-SHA256-RSA2048"
#: Wall seconds by which a signature may be older or newer than our clock.
MAX_SKEW = 300
_MAX_HEADER = 1_024


class BadSignature(QunflowError):
    """What came is not signed by WeChat Pay, or not now; nothing of it is believed."""

    def __init__(self, code: str, rule: str, way_out: str = "") -> None:
        super().__init__(f"wechatpay_{code}", rule, way_out=way_out, status=401)


def sign(key: RSAPrivateKey, *lines: str) -> str:
    """The signature over lines, each ended by a line feed, as base64."""
    text = "".join(f"{line}\n" for line in lines).encode()
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def authorization(
    key: RSAPrivateKey, mchid: str, serial: str, method: str, target: str, body: str, timestamp: int, nonce: str
) -> str:
    """The header of a request; ``target`` is path and query as they are sent."""
    signature = sign(key, method, target, str(timestamp), nonce, body)
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",'
        f'serial_no="{serial}"'
    )


def check_signed(keys: Mapping[str, RSAPublicKey], headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Check an answer or a notice over its raw bytes; ``keys`` by serial, ``now`` wall seconds. Raises BadSignature."""
    values = {}
    for name in ("timestamp", "nonce", "signature", "serial"):
        value = headers.get(f"wechatpay-{name}", "")
        if not value or len(value) > _MAX_HEADER:
            raise BadSignature("unsigned", f"the header Wechatpay-{name.title()} is missing or too long")
        values[name] = value
    stamp = values["timestamp"]
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12) or abs(now - int(stamp)) > MAX_SKEW:
        raise BadSignature("skew", f"signed more than {MAX_SKEW} seconds away from now", "Check the clocks.")
    key = keys.get(values["serial"])
    if key is None:
        raise BadSignature("serial", "signed with a key that is not the account's", "Check the id of the public key.")
    try:
        signature = base64.b64decode(values["signature"], validate=True)
        key.verify(signature, f"{stamp}\n{values['nonce']}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    except (binascii.Error, InvalidSignature) as error:
        raise BadSignature("signature", "the signature does not fit the body") from error


def open_resource(api_key: str, resource: Mapping[str, Any]) -> bytes:
    """What a notice carries, opened with the APIv3 key. Raises BadSignature when it was not sealed with it."""
    fields = {name: resource.get(name, "") for name in ("algorithm", "ciphertext", "nonce", "associated_data")}
    if not all(isinstance(value, str) for value in fields.values()) or fields["algorithm"] != "AEAD_AES_256_GCM":
        raise BadSignature("resource", "the resource of the notice is not AEAD_AES_256_GCM")
    nonce, extra = fields["nonce"].encode(), fields["associated_data"].encode()
    if len(nonce) != 12:
        raise BadSignature("resource", "the nonce of a notice has 12 bytes")
    try:
        sealed = base64.b64decode(fields["ciphertext"], validate=True)
        return AESGCM(api_key.encode()).decrypt(nonce, sealed, extra)
    except (binascii.Error, InvalidTag) as error:
        raise BadSignature("resource", "the notice cannot be opened", "Check the APIv3 key.") from error


def payment_values(key: RSAPrivateKey, appid: str, prepay: str, timestamp: int, nonce: str) -> dict[str, str]:
    """What the phone hands to WeChat to open the payment of a prepared order."""
    package = f"prepay_id={prepay}"
    signature = sign(key, appid, str(timestamp), nonce, package)
    values = {"appId": appid, "timeStamp": str(timestamp), "nonceStr": nonce, "package": package}
    return {**values, "signType": "RSA", "paySign": signature}
