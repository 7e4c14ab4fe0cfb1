"""Contacts of friends beside the log, kept and erased in the commit of the events that they follow from; the lists."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.features.referrals.commands import RecommendFriend
from qunflow.features.referrals.model import FORM, STATUSES, LeadForgotten, LeadOpened
from qunflow.storage.unit_of_work import UnitOfWork

Keep = Callable[[UnitOfWork, Sequence[Message], Sequence[Event]], Awaitable[None]]
#: A deal that waits for a second person stands apart in lists.
_STATUS = (
    "CASE WHEN s.state->'proposal' IS NOT NULL AND s.state->>'status' IN ('open', 'contacted') THEN 'proposed' "
    "ELSE s.state->>'status' END"
)
SORTS: Mapping[str, str] = {
    "opened_at": "(s.state->>'opened_at')::timestamptz",
    "protected_until": "(s.state->>'protected_until')::timestamptz",
    "status": _STATUS,
    "program": "s.state->>'program'",
    "net_fen": "(s.state->>'net_fen')::bigint",
}
_FILTERS: Mapping[str, str] = {"status": _STATUS, "program": "s.state->>'program'", "source": "s.state->>'source'"}
_COLUMNS = f"""
substr(s.stream, 6) AS key, s.state->>'program' AS program, {_STATUS} AS status, s.state->>'source' AS source,
(s.state->>'opened_at')::timestamptz AS opened_at, (s.state->>'protected_until')::timestamptz AS protected_until,
coalesce((s.state->>'net_fen')::bigint, 0) AS net_fen, s.state->>'recommender' AS recommender,
s.state->>'friend' AS friend, coalesce(r.name, '') AS recommender_name, coalesce(f.name, '') AS friend_name,
coalesce((s.state->'posted'->>'available')::bigint, 0) + coalesce((s.state->'posted'->>'pending')::bigint, 0)
  AS reward_fen, coalesce((s.state->>'held')::bigint, 0) AS held_fen, c.sealed
"""
_FROM = """
FROM streams s LEFT JOIN people r ON r.workspace_id = $1 AND r.person = s.state->>'recommender'
LEFT JOIN people f ON f.workspace_id = $1 AND f.person = s.state->>'friend'
LEFT JOIN referral_contacts c ON c.workspace_id = $1 AND c.lead = substr(s.stream, 6)
"""


@dataclass(frozen=True, slots=True)
class LeadQuestion:
    """Which leads, in which order, and which piece of them."""

    equal: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    sort: str = "opened_at"
    descending: bool = True
    limit: int = 25
    offset: int = 0


async def keep_contacts(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Store the contact that a command brought, and erase it when it is to be forgotten."""
    for event in events:
        body = event.body
        if isinstance(body, LeadForgotten):
            await unit.execute(
                "DELETE FROM referral_contacts WHERE workspace_id = $1 AND lead = $2", unit.workspace, body.lead
            )
        elif isinstance(body, LeadOpened) and body.source == FORM:
            for message in messages:
                if message.message_id == event.cause and isinstance(message.body, RecommendFriend):
                    await unit.execute(
                        "INSERT INTO referral_contacts (workspace_id, lead, sealed, given_at) VALUES ($1, $2, $3, $4) "
                        "ON CONFLICT DO NOTHING",
                        *(unit.workspace, body.lead, base64.b64decode(message.body.sealed), event.at),
                    )


async def read_leads(unit: UnitOfWork, asked: LeadQuestion) -> tuple[list[dict[str, Any]], int]:
    """One page of leads as rows with their ``key``, and how many there are."""
    where, values = _where(asked)
    order = SORTS.get(asked.sort, SORTS["opened_at"])
    total = int(await unit.value(f"SELECT count(*) {_FROM} {where}", unit.workspace, *values))
    rows = await unit.fetch(
        f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY {order} {'DESC' if asked.descending else 'ASC'} NULLS LAST, "
        f"s.stream LIMIT ${len(values) + 2} OFFSET ${len(values) + 3}",
        *(unit.workspace, *values, asked.limit, asked.offset),
    )
    return [dict(row) for row in rows], total


def _where(asked: LeadQuestion) -> tuple[str, list[str]]:
    parts = ["WHERE s.workspace_id = $1 AND s.kind = 'lead' AND s.version > 0"]
    values: list[str] = []
    for name, value in asked.equal.items():
        if name in _FILTERS and value:
            values.append(value)
            place = len(values) + 1
            is_text = name == "program"
            parts.append(f"strpos({_FILTERS[name]}, ${place}) > 0" if is_text else f"{_FILTERS[name]} = ${place}")
    if asked.search:
        values.append(asked.search)
        place = len(values) + 1
        parts.append(
            f"(strpos(lower(r.name), lower(${place})) > 0 OR strpos(lower(f.name), lower(${place})) > 0 "
            f"OR strpos(s.stream, ${place}) > 0 OR strpos(s.state->>'order', ${place}) > 0)"
        )
    return " AND ".join(parts), values


async def count_leads(unit: UnitOfWork, program: str = "") -> dict[str, dict[str, int]]:
    """program → status → leads."""
    rows = await unit.fetch(
        f"SELECT s.state->>'program', {_STATUS}, count(*) FROM streams s WHERE s.workspace_id = $1 "
        "AND s.kind = 'lead' AND s.version > 0 AND ($2 = '' OR s.state->>'program' = $2) GROUP BY 1, 2",
        *(unit.workspace, program),
    )
    found: dict[str, dict[str, int]] = {}
    for name, status, count in rows:
        found.setdefault(name, dict.fromkeys(STATUSES, 0))[status] = int(count)
    return found


async def leads_of(unit: UnitOfWork, program: str, person: str, limit: int = 50) -> list[dict[str, Any]]:
    """What became of a recommender's friends, the newest first."""
    rows = await unit.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE s.workspace_id = $1 AND s.kind = 'lead' AND s.version > 0 "
        "AND s.state->>'recommender' = $2 AND s.state->>'program' = $3 "
        "ORDER BY (s.state->>'opened_at')::timestamptz DESC LIMIT $4",
        *(unit.workspace, person, program, limit),
    )
    return [dict(row) for row in rows]


async def read_contact(unit: UnitOfWork, lead: str) -> bytes | None:
    """The sealed contact of a lead, None when there is none or it was erased."""
    found = await unit.value(
        "SELECT sealed FROM referral_contacts WHERE workspace_id = $1 AND lead = $2", unit.workspace, lead
    )
    return bytes(found) if found is not None else None


async def find_people(unit: UnitOfWork, words: str, limit: int = 10) -> list[tuple[str, str]]:
    """(person, name) of people whose name, id or platform id fits the words."""
    rows = await unit.fetch(
        "SELECT p.person, p.name FROM people p WHERE p.workspace_id = $1 AND p.person NOT LIKE 'group:%' "
        "AND (p.person = $2 OR strpos(lower(p.name), lower($2)) > 0) "
        "UNION SELECT i.person, coalesce(n.name, i.value) FROM identities i LEFT JOIN people n "
        "ON n.workspace_id = $1 AND n.person = i.person WHERE i.workspace_id = $1 AND i.kind = 'platform' "
        "AND (i.value = $2 OR i.person = $2) LIMIT $3",
        *(unit.workspace, words, limit),
    )
    return [(row[0], row[1]) for row in rows]
