"""Public links: short, signed, and nothing in them but ids. A link opens one person's page in one campaign."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from qunflow.domain.errors import NotFound
from qunflow.web.networks import Networks

#: No proxy of ours, and what carriers share.
EVERYWHERE = Networks()
_SIGNATURE = 15  # bytes: 120 bits
_BLOCK = 64  # bytes of a block of SHA-256
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


@dataclass(frozen=True, slots=True)
class PersonLink:
    """Whose page a link opens."""

    workspace: str
    campaign: str
    person: str


@dataclass(frozen=True, slots=True)
class UnitLink:
    """Which unit of a campaign model a link shows."""

    workspace: str
    campaign: str
    unit: str


class Links:
    """Makes and checks links of one installation; ``secret`` never leaves it."""

    def __init__(self, base_url: str, secret: bytes, networks: Networks = EVERYWHERE) -> None:
        self.networks = networks
        self.base_url = base_url.rstrip("/")
        block = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER_PAD))
        self._outer = hashlib.sha256(block.translate(_OUTER_PAD))

    def code(self, code: str) -> str:
        """The address of a live code: what stands in every poster's QR."""
        return f"{self.base_url}/c/{code}"

    def person(self, link: PersonLink, page: str = "") -> str:
        """The address of a person's progress page, or of a page below it."""
        tail = f"/{page}" if page else ""
        return f"{self.base_url}/p/{self.seal(link)}{tail}"

    def seal(self, link: PersonLink) -> str:
        """The signed part of a person's links."""
        payload = "\n".join((link.workspace, link.campaign, link.person)).encode()
        return base64.urlsafe_b64encode(self._sign(b"person", payload) + payload).rstrip(b"=").decode()

    def open(self, sealed: str) -> PersonLink:
        """Whose page it is. Raises NotFound for anything that we did not sign."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except (binascii.Error, ValueError) as error:
            raise _unknown() from error
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        parts = payload.decode(errors="replace").split("\n")
        if len(parts) != 3 or not hmac.compare_digest(signature, self._sign(b"person", payload)):
            raise _unknown()
        return PersonLink(*parts)

    def unit(self, link: UnitLink) -> str:
        """The address of a friend's view of a unit: what its owner shares."""
        return f"{self.base_url}/u/{self.seal_unit(link)}"

    def seal_unit(self, link: UnitLink) -> str:
        """The signed part of a unit's address."""
        payload = "\n".join((link.workspace, link.campaign, link.unit)).encode()
        return base64.urlsafe_b64encode(self._sign(b"unit", payload) + payload).rstrip(b"=").decode()

    def open_unit(self, sealed: str) -> UnitLink:
        """Which unit it is. Raises NotFound for anything that we did not sign."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except (binascii.Error, ValueError) as error:
            raise _unknown() from error
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        parts = payload.decode(errors="replace").split("\n")
        if len(parts) != 3 or not hmac.compare_digest(signature, self._sign(b"unit", payload)):
            raise _unknown()
        return UnitLink(*parts)

    def todo(self, workspace: str, todo: str) -> str:
        """The address of a to-do's page, for the member of staff who got the card."""
        payload = "\n".join((workspace, todo)).encode()
        sealed = base64.urlsafe_b64encode(self._sign(b"todo", payload) + payload).rstrip(b"=").decode()
        return f"{self.base_url}/t/{sealed}"

    def open_todo(self, sealed: str) -> tuple[str, str]:
        """Workspace and to-do of a page. Raises NotFound for anything that we did not sign."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except (binascii.Error, ValueError) as error:
            raise _unknown() from error
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        workspace, _, todo = payload.decode(errors="replace").partition("\n")
        if not todo or not hmac.compare_digest(signature, self._sign(b"todo", payload)):
            raise _unknown()
        return workspace, todo

    def seal_visitor(self, visitor: str) -> str:
        """A visitor's cookie: the random id with its signature."""
        signature = base64.urlsafe_b64encode(self._sign(b"visitor", visitor.encode())).rstrip(b"=").decode()
        return f"{visitor}.{signature}"

    def open_visitor(self, cookie: str) -> str | None:
        """The visitor's id, or None when the cookie is not ours."""
        visitor, _, _ = cookie.partition(".")
        return visitor if visitor and hmac.compare_digest(cookie, self.seal_visitor(visitor)) else None

    def trace(self, workspace: str, kind: str, value: str) -> str:
        """What is kept of a device or an address: a hash that nobody can reverse or match without our secret."""
        payload = "\n".join((workspace, kind, value)).encode()
        return base64.urlsafe_b64encode(self._sign(b"trace", payload)).decode()

    def _sign(self, purpose: bytes, payload: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104) from its two keyed halves, which are made once and not for each cookie."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(purpose + b"\n" + payload)
        outer.update(inner.digest())
        return outer.digest()[:_SIGNATURE]


def _unknown() -> NotFound:
    return NotFound("link_unknown", "this link is not one of ours", way_out="Open the newest link from the chat again.")
