"""Which people of a run were found out: by the risk rules, by a lost help, by a refused proof, by being removed."""

from __future__ import annotations

from collections.abc import Mapping

from qunflow.engine.door import Door

#: A flag of the risk rules names helper and owner; the helper is the one that is suspected, or the owner alone.
_FOUND = """
SELECT DISTINCT CASE WHEN coalesce(data->>'helper', '') <> '' THEN data->>'helper' ELSE data->>'owner' END
  FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'risk_flagged'
UNION SELECT person FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'refused'
UNION SELECT data->>'helper' FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'unit_help_revoked'
UNION SELECT person FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'departed'
  AND data->>'help' = 'revoked'
UNION SELECT person FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'screened'
"""


async def find_cheats(door: Door, workspace: str, campaign: str, persons: Mapping[int, str]) -> set[int]:
    """The numbers of those who were found out; ``persons`` are the ids of people by number."""
    async with door.database.read(workspace) as unit:
        found = {str(row[0]) for row in await unit.fetch(_FOUND, workspace, campaign)}
    return {number for number, person in persons.items() if person in found}
