"""What became of every script of a campaign (architecture.md §6): outcomes apart, missing and doubled ones counted."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ScriptCounts:
    """``outcomes`` by outcome (refusals with their reason); ``missing`` wishes have none; ``duplicate`` had two."""

    wished: int
    outcomes: dict[str, int]
    missing: int
    duplicate: int


async def count_scripts(unit: UnitOfWork, campaign: str) -> ScriptCounts:
    """Count from the events of one campaign, test runs included: they are people too."""
    rows = await unit.fetch(
        "SELECT data->>'outcome', coalesce(data->>'reason', ''), count(*) FROM events WHERE workspace_id = $1 "
        "AND campaign = $2 AND type = 'script_ended' GROUP BY 1, 2",
        unit.workspace,
        campaign,
    )
    outcomes = {f"{row[0]}({row[1]})" if row[1] else row[0]: row[2] for row in rows}
    wished = await unit.fetch(
        "SELECT count(*), count(DISTINCT (stream, data->>'key')) FROM events WHERE workspace_id = $1 "
        "AND campaign = $2 AND type = 'script_wished'",
        unit.workspace,
        campaign,
    )
    ended = await unit.fetch(
        "SELECT count(*), count(DISTINCT (stream, data->>'key')) FROM events WHERE workspace_id = $1 "
        "AND campaign = $2 AND type = 'script_ended'",
        unit.workspace,
        campaign,
    )
    (total, keys), (ends, ended_keys) = wished[0], ended[0]
    return ScriptCounts(total, outcomes, keys - ended_keys, (total - keys) + (ends - ended_keys))


async def count_bypass(unit: UnitOfWork, campaign: str) -> int:
    """People, not staff, in the campaign's groups who never came through a code of it (a forwarded QR)."""
    return int(
        await unit.value(
            "SELECT count(DISTINCT j.person) FROM events j WHERE j.workspace_id = $1 AND j.type = 'member_joined' "
            "AND NOT (j.data->>'is_staff')::boolean AND split_part(j.group_id, ':', 3) IN (SELECT data->>'chat' "
            "FROM events WHERE workspace_id = $1 AND stream = 'pool:' || $2 AND type = 'pool_group_added') "
            "AND j.person NOT IN (SELECT person FROM events WHERE workspace_id = $1 AND campaign = $2 "
            "AND type = 'participating')",
            unit.workspace,
            campaign,
        )
    )
