"""The reader's work: take the proof that waits longest, read its picture, tell the rules what the text says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence

import structlog

from qunflow.domain.errors import NotFound
from qunflow.domain.facts import ParticipantStanding, PosterBrief
from qunflow.engine.door import Door
from qunflow.features.tasks.model import TEXT, SubmissionState, TextFound
from qunflow.features.tasks.reading import TextFindings, Wanted, find_in_text
from qunflow.features.tasks.reading_engine import ReadLines
from qunflow.storage.blobs import BlobStore
from qunflow.storage.people import find_names

#: Wall seconds between two looks for work, and the longest that one picture may take: a stuck process ends itself.
IDLE_SECONDS = 0.5
STUCK_SECONDS = 45.0
_AT_ONCE = 20
_WAITING = "SELECT key FROM claims WHERE workspace_id = $1 AND scope = $2 ORDER BY holder, key LIMIT $3"

log = structlog.get_logger("qunflow.reading")


class ReadingDesk:
    """Reads one picture after the other. ``open_engine`` is called when the first one comes."""

    def __init__(
        self,
        door: Door,
        blobs: BlobStore,
        workspaces: Callable[[], Awaitable[Sequence[str]]],
        open_engine: Callable[[], ReadLines],
    ) -> None:
        self._door, self._blobs, self._workspaces = door, blobs, workspaces
        self._open_engine = open_engine
        self._read: ReadLines | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until told to stop; the picture under way is finished."""
        while not stopping.is_set():
            if await self.turn():
                continue
            try:
                await asyncio.wait_for(stopping.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def turn(self) -> int:
        """One round over all workspaces; answers how many proofs were told of."""
        told = 0
        for workspace in await self._workspaces():
            async with self._door.database.read(workspace) as unit:
                rows = await unit.fetch(_WAITING, workspace, TEXT, _AT_ONCE)
            for row in rows:
                told += await self._one(workspace, str(row[0]))
        return told

    async def _one(self, workspace: str, submission: str) -> bool:
        """Read one proof. What cannot be read goes to a person, like what nobody reads in time."""
        state: SubmissionState | None = await self._door.look.state(workspace, submission)
        if state is None or not state.asked:
            return False
        found: TextFindings | None = None
        try:
            image = await self._blobs.read(workspace, state.blob)
            found = find_in_text(await self._lines(image), await self._wanted(workspace, state))
        except NotFound:
            log.info("picture_gone", submission=submission)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything on a picture: a person looks then
            log.warning("not_read", submission=submission, error=type(error).__name__)
        answer = await self._door.ask(
            workspace, TextFound(submission, state.attempt, found), person=state.person, campaign=state.campaign
        )
        return answer.rejection is None

    async def _lines(self, image: bytes) -> list[str]:
        work = asyncio.get_running_loop().run_in_executor(None, self._read_now, image)
        done, _ = await asyncio.wait({work}, timeout=STUCK_SECONDS)
        if not done:
            log.critical("reading_stuck")
            os._exit(70)  # a thread cannot be stopped; serve starts a whole process again, the proof goes to a person
        return work.result()

    def _read_now(self, image: bytes) -> list[str]:
        if self._read is None:
            self._read = self._open_engine()
        return self._read(image)

    async def _wanted(self, workspace: str, state: SubmissionState) -> Wanted:
        look, key = self._door.look, f"{state.campaign}:{state.person}"
        standing: ParticipantStanding | None = await look.ask(workspace, ParticipantStanding, key)
        brief: PosterBrief | None = await look.ask(workspace, PosterBrief, state.campaign)
        async with self._door.database.read(workspace) as unit:
            nick = (await find_names(unit, [state.person])).get(state.person, "")
        texts = tuple(text for _, text in brief.elements) if brief is not None else ()
        minutes, likes = (standing.posted_minutes, standing.likes_required) if standing is not None else (0, 0)
        return Wanted(texts, nick, minutes, likes)
