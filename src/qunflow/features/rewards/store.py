"""Codes and addresses beside the log, kept in the commit of the events that they follow from.

A code goes to a grant by a conditional update that returns one row; the counter of its item is locked in the same
commit, so there is one for everybody who was promised one.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.errors import Conflict
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.features.rewards.items import CODED, TEMPLATE, StockAdded
from qunflow.features.rewards.model import (
    ADDRESSED,
    EXPIRED,
    GiveAddress,
    GrantEnded,
    GrantIssued,
    GrantRedeemed,
    ParcelMoved,
    owner_of,
)
from qunflow.features.rewards.vault import Vault
from qunflow.storage.unit_of_work import UnitOfWork

CODE_STATES = ("free", "assigned", "used", "void", "expired", "loading")
USED, VOID = "used", "void"
_ASSIGN = """
UPDATE reward_codes SET state = 'assigned', grant_id = $3, person = $4, assigned_at = $5
WHERE workspace_id = $1 AND digest = (
  SELECT digest FROM reward_codes WHERE workspace_id = $1 AND item = $2 AND state = 'free'
  ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED) AND state = 'free'
"""

Keep = Callable[[UnitOfWork, Sequence[Message], Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class StoredCode:
    """One code of a grant, sealed."""

    sealed: bytes
    state: str
    item: str
    grant: str
    person: str
    shown_at: datetime | None


def keeper(vault: Vault) -> Keep:
    """What stores codes and addresses together with the events of a commit."""

    async def keep(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
        for event in events:
            body = event.body
            if isinstance(body, StockAdded) and body.batch:
                await _free_batch(unit, body)
            elif isinstance(body, GrantIssued) and body.kind in CODED:
                await _give_code(unit, vault, body, event)
            elif isinstance(body, GrantRedeemed):
                await _set_state(unit, body.grant, USED, event.at, body.by)
            elif isinstance(body, GrantEnded):
                await _set_state(unit, body.grant, "expired" if body.status == EXPIRED else VOID, event.at, body.by)
            elif isinstance(body, ParcelMoved) and body.state == ADDRESSED:
                await _keep_address(unit, messages, event)

    return keep


async def _free_batch(unit: UnitOfWork, body: StockAdded) -> None:
    """The codes of a file can be given from now on: as many as were counted."""
    moved = await unit.execute(
        "UPDATE reward_codes SET state = 'free' "
        "WHERE workspace_id = $1 AND item = $2 AND batch = $3 AND state = 'loading'",
        *(unit.workspace, body.item, body.batch),
    )
    if moved != body.count:
        raise Conflict("codes_lost", f"{moved} codes of this file are stored, {body.count} were counted")


async def _give_code(unit: UnitOfWork, vault: Vault, body: GrantIssued, event: Event) -> None:
    if body.kind == TEMPLATE:
        await _make_code(unit, vault, body, event)
        return
    given = await unit.execute(_ASSIGN, unit.workspace, body.item, body.grant, event.person, event.at)
    if given != 1:
        raise Conflict("codes_short", f"{body.item} has no free code although its stock says so", field=body.item)


async def _make_code(unit: UnitOfWork, vault: Vault, body: GrantIssued, event: Event) -> None:
    code = vault.new_code()
    await unit.execute(
        "INSERT INTO reward_codes (workspace_id, digest, item, batch, sealed, state, grant_id, person, assigned_at) "
        "VALUES ($1, $2, $3, 'made', $4, 'assigned', $5, $6, $7)",
        *(unit.workspace, vault.code_digest(code), body.item, vault.seal_code(code)),
        *(body.grant, event.person, event.at),
    )


async def _set_state(unit: UnitOfWork, grant: str, state: str, at: datetime, by: str) -> None:
    """A code was used, ran out or is void. What was used stays used."""
    await unit.execute(
        "UPDATE reward_codes SET state = $3, used_at = CASE WHEN $3 = 'used' THEN $4 ELSE used_at END, "
        "used_by = CASE WHEN $3 = 'used' THEN $5 ELSE used_by END "
        "WHERE workspace_id = $1 AND grant_id = $2 AND state = 'assigned'",
        *(unit.workspace, grant, state, at, by),
    )


async def _keep_address(unit: UnitOfWork, messages: Sequence[Message], event: Event) -> None:
    """The address that this commit's command brought, in place of an older one."""
    for message in messages:
        body = message.body
        if isinstance(body, GiveAddress) and body.grant == event.body.grant and message.message_id == event.cause:
            await unit.execute(
                "INSERT INTO reward_addresses (workspace_id, grant_id, person, sealed, given_at) "
                "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, grant_id) "
                "DO UPDATE SET sealed = excluded.sealed, given_at = excluded.given_at",
                *(unit.workspace, body.grant, owner_of(body.grant)[1], base64.b64decode(body.sealed), event.at),
            )


# --- imports ----------------------------------------------------------------------------------------------------------


async def load_batch(unit: UnitOfWork, vault: Vault, item: str, batch: str, codes: Sequence[str]) -> list[int]:
    """Store the codes of a file, not yet to be given; answers the places of those that are known already.

    Where one is known, nothing is stored. A file whose codes wait since an earlier try is taken as it is.
    """
    digests = [vault.code_digest(code) for code in codes]
    known = await unit.fetch(
        "SELECT digest, batch FROM reward_codes WHERE workspace_id = $1 AND digest = ANY($2)",
        *(unit.workspace, digests),
    )
    if known and {row[1] for row in known} == {batch} and len(known) == len(codes):
        return []
    if known:
        taken = {bytes(row[0]) for row in known}
        return [place for place, digest in enumerate(digests) if digest in taken]
    await unit.execute(
        "INSERT INTO reward_codes (workspace_id, digest, item, batch, sealed, state) "
        "SELECT $1, d, $2, $3, s, 'loading' FROM unnest($4::bytea[], $5::bytea[]) AS t(d, s)",
        *(unit.workspace, item, batch, digests, [vault.seal_code(code) for code in codes]),
    )
    return []


# --- looking ----------------------------------------------------------------------------------------------------------


async def find_code(unit: UnitOfWork, vault: Vault, code: str) -> StoredCode | None:
    """A code that somebody shows."""
    return await _one(unit, "digest = $2", vault.code_digest(code))


async def code_of(unit: UnitOfWork, grant: str) -> StoredCode | None:
    """The code of a grant."""
    return await _one(unit, "grant_id = $2", grant)


async def _one(unit: UnitOfWork, where: str, value: object) -> StoredCode | None:
    rows = await unit.fetch(
        f"SELECT sealed, state, item, grant_id, person, shown_at FROM reward_codes WHERE workspace_id = $1 AND {where}",
        *(unit.workspace, value),
    )
    return StoredCode(bytes(rows[0][0]), *rows[0][1:]) if rows else None


async def note_shown(unit: UnitOfWork, grant: str, at: datetime) -> None:
    """Its holder saw the code; the first time is kept."""
    await unit.execute(
        "UPDATE reward_codes SET shown_at = $3 WHERE workspace_id = $1 AND grant_id = $2 AND shown_at IS NULL",
        *(unit.workspace, grant, at),
    )


async def count_codes(unit: UnitOfWork, item: str) -> dict[str, int]:
    """Codes of an item by state."""
    rows = await unit.fetch(
        "SELECT state, count(*) FROM reward_codes WHERE workspace_id = $1 AND item = $2 GROUP BY state",
        *(unit.workspace, item),
    )
    return {row[0]: int(row[1]) for row in rows}


async def read_addresses(unit: UnitOfWork, grants: Sequence[str]) -> dict[str, bytes]:
    """The sealed addresses of parcels, as far as they are there."""
    rows = await unit.fetch(
        "SELECT grant_id, sealed FROM reward_addresses WHERE workspace_id = $1 AND grant_id = ANY($2)",
        *(unit.workspace, list(grants)),
    )
    return {row[0]: bytes(row[1]) for row in rows}


async def erase_addresses(unit: UnitOfWork, person: str) -> int:
    """Forget where a person lives; how many addresses there were."""
    return await unit.execute(
        "DELETE FROM reward_addresses WHERE workspace_id = $1 AND person = $2", *(unit.workspace, person)
    )
