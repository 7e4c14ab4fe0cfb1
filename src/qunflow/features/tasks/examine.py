"""Examining the image of a proof: decodable, size, hashes, QR codes (campaigns.md §8, checks 1 and 4–6).

A rough, half-size grey picture is read first, because decoding a JPEG at half size costs a third; only when no QR is
found there the whole picture is read.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import zxingcpp
from PIL import Image

from qunflow.domain.actions import ExamineProof
from qunflow.domain.errors import NotFound
from qunflow.domain.inbound import ProofExamined
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.receipts import ReadBlob, Receipt, Result

FORMATS = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp"}
MAX_PIXELS = 40_000_000
_QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
MAX_SIDE = 20_000
#: The status bar with its clock differs between two screenshots of the same post (campaigns.md §8.5).
STATUS_BAR = 0.04
MAX_QR_TEXTS = 10
MAX_QR_TEXT = 500
#: Wide enough that the QR of a poster shown at half of a phone's width still has two pixels a module.
ROUGH_WIDTH = 540


@dataclass(frozen=True, slots=True)
class Measure:
    """What a picture is without its codes: its format, its size, and how it looks."""

    format: str
    width: int
    height: int
    dhash: str


def measure(image: bytes) -> Measure | None:
    """A picture's format, size and look; None for bytes that cannot be decoded, or have over 40 million pixels."""
    try:
        seen = _look_at(image)
        return Measure(seen.kind, seen.width, seen.height, dhash(seen.rough)) if seen is not None else None
    except Exception:  # noqa: BLE001 - a decoder may raise anything on hostile bytes; all of it means unreadable
        return None


def examine(image: bytes, submission: str, attempt: int) -> ProofExamined:
    """What is in an image of a proof. Bytes that cannot be decoded, or have over 40 million pixels, get no format."""
    sha256 = hashlib.sha256(image).hexdigest()
    unreadable = ProofExamined(submission, attempt, sha256)
    try:
        seen = _look_at(image)
        if seen is None:
            return unreadable
        texts = _qr_texts(seen.rough)
        if not texts and seen.whole is not seen.rough:
            texts = _qr_texts(seen.whole if seen.whole is not None else _whole(image))
    except Exception:  # noqa: BLE001 - a decoder may raise anything on hostile bytes; all of it means unreadable
        return unreadable
    return ProofExamined(submission, attempt, sha256, dhash(seen.rough), seen.width, seen.height, seen.kind, texts)


def dhash(image: Image.Image) -> str:
    """The 64-bit difference hash of a picture without its status bar, as 16 hex digits."""
    top = min(round(image.height * STATUS_BAR), image.height - 1)
    small = image.convert("L").resize((9, 8), Image.Resampling.BOX, box=(0, top, image.width, image.height))
    pixels = small.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            left = pixels[row * 9 + column]
            bits = bits << 1 | (left < pixels[row * 9 + column + 1])
    return f"{bits:016x}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A decoded picture: a rough grey one, and the whole grey one where decoding gave it anyway."""

    kind: str
    width: int
    height: int
    rough: Image.Image
    whole: Image.Image | None


def _look_at(image: bytes) -> _Seen | None:
    """The picture, None when it is too large; raises whatever a decoder raises."""
    with Image.open(io.BytesIO(image), formats=tuple(FORMATS)) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
            return None
        return _Seen(FORMATS[opened.format or ""], width, height, *_rough(opened))


def _rough(opened: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """A grey picture about ``ROUGH_WIDTH`` wide, and the whole grey one where decoding gave it anyway."""
    size = opened.size
    opened.draft("L", (min(ROUGH_WIDTH, size[0]), max(1, size[1] * ROUGH_WIDTH // size[0])))
    grey = opened.convert("L")
    factor = grey.width // ROUGH_WIDTH
    rough = grey.reduce(factor) if factor > 1 else grey
    return rough, grey if grey.size == size else None


def _whole(image: bytes) -> Image.Image:
    with Image.open(io.BytesIO(image), formats=tuple(FORMATS)) as opened:
        return opened.convert("L")


def _qr_texts(grey: Image.Image) -> tuple[str, ...]:
    found = zxingcpp.read_barcodes(grey, formats=_QR_CODES)
    texts = dict.fromkeys(barcode.text[:MAX_QR_TEXT] for barcode in found)
    return tuple(texts)[:MAX_QR_TEXTS]


class ProofDesk:
    """The connector of our own that examines proofs: its wishes wait in the outbox like any other."""

    def __init__(self, read_blob: ReadBlob, workers: int = 2) -> None:
        self.name = "desk"
        self._read_blob = read_blob
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="proof")

    @property
    def ways(self) -> Mapping[str, Way]:
        """It can examine proofs, and nothing else."""
        return {ExamineProof.KIND: Way.AUTOMATIC}

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """Looking twice changes nothing."""
        return {ExamineProof.KIND: OnUnknown.READ_ONLY}

    async def perform(self, action: Any, key: str) -> Receipt:
        """Examine the proof. One whose bytes are gone (erased meanwhile) is answered as unreadable."""
        try:
            image = await self._read_blob(action.blob)
        except NotFound:
            image = b""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._pool, examine, image, action.submission, action.attempt)
        return Receipt(Result.DONE, answers=(found,))

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """Nothing here needs it."""
        return None

    async def close(self) -> None:
        """Give up the threads; an examination under way is finished."""
        await asyncio.to_thread(self._pool.shutdown)
