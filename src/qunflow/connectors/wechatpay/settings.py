"""Credentials, words and capabilities of a merchant's account at WeChat Pay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from qunflow.domain.errors import InvalidInput
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.payments import PAYMENT_ACTIONS, CancelTransfer, ClosePayment, OpenPayment, SendRefund, SendTransfer

OFFICIAL_URL = "https://api.mch.weixin.qq.com"

#: Everything is done by calls; whatever is no payment is not possible here.
WAYS: Mapping[str, Way] = MappingProxyType({str(kind.KIND): Way.AUTOMATIC for kind in PAYMENT_ACTIONS})  # type: ignore[attr-defined]
#: What moves money is asked for by its own number before it is tried again; the rest may simply be repeated.
ON_UNKNOWN: Mapping[str, OnUnknown] = MappingProxyType(
    {
        **{str(kind.KIND): OnUnknown.READ_ONLY for kind in PAYMENT_ACTIONS},  # type: ignore[attr-defined]
        SendTransfer.KIND: OnUnknown.DETECTABLE,
        SendRefund.KIND: OnUnknown.DETECTABLE,
        OpenPayment.KIND: OnUnknown.NATIVE_KEY,
        CancelTransfer.KIND: OnUnknown.NATIVE_KEY,
        ClosePayment.KIND: OnUnknown.NATIVE_KEY,
    }
)

_PATTERNS = {
    "mchid": (re.compile(r"[0-9]{6,32}"), "6 to 32 digits"),
    "appid": (re.compile(r"[A-Za-z0-9_-]{1,32}"), "1 to 32 letters or digits"),
    "serial_no": (re.compile(r"[0-9A-Fa-f]{1,64}"), "1 to 64 hexadecimal digits"),
    "public_key_id": (re.compile(r"(PUB_KEY_ID_)?[0-9A-Za-z]{1,64}"), "as WeChat Pay shows it"),
    "api_v3_key": (re.compile(r"[!-~]{32}"), "32 letters or digits"),
    "scene_id": (re.compile(r"[0-9]{1,36}"), "digits"),
}
_TEXTS = {"remark": 32, "activity": 32, "reward": 32, "goods": 42}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_MAX_PEM = 8_192


@dataclass(frozen=True, slots=True)
class WechatPaySettings:
    """One merchant; raises :class:`InvalidInput` for the first field that breaks its rule.

    ``appid`` is the app whose openids are used; a corp id is allowed. ``public_key`` is WeChat Pay's (a public key or
    a platform certificate), ``public_key_id`` its id or serial. ``scene_id`` is the transfer scene that the merchant
    was granted (1000: cash marketing), ``activity`` and ``reward`` what it reports for it, ``remark`` what the receiver
    reads, ``goods`` the name of an order. ``plain_http`` allows an address without TLS: for a sandbox only.
    """

    mchid: str
    appid: str
    serial_no: str
    private_key: str = field(repr=False)
    api_v3_key: str = field(repr=False)
    public_key: str = field(repr=False)
    public_key_id: str
    notify_url: str
    base_url: str = OFFICIAL_URL
    plain_http: bool = False
    scene_id: str = "1000"
    activity: str = "社群活动"
    reward: str = "活动奖励"
    remark: str = "活动奖励"
    goods: str = "活动商品"
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        for name, (pattern, rule) in _PATTERNS.items():
            if not pattern.fullmatch(getattr(self, name)):
                raise InvalidInput(f"wechatpay_{name}", f"must be {rule}", field=name)
        for name, most in _TEXTS.items():
            if not 1 <= len(getattr(self, name)) <= most:
                raise InvalidInput(f"wechatpay_{name}", f"a text of 1 to {most} characters", field=name)
        _check_url("base_url", self.base_url, self.plain_http)
        if urlsplit(self.base_url).path.strip("/"):
            raise InvalidInput("wechatpay_base_url", "an address without a path: paths are signed", field="base_url")
        _check_url("notify_url", self.notify_url, self.plain_http)
        if not 0.05 <= self.timeout_seconds <= 60:
            raise InvalidInput("wechatpay_timeout", "0.05 to 60 seconds", field="timeout_seconds")
        load_private(self.private_key)
        load_public(self.public_key)


def _check_url(name: str, value: str, plain: bool) -> None:
    """An address with TLS; without it only on this machine, or where ``plain_http`` says so."""
    parts = urlsplit(value)
    fits = len(value) <= 255 and bool(parts.hostname) and not parts.query and not parts.fragment
    allowed = plain or parts.hostname in _LOCAL_HOSTS
    if not fits or not (parts.scheme == "https" or (parts.scheme == "http" and allowed)):
        raise InvalidInput(
            f"wechatpay_{name}",
            "an https address of at most 255 characters",
            field=name,
            way_out="For a sandbox on another host set plain_http.",
        )


def load_private(pem: str) -> RSAPrivateKey:
    """The merchant's key. Raises InvalidInput, which shows nothing of it."""
    try:
        key = load_pem_private_key(pem[:_MAX_PEM].encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _bad_key("private_key", "a PEM private key without a password") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise _bad_key("private_key", "an RSA key of at least 2048 bits")
    return key


def load_public(pem: str) -> RSAPublicKey:
    """WeChat Pay's key, from a public key or a certificate. Raises InvalidInput."""
    data = pem[:_MAX_PEM].encode()
    try:
        is_certificate = b"BEGIN CERTIFICATE" in data
        key = load_pem_x509_certificate(data).public_key() if is_certificate else load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise _bad_key("public_key", "a PEM public key or certificate") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise _bad_key("public_key", "an RSA key of at least 2048 bits")
    return key


def _bad_key(name: str, rule: str) -> InvalidInput:
    return InvalidInput(f"wechatpay_{name}", f"must be {rule}", field=name, way_out="Copy the whole file.")
