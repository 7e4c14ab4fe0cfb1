"""Images and files, content-addressed in a folder; the workspace is part of the key, and a person's can be erased."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import datetime
from functools import partial
from pathlib import Path

from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.storage.unit_of_work import UnitOfWork

MAX_BYTES = 20 * 1024 * 1024


class BlobStore:
    """Bytes by the hash of their content, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def put(self, unit: UnitOfWork, content: bytes, media_type: str, person: str, at: datetime) -> str:
        """Store bytes for a person; answers their digest. One statement. Raises InvalidInput if empty or over 20 MB."""
        if not 0 < len(content) <= MAX_BYTES:
            raise InvalidInput("blob_size", f"a file has 1 to {MAX_BYTES} bytes", field="file")
        digest = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, unit.workspace, digest, content)
        await unit.execute(
            "INSERT INTO blobs (workspace_id, digest, person, media_type, size, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            unit.workspace,
            digest,
            person,
            media_type,
            len(content),
            at,
        )
        return digest

    async def find(self, unit: UnitOfWork, person: str, code: str) -> str:
        """The digest of a person's file that begins with ``code``; empty when there is none any more."""
        found = await unit.value(
            "SELECT digest FROM blobs WHERE workspace_id = $1 AND person = $2 AND digest BETWEEN $3 AND $3 || 'g'",
            unit.workspace,
            person,
            code or "-",
        )
        return str(found or "")

    async def read(self, workspace: str, digest: str) -> bytes:
        """The bytes behind a digest. Raises NotFound when they are gone."""
        try:
            return await asyncio.to_thread(self._path(workspace, digest).read_bytes)
        except FileNotFoundError as error:
            raise NotFound("blob_gone", "this file is not stored any more", field=digest) from error

    async def erase_person(self, unit: UnitOfWork, person: str) -> int:
        """Forget a person's files; bytes that nobody else owns are deleted once that is stored. Answers how many."""
        rows = await unit.fetch(
            "DELETE FROM blobs WHERE workspace_id = $1 AND person = $2 RETURNING digest", unit.workspace, person
        )
        digests = [row[0] for row in rows]
        kept = await unit.fetch(
            "SELECT DISTINCT digest FROM blobs WHERE workspace_id = $1 AND digest = ANY($2)", unit.workspace, digests
        )
        for digest in set(digests) - {row[0] for row in kept}:
            unit.after_commit(partial(self._path(unit.workspace, digest).unlink, missing_ok=True))
        return len(digests)

    def _path(self, workspace: str, digest: str) -> Path:
        return self.folder / workspace / digest[:2] / digest

    def _write(self, workspace: str, digest: str, content: bytes) -> None:
        path = self._path(workspace, digest)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{digest}.{os.getpid()}.{id(content):x}")
        draft.write_bytes(content)
        draft.replace(path)
