"""Personal posters on demand: drawn in threads of their own, the latest kept within a bound of bytes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from qunflow.features.posters.render import render_poster

MAX_KEPT_BYTES = 32 * 1024 * 1024


class KeptPosters:
    """Finished posters by key, the longest unused one leaves first; never more than ``most`` bytes."""

    def __init__(self, most: int = MAX_KEPT_BYTES) -> None:
        self.most = most
        self.size = 0
        self._posters: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def find(self, key: tuple[str, ...]) -> bytes | None:
        """A kept poster, which counts as used now."""
        found = self._posters.get(key)
        if found is not None:
            self._posters.move_to_end(key)
        return found

    def keep(self, key: tuple[str, ...], poster: bytes) -> None:
        """Keep a poster, and let go of old ones until all fit."""
        self.size += len(poster) - len(self._posters.pop(key, b""))
        self._posters[key] = poster
        while self.size > self.most:
            _, gone = self._posters.popitem(last=False)
            self.size -= len(gone)


class PosterDesk:
    """Draws posters without holding up the event loop."""

    def __init__(self, most_bytes: int = MAX_KEPT_BYTES, workers: int = 2) -> None:
        self._kept = KeptPosters(most_bytes)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="poster")

    async def draw(self, elements: Mapping[str, str], qr_text: str, nick: str = "") -> bytes:
        """A personal poster as JPEG, as :func:`render_poster` draws it."""
        key = (qr_text, nick, *(f"{name}={elements[name]}" for name in sorted(elements)))
        found = self._kept.find(key)
        if found is None:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._pool, render_poster, dict(elements), qr_text, nick)
            self._kept.keep(key, found)
        return found

    def close(self) -> None:
        """Give up the threads; posters being drawn are finished."""
        self._pool.shutdown(wait=True)
