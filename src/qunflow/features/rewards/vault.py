"""Codes and addresses at rest: sealed under the installation's key; a keyed digest finds a code without opening any."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import unicodedata
from dataclasses import asdict, dataclass

from qunflow.domain.errors import InvalidInput
from qunflow.domain.ids import short_code
from qunflow.storage.sealing import Keys

_CODE, _ADDRESS = "reward.code", "reward.address"
_LENGTHS = {"name": 40, "phone": 20, "region": 60, "street": 120, "postcode": 12}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes; ``region`` is province, city and district."""

    name: str
    phone: str
    region: str
    street: str
    postcode: str = ""


class Vault:
    """Seals and opens what must not be read in the database."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._code_key = keys.derive("reward.code.digest")
        self._address_key = keys.derive("reward.address.digest")

    def seal_code(self, code: str) -> bytes:
        """A code for storing."""
        return self._keys.seal(code.encode(), _CODE)

    def open_code(self, sealed: bytes) -> str:
        """A stored code. Raises QunflowError under another key."""
        return self._keys.open(sealed, _CODE).decode()

    def code_digest(self, code: str) -> bytes:
        """The same for the same code; tells nothing about it without the key."""
        return hmac.digest(self._code_key, code.encode(), hashlib.sha256)[:20]

    def new_code(self) -> str:
        """A code of our own making: 12 letters and digits that are not mistaken for each other."""
        return short_code(os.urandom(16))

    def seal_address(self, address: Address) -> bytes:
        """An address for storing."""
        return self._keys.seal(json.dumps(asdict(address), ensure_ascii=False).encode(), _ADDRESS)

    def open_address(self, sealed: bytes) -> Address:
        """A stored address. Raises QunflowError under another key."""
        return Address(**json.loads(self._keys.open(sealed, _ADDRESS)))

    def address_digest(self, address: Address) -> str:
        """The same for one place however it is typed: widths, case, blanks and punctuation do not count."""
        text = unicodedata.normalize("NFKC", address.region + address.street).casefold()
        plain = "".join(letter for letter in text if letter.isalnum())
        return hmac.digest(self._address_key, plain.encode(), hashlib.sha256)[:16].hex()


def check_address(address: Address) -> Address:
    """The address without blanks around it. Raises InvalidInput naming the field."""
    told = {name: " ".join(getattr(address, name).split()) for name in _LENGTHS}
    for name, most in _LENGTHS.items():
        least = 0 if name == "postcode" else 2
        value = told[name]
        if not least <= len(value) <= most or any(not letter.isprintable() for letter in value):
            raise InvalidInput("address_field", f"{least} to {most} printable characters", field=name)
    phone = told["phone"].lstrip("+").replace("-", "").replace(" ", "")
    if not (phone.isascii() and phone.isdigit() and 5 <= len(phone) <= 15):
        raise InvalidInput("address_phone", "a phone number of 5 to 15 digits", field="phone")
    if not any(letter.isalnum() for letter in told["street"]):
        raise InvalidInput("address_field", "street and number", field="street")
    return Address(**told)
