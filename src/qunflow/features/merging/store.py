"""What a member's page reads of a person: platform ids, names, whether a group knows them as staff."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.ledger.accounts import available, debt
from qunflow.storage.accounts import look_at_balances
from qunflow.storage.unit_of_work import UnitOfWork

#: Groups hold members by platform id: only those are unpacked that name one of the persons at all.
_STAFF = """
SELECT m.value->>'person' FROM streams s CROSS JOIN LATERAL jsonb_each(s.state->'members') m
WHERE s.workspace_id = $1 AND s.kind = 'group' AND s.version > 0 AND m.value->>'person' = ANY($2)
AND (m.value->>'staff')::boolean LIMIT 20
"""


async def read_identities(unit: UnitOfWork, people: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """person → (channel, platform id); never a union id, which tells nobody anything."""
    rows = await unit.fetch(
        "SELECT person, channel, value FROM identities WHERE workspace_id = $1 AND kind = 'platform' "
        "AND person = ANY($2) ORDER BY channel, value LIMIT 200",
        unit.workspace,
        list(people),
    )
    found: dict[str, list[tuple[str, str]]] = {person: [] for person in people}
    for person, channel, value in rows:
        found[person].append((channel, value))
    return found


async def staff_among(unit: UnitOfWork, people: Sequence[str]) -> list[str]:
    """Those whom a group has as staff."""
    return [row[0] for row in await unit.fetch(_STAFF, unit.workspace, list(people))]


async def read_money(unit: UnitOfWork, person: str) -> tuple[int, int]:
    """Fen that a person has, and owes."""
    found = await look_at_balances(unit, [available(person), debt(person)])
    return found.get(available(person), 0), -found.get(debt(person), 0)
