"""Stream heads: the version and folded state of every stream. Locked in sorted order, so nobody waits in a ring."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.domain.ids import stream_kind
from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.locking import all_locked, lock_clause
from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Head:
    """A stream as stored: its version (0 = no event yet) and the data of its state."""

    version: int
    data: Any


async def lock_heads(unit: UnitOfWork, streams: Iterable[str], *, patient: bool = True) -> dict[str, Head]:
    """Lock the heads of ``streams`` until the commit, making those that are new.

    Who is not ``patient`` does not wait for somebody else's lock: LockedElsewhere is raised.
    """
    names = sorted(set(streams))
    if not names:
        return {}
    lock = (
        "SELECT stream, version, state FROM streams WHERE workspace_id = $1 AND stream = ANY($2) "
        f"ORDER BY stream {lock_clause(patient)}"
    )
    rows = await unit.fetch(lock, unit.workspace, names)
    if len(rows) < len(names):
        await unit.execute(
            "INSERT INTO streams (workspace_id, stream, kind) SELECT $1, s, k FROM unnest($2::text[], $3::text[]) "
            "AS t(s, k) ORDER BY s ON CONFLICT DO NOTHING",
            unit.workspace,
            names,
            [stream_kind(name) for name in names],
        )
        rows = all_locked(await unit.fetch(lock, unit.workspace, names), names)
    return {row[0]: head_of(row[1], row[2]) for row in rows}


async def read_heads(unit: UnitOfWork, streams: Sequence[str]) -> dict[str, Head]:
    """Heads without a lock; a stream that is not there is absent."""
    rows = await unit.fetch(
        "SELECT stream, version, state FROM streams WHERE workspace_id = $1 AND stream = ANY($2) AND version > 0",
        unit.workspace,
        list(streams),
    )
    return {row[0]: head_of(row[1], row[2]) for row in rows}


async def read_states(unit: UnitOfWork, streams: Sequence[str]) -> dict[str, str]:
    """The states of streams as JSON text, without a lock; a stream without an event is absent."""
    rows = await unit.fetch(
        "SELECT stream, state FROM streams WHERE workspace_id = $1 AND stream = ANY($2) AND version > 0",
        unit.workspace,
        list(streams),
    )
    return {row[0]: row[1] for row in rows}


async def write_heads(unit: UnitOfWork, heads: dict[str, Head]) -> None:
    """Store new versions and states of locked heads."""
    if heads:
        await unit.write(
            "UPDATE streams SET version = ($3::bigint[])[array_position($2::text[], stream)], "
            "state = ($4::text[])[array_position($2::text[], stream)]::jsonb "
            "WHERE workspace_id = $1 AND stream = ANY($2::text[])",
            unit.workspace,
            list(heads),
            [head.version for head in heads.values()],
            [to_json(head.data) for head in heads.values()],
        )


async def list_states(
    unit: UnitOfWork, kind: str, prefix: str = "", status: str | None = None
) -> list[tuple[str, Any]]:
    """All states of one kind of stream, by name; ``prefix`` and a ``status`` field narrow them."""
    rows = await unit.fetch(
        "SELECT stream, state FROM streams WHERE workspace_id = $1 AND kind = $2 AND version > 0 "
        "AND starts_with(stream, $3) AND ($4::text IS NULL OR state->>'status' = $4) ORDER BY stream",
        unit.workspace,
        kind,
        prefix,
        status,
    )
    return [(row[0], from_json(row[1])) for row in rows]


async def walk_heads(unit: UnitOfWork, page: int = 500) -> AsyncIterator[tuple[str, Head]]:
    """Every stream of the workspace, page by page."""
    last = ""
    while True:
        rows = await unit.fetch(
            "SELECT stream, version, state FROM streams WHERE workspace_id = $1 AND stream > $2 AND version > 0 "
            "ORDER BY stream LIMIT $3",
            unit.workspace,
            last,
            page,
        )
        for row in rows:
            yield row[0], head_of(row[1], row[2])
        if len(rows) < page:
            return
        last = rows[-1][0]


def head_of(version: int, state: str | None) -> Head:
    """A head from its row."""
    return Head(version, None if state is None else from_json(state))
