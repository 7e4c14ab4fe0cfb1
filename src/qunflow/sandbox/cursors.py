"""Opaque cursors: a position that only the list it came from understands."""

from __future__ import annotations

import base64
import binascii
import hashlib

from qunflow.sandbox.codes import PlatformError

_MOST = 128


def _mark(listing: str, position: int) -> bytes:
    return hashlib.blake2b(f"{listing}:{position}".encode(), digest_size=8).digest()


def cursor_for(listing: str, position: int) -> str:
    """The cursor for the entry at ``position`` of a listing; the listing's name includes its filter."""
    return base64.urlsafe_b64encode(position.to_bytes(6, "big") + _mark(listing, position)).decode()


def position_of(listing: str, cursor: str) -> int:
    """The position a cursor stands for; 0 for an empty one, 50100 for one that is not of this listing."""
    if not cursor:
        return 0
    try:
        raw = base64.b64decode(cursor[:_MOST], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise PlatformError(50100) from None
    position = int.from_bytes(raw[:6], "big")
    if raw[6:] != _mark(listing, position):
        raise PlatformError(50100)
    return position
