"""Replay: folding the log anew must give the stored states (campaigns.md I10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qunflow.domain.codec import decode, encode
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_kind
from qunflow.engine.feature import Registry
from qunflow.storage.database import Database
from qunflow.storage.event_log import EventRow, read_streams
from qunflow.storage.streams import Head, walk_heads

PAGE = 200


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """How many streams and events were folded, and the streams whose stored state differs."""

    streams: int
    events: int
    differing: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the log gives exactly what is stored."""
        return not self.differing


async def check_replay(database: Database, registry: Registry, workspace: str) -> ReplayReport:
    """Fold every stream of a workspace from its first event and compare with the stored state."""
    streams, events = 0, 0
    differing: list[str] = []
    async with database.unit(workspace) as unit:
        page: dict[str, Head] = {}
        async for name, head in walk_heads(unit):
            page[name] = head
            if len(page) == PAGE:
                streams, events = streams + len(page), events + await _compare(unit, registry, page, differing)
                page = {}
        if page:
            streams, events = streams + len(page), events + await _compare(unit, registry, page, differing)
    return ReplayReport(streams, events, tuple(differing))


async def _compare(unit: Any, registry: Registry, page: dict[str, Head], differing: list[str]) -> int:
    rows = await read_streams(unit, list(page))
    count = 0
    for name, head in page.items():
        kind = registry.streams[stream_kind(name)]
        state = kind.initial
        for event in events_of(rows[name], registry, unit.workspace):
            state = kind.evolve(state, event)
            count += 1
        if len(rows[name]) != head.version or encode(state) != encode(decode(kind.state, head.data)):
            differing.append(name)
    return count


def events_of(rows: Iterable[EventRow], registry: Registry, workspace: str) -> Iterable[Event]:
    """Stored rows as events."""
    for row in rows:
        body = registry.events[(row.type, row.schema)]
        yield Event(
            event_id=row.event_id,
            workspace=workspace,
            stream=row.stream,
            version=row.version,
            body=decode(body, row.data),
            at=row.at,
            local_date=row.local_date,
            tz=row.tz,
            recorded_at=row.recorded_at,
            actor=row.actor,
            person=row.person,
            group=row.group,
            campaign=row.campaign,
            channel=row.channel,
            cause=row.cause,
            command_id=row.command_id,
        )
