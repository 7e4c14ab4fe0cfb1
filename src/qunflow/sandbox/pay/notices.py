"""Notices on their way to the merchant: sealed, signed anew for each try, repeated until they are taken."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx
import structlog

from qunflow.sandbox.pay.door import signed_headers
from qunflow.sandbox.pay.settings import NOTICE_WAITS
from qunflow.sandbox.pay.world import Notice, PayWorld

TIMEOUT = 5.0
_KEPT = 1_000


class NoticePost:
    """Sends what the world tells; one task for each copy of a notice."""

    def __init__(self) -> None:
        self._world: PayWorld | None = None
        self._http: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: list[dict[str, Any]] = []  # the newest tries, with the status that each got

    def start(self, world: PayWorld) -> None:
        """Begin to send."""
        self._world = world
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)

    async def stop(self) -> None:
        """Drop what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()

    def tell(self, notice: Notice) -> None:
        """Send a notice, as often as the disturbances say."""
        world = self._world
        if world is None or not notice.url:
            return
        faults = world.settings.faults
        lost = faults.lose > 0
        faults.lose = max(0, faults.lose - 1)
        content = self._sealed(world, notice)
        for _ in range(faults.copies):
            task = asyncio.create_task(self._deliver(world, notice, content, faults.delay, lost))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @staticmethod
    def _sealed(world: PayWorld, notice: Notice) -> bytes:
        opened = json.dumps(notice.resource, ensure_ascii=False).encode()
        resource = {"original_type": notice.original_type, **world.keys.seal(opened, notice.original_type)}
        body = {
            "id": str(uuid.uuid4()),
            "create_time": world.stamp(),
            "resource_type": "encrypt-resource",
            "event_type": notice.event_type,
            "summary": notice.event_type,
            "resource": resource,
        }
        return json.dumps(body, ensure_ascii=False).encode()

    async def _deliver(self, world: PayWorld, notice: Notice, content: bytes, delay: float, lost: bool) -> None:
        await asyncio.sleep(delay)
        for number, wait in enumerate((*NOTICE_WAITS, 0)):
            if not (lost and number == 0):
                status = await self._try(world, notice.url, content)
                self.sent = [*self.sent[1 - _KEPT :], {"event_type": notice.event_type, "status": status}]
                if status in (200, 204):
                    return
            await asyncio.sleep(wait * world.settings.wait_scale)

    async def _try(self, world: PayWorld, url: str, content: bytes) -> int:
        assert self._http is not None
        headers = {**signed_headers(world, content), "Content-Type": "application/json"}
        try:
            return (await self._http.post(url, content=content, headers=headers)).status_code
        except httpx.HTTPError as error:
            structlog.get_logger("qunflow").warning("notice_not_taken", url=url, error=type(error).__name__)
            return 0
