"""Images by their content: stored once, found by their workspace, forgotten with their person."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.storage.conftest import NOW

from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.storage.blobs import MAX_BYTES, BlobStore
from qunflow.storage.database import Database


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


async def put(database: Database, blobs: BlobStore, content: bytes, person: str, workspace: str = "main") -> str:
    async with database.unit(workspace) as unit:
        return await blobs.put(unit, content, "image/jpeg", person, NOW)


async def erase(database: Database, blobs: BlobStore, person: str) -> int:
    async with database.unit("main") as unit:
        return await blobs.erase_person(unit, person)


async def test_bytes_come_back_and_the_same_bytes_are_stored_once(database: Database, blobs: BlobStore) -> None:
    digest = await put(database, blobs, b"picture", "b")
    assert await put(database, blobs, b"picture", "c") == digest == await put(database, blobs, b"picture", "b")
    assert await blobs.read("main", digest) == b"picture"
    assert len([path for path in blobs.folder.rglob("*") if path.is_file()]) == 1


async def test_another_workspace_cannot_read_it_even_with_its_digest(database: Database, blobs: BlobStore) -> None:
    digest = await put(database, blobs, b"picture", "b")
    with pytest.raises(NotFound, match="blob_gone"):
        await blobs.read("other", digest)


async def test_forgetting_a_person_deletes_what_was_only_theirs(database: Database, blobs: BlobStore) -> None:
    own = await put(database, blobs, b"own", "b")
    shared = await put(database, blobs, b"shared", "b")
    await put(database, blobs, b"shared", "c")
    await put(database, blobs, b"shared", "b", "other")
    assert await erase(database, blobs, "b") == 2
    assert await blobs.read("main", shared) == await blobs.read("other", shared) == b"shared"
    with pytest.raises(NotFound, match="blob_gone"):
        await blobs.read("main", own)
    assert await erase(database, blobs, "c") == 1
    with pytest.raises(NotFound):
        await blobs.read("main", shared)
    assert await blobs.read("other", shared) == b"shared"


async def test_forgetting_somebody_without_files_is_fine(database: Database, blobs: BlobStore) -> None:
    assert await erase(database, blobs, "nobody") == 0


async def test_a_forgetting_that_was_taken_back_keeps_the_bytes(database: Database, blobs: BlobStore) -> None:
    digest = await put(database, blobs, b"own", "b")
    with pytest.raises(ValueError, match="taken back"):
        async with database.unit("main") as unit:
            await blobs.erase_person(unit, "b")
            raise ValueError("taken back")
    assert await blobs.read("main", digest) == b"own"


@pytest.mark.parametrize("content", [b"", b"x" * (MAX_BYTES + 1)], ids=["empty", "large"])
async def test_empty_and_too_large_files_are_refused(database: Database, blobs: BlobStore, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="blob_size"):
        await put(database, blobs, content, "b")
