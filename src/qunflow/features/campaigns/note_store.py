"""The words of notes from the groups, kept in the commit of their events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.features.campaigns.notes import NoteDone, NoteTaken, TakeNote
from qunflow.storage.unit_of_work import UnitOfWork

#: So many are shown; nobody writes more during one campaign, and older ones stay in the table.
MOST = 200


@dataclass(frozen=True, slots=True)
class Note:
    """A note as people read it; ``chat`` is the group's id on the platform, empty for none."""

    note: str
    at: datetime
    due: str
    chat: str
    author: str
    words: str
    done_at: datetime | None


async def keep_notes(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Store the words of notes that were taken, and which were dealt with."""
    words = {message.body.note: message.body for message in messages if isinstance(message.body, TakeNote)}
    for event in events:
        body = event.body
        if isinstance(body, NoteTaken) and body.note in words:
            told = words[body.note]
            await unit.execute(
                "INSERT INTO campaign_notes (workspace_id, campaign, note, at, due, chat, author, words) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                *(unit.workspace, event.campaign, body.note, event.at, body.due, body.chat, told.author, told.words),
            )
        elif isinstance(body, NoteDone):
            await unit.execute(
                "UPDATE campaign_notes SET done_at = $4 WHERE workspace_id = $1 AND campaign = $2 AND note = $3",
                *(unit.workspace, event.campaign, body.note, event.at if body.done else None),
            )


async def list_notes(unit: UnitOfWork, campaign: str) -> tuple[Note, ...]:
    """The notes of a campaign, the newest first, at most ``MOST``."""
    rows = await unit.fetch(
        "SELECT note, at, due, chat, author, words, done_at FROM campaign_notes "
        "WHERE workspace_id = $1 AND campaign = $2 ORDER BY at DESC, note LIMIT $3",
        unit.workspace,
        campaign,
        MOST,
    )
    return tuple(Note(*row) for row in rows)
