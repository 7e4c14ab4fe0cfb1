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


async def people_under(unit: UnitOfWork, name: str) -> list[str]:
    """The people who have this id, ours or a platform's on any channel (at most twenty)."""
    rows = await unit.fetch(
        "SELECT DISTINCT person FROM identities WHERE workspace_id = $1 AND kind = 'platform' "
        "AND (value = $2 OR person = $2) ORDER BY person LIMIT 20",
        unit.workspace,
        name,
    )
    return [row[0] for row in rows]


async def people_like(unit: UnitOfWork, words: str, limit: int) -> list[str]:
    """People who have this id, then those whose name has these words, by name."""
    rows = await unit.fetch(
        "SELECT p.person FROM people p WHERE p.workspace_id = $1 AND strpos(lower(p.name), lower($2)) > 0 "
        "ORDER BY length(p.name), p.name, p.person LIMIT $3",
        unit.workspace,
        words,
        limit,
    )
    found = [*await people_under(unit, words), *(row[0] for row in rows)]
    return list(dict.fromkeys(found))[:limit]


async def store_union_ids(unit: UnitOfWork, found: Mapping[str, str]) -> None:
    """union id → person: kept beside the log, over all channels of the workspace; a known one stays as it is."""
    if found:
        values = sorted(found)
        await unit.execute(
            "INSERT INTO identities (workspace_id, channel, kind, value, person) SELECT $1, '', 'union_id', v, p "
            "FROM unnest($2::text[], $3::text[]) AS t(v, p) ON CONFLICT DO NOTHING",
            unit.workspace,
            values,
            [found[value] for value in values],
        )


async def move_identities(unit: UnitOfWork, gone: str, kept: str) -> None:
    """What one person was known by is from now on the other's; a name stays unless the other has none."""
    await unit.execute(
        "UPDATE identities SET person = $3 WHERE workspace_id = $1 AND person = $2", unit.workspace, gone, kept
    )
    await unit.execute(
        "INSERT INTO people (workspace_id, person, name) SELECT $1, $3, name FROM people WHERE workspace_id = $1 "
        "AND person = $2 ON CONFLICT DO NOTHING",
        unit.workspace,
        gone,
        kept,
    )
