"""Who is who: platform identities → persons, and the few personal texts kept about a person (erasable)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qunflow.storage.unit_of_work import UnitOfWork


async def find_persons(unit: UnitOfWork, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(channel, platform id) → person, for those that are known.

    ``OFFSET 0`` keeps the planner, which may still believe the table empty, from reading all of it.
    """
    rows = await unit.fetch(
        "SELECT t.c, t.v, i.person FROM unnest($2::text[], $3::text[]) AS t(c, v) CROSS JOIN LATERAL (SELECT person "
        "FROM identities WHERE workspace_id = $1 AND channel = t.c AND kind = 'platform' AND value = t.v OFFSET 0) i",
        unit.workspace,
        [channel for channel, _ in keys],
        [value for _, value in keys],
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def add_persons(unit: UnitOfWork, found: Mapping[tuple[str, str], str]) -> None:
    """Store identities seen for the first time; a known one stays as it is."""
    if found:
        keys = sorted(found)
        await unit.execute(
            "INSERT INTO identities (workspace_id, channel, kind, value, person) SELECT $1, c, 'platform', v, p FROM "
            "unnest($2::text[], $3::text[], $4::text[]) AS t(c, v, p) ON CONFLICT DO NOTHING",
            unit.workspace,
            [channel for channel, _ in keys],
            [value for _, value in keys],
            [found[key] for key in keys],
        )


async def find_externals(unit: UnitOfWork, people: Sequence[str]) -> dict[str, dict[str, str]]:
    """person → channel → platform id."""
    rows = await unit.fetch(
        "SELECT person, channel, value FROM identities WHERE workspace_id = $1 AND kind = 'platform' "
        "AND person = ANY($2)",
        unit.workspace,
        list(people),
    )
    found: dict[str, dict[str, str]] = {}
    for person, channel, value in rows:
        found.setdefault(person, {})[channel] = value
    return found


async def find_names(unit: UnitOfWork, people: Sequence[str]) -> dict[str, str]:
    """person → name, for those that have one."""
    rows = await unit.fetch(
        "SELECT person, name FROM people WHERE workspace_id = $1 AND person = ANY($2)",
        unit.workspace,
        list(people),
    )
    return {row[0]: row[1] for row in rows}


async def store_names(unit: UnitOfWork, names: Mapping[str, str]) -> None:
    """Store or renew names (at most 64 characters each)."""
    if names:
        people = sorted(names)
        await unit.execute(
            "INSERT INTO people (workspace_id, person, name) SELECT $1, p, n FROM unnest($2::text[], $3::text[]) "
            "AS t(p, n) ON CONFLICT (workspace_id, person) DO UPDATE SET name = excluded.name "
            "WHERE people.name <> excluded.name",
            unit.workspace,
            people,
            [names[person][:64] for person in people],
        )
