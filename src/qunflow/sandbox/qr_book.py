"""QR codes: what each one means, and its picture."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import segno

_PICTURE_PIXELS = 300
_QUIET_ZONE = 4
_PICTURES_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Code:
    """What a code leads to: ``kind`` contact | join | group, the target's id, and when it ends (seconds)."""

    kind: str
    target: str
    ends: float = float("inf")


class QrBook:
    """All codes ever issued. A picture's address and a code's content share nothing that could be guessed."""

    def __init__(self, base_url: str, mint: Callable[[str], str]) -> None:
        self._base_url = base_url
        self._mint = mint
        self._codes: dict[str, Code] = {}
        self._contents: dict[str, str] = {}
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._by_bytes: dict[bytes, str] = {}

    def issue(self, code: Code) -> tuple[str, str]:
        """A new code: the URL of its picture and its content."""
        content = f"{self._base_url}/q/{self._mint('qr')[:20]}"
        picture = self._mint("picture")[:24]
        self._codes[content] = code
        self._contents[picture] = content
        return f"{self._base_url}/qr/{picture}.png", content

    def meaning(self, content: str) -> Code | None:
        """What a scanned text leads to; None for a text that is no code of ours."""
        return self._codes.get(content)

    def picture(self, name: str) -> bytes | None:
        """The PNG behind ``/qr/<name>.png``, about 300 pixels wide with its quiet zone; None when unknown."""
        content = self._contents.get(name)
        if content is None:
            return None
        found = self._pictures.get(name)
        if found is not None:
            self._pictures.move_to_end(name)
            return found
        drawn = _draw(content)
        self._pictures[name] = drawn
        self._by_bytes[hashlib.sha256(drawn).digest()] = content
        if len(self._pictures) > _PICTURES_KEPT:
            _, dropped = self._pictures.popitem(last=False)
            self._by_bytes.pop(hashlib.sha256(dropped).digest(), None)
        return drawn

    def read_url(self, url: str) -> str:
        """What a phone reads from a picture of ours shown by its URL; empty for any other picture."""
        prefix = f"{self._base_url}/qr/"
        if not url.startswith(prefix) or not url.endswith(".png"):
            return ""
        return self._contents.get(url[len(prefix) : -len(".png")], "")

    def read_bytes(self, digest: bytes) -> str:
        """What a phone reads from a picture of ours, by the SHA-256 of its bytes; empty for any other."""
        return self._by_bytes.get(digest, "")


def _draw(content: str) -> bytes:
    code = segno.make(content, error="m", micro=False)
    modules = code.symbol_size(border=_QUIET_ZONE)[0]
    out = io.BytesIO()
    code.save(out, kind="png", scale=round(_PICTURE_PIXELS / modules), border=_QUIET_ZONE)
    return out.getvalue()
