"""A friend's name and phone at rest: sealed under the installation's key; a keyed digest makes a phone one."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from dataclasses import asdict, dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.storage.sealing import Keys

_PURPOSE = "referral.contact"
MAX_NAME, MAX_PHONE = 40, 20


@dataclass(frozen=True, slots=True)
class FriendContact:
    """How to reach a recommended friend."""

    name: str
    phone: str

    @property
    def masked(self) -> str:
        """Enough to tell two friends apart, too little to call one."""
        digits = plain_phone(self.phone)
        return f"{self.name[:1]}** {digits[:3]}****{digits[-2:]}"


class ContactVault:
    """Seals and opens contacts of friends."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._digest_key = keys.derive("referral.contact.digest")

    def seal(self, contact: FriendContact) -> bytes:
        """A contact for storing."""
        return self._keys.seal(json.dumps(asdict(contact), ensure_ascii=False).encode(), _PURPOSE)

    def open(self, sealed: bytes) -> FriendContact:
        """A stored contact. Raises QunflowError under another key."""
        return FriendContact(**json.loads(self._keys.open(sealed, _PURPOSE)))

    def digest(self, workspace: str, contact: FriendContact) -> str:
        """The same for one phone in one workspace, however it is typed; tells nothing about it without the key."""
        text = f"{workspace}\x00{plain_phone(contact.phone)}"
        return hmac.digest(self._digest_key, text.encode(), hashlib.sha256)[:16].hex()


def plain_phone(phone: str) -> str:
    """Digits only; China's country code does not make another phone."""
    told = unicodedata.normalize("NFKC", phone)
    digits = "".join(letter for letter in told if letter.isascii() and letter.isdigit())
    trimmed = digits.removeprefix("00")
    return trimmed[2:] if trimmed.startswith("86") and len(trimmed) == 13 else trimmed


def check_contact(contact: FriendContact) -> FriendContact:
    """The contact without blanks around it. Raises InvalidInput naming the field."""
    name = " ".join(contact.name.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidInput("friend_name", f"a name of 1 to {MAX_NAME} printable characters", field="name")
    told = unicodedata.normalize("NFKC", contact.phone).strip()
    rest = told.removeprefix("+").replace("-", "").replace(" ", "")
    if len(told) > MAX_PHONE or not (rest.isascii() and rest.isdigit() and 7 <= len(plain_phone(rest)) <= 15):
        raise InvalidInput("friend_phone", "a phone number of 7 to 15 digits", field="phone")
    return FriendContact(name, told)
