"""Holding pictures before a camera: reading their codes, each picture once, and keeping posters on disk."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections import OrderedDict
from concurrent.futures import Executor
from pathlib import Path

import zxingcpp
from PIL import Image, UnidentifiedImageError

_KEPT_MOST = 50_000
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_code(picture: bytes) -> str:
    """The text of the QR code in a picture; empty when there is none or it is no picture."""
    for share, thorough in ((2, False), (1, False), (1, True)):  # a camera looks roughly first
        try:
            with Image.open(io.BytesIO(picture)) as opened:
                opened.draft("L", (opened.width // share, opened.height // share))
                grey = opened.convert("L")
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            return ""
        found = zxingcpp.read_barcode(
            grey, formats=_QR, try_rotate=thorough, try_downscale=thorough, try_invert=thorough
        )
        if found is not None and found.text:
            return found.text
    return ""


class CodeReader:
    """Reads codes in ``threads``; the same picture is read once however many people hold it up."""

    def __init__(self, threads: Executor) -> None:
        self.decoded = 0
        self._threads = threads
        self._found: OrderedDict[bytes, asyncio.Future[str]] = OrderedDict()

    async def read(self, picture: bytes) -> str:
        """The text of the code in the picture; empty when there is none."""
        digest = hashlib.blake2b(picture, digest_size=16).digest()
        known = self._found.get(digest)
        if known is None:
            self.decoded += 1
            loop = asyncio.get_running_loop()
            known = self._found[digest] = loop.run_in_executor(self._threads, read_code, picture)
            if len(self._found) > _KEPT_MOST:
                self._found.popitem(last=False)
        return await asyncio.shield(known)


class Gallery:
    """The posters that people have on their phones, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, person: int, picture: bytes) -> None:
        """Keep a person's poster."""
        (self._folder / f"{person}.jpg").write_bytes(picture)

    def show(self, person: int) -> bytes:
        """A person's poster; empty when there is none."""
        path = self._folder / f"{person}.jpg"
        return path.read_bytes() if path.exists() else b""
