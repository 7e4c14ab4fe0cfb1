"""What lies beside the log and can be erased: hashes of devices and addresses, and words of appeals and decisions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.domain.signals import SHARED, Signals
from qunflow.features.campaigns.risk.commands import AppealFlag, DecideFlag
from qunflow.features.campaigns.risk.model import ASKED, KEPT, FlagAppealed, FlagDecided, flag_claim
from qunflow.storage.unit_of_work import UnitOfWork

APPEAL, ANSWER = "appeal", "answer"
#: What a hash is of, as :class:`Signals` names it.
KINDS = ("device", "ip", "payee", "address")


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote about a flag; ``kind`` is appeal or answer."""

    kind: str
    by: str
    at: datetime
    words: str


async def handles_of(unit: UnitOfWork, signals: Signals, at: datetime) -> dict[str, str]:
    """Kind → handle of each hash, a new one where it is not known (any more).

    A hash is kept 90 days from its first sight (see :func:`forget`).
    """
    wanted = [(kind, value) for kind in KINDS if (value := getattr(signals, kind))]
    if not wanted:
        return {}
    rows = await unit.fetch(
        "INSERT INTO risk_signals (workspace_id, kind, hash, handle, made_at) "
        "SELECT $1, k, h, n, $5 FROM unnest($2::text[], $3::text[], $4::text[]) AS t(k, h, n) ORDER BY k, h "
        "ON CONFLICT (workspace_id, kind, hash) DO UPDATE SET hash = excluded.hash RETURNING kind, handle",
        unit.workspace,
        [kind for kind, _ in wanted],
        [value for _, value in wanted],
        [_handle(kind, value) for kind, value in wanted],
        at,
    )
    return {row[0]: str(row[1]) for row in rows}


async def known_by(unit: UnitOfWork, external: str) -> list[str]:
    """The people whom any channel of the workspace knows under this id, at most twenty."""
    rows = await unit.fetch(
        "SELECT DISTINCT i.person FROM channels c JOIN identities i ON i.workspace_id = $1 AND i.channel = c.name "
        "AND i.kind = 'platform' AND i.value = $2 WHERE c.workspace_id = $1 ORDER BY 1 LIMIT 20",
        unit.workspace,
        external,
    )
    return [str(row[0]) for row in rows]


async def asked_of(unit: UnitOfWork, campaign: str, flags: Sequence[str]) -> list[str]:
    """Those of these flags whose question may be answered now."""
    keys = {flag_claim(campaign, flag)[1]: flag for flag in flags}
    rows = await unit.fetch(
        "SELECT key FROM claims WHERE workspace_id = $1 AND scope = 'risk' AND key = ANY($2) AND holder = $3",
        unit.workspace,
        list(keys),
        ASKED,
    )
    found = {keys[row[0]] for row in rows}
    return [flag for flag in flags if flag in found]


async def forget(unit: UnitOfWork, at: datetime) -> int:
    """Erase the hashes that are 90 days old; answers how many."""
    return await unit.execute(
        "DELETE FROM risk_signals WHERE workspace_id = $1 AND made_at <= $2", unit.workspace, at - KEPT
    )


async def keep_words(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Store the words of appeals and decisions in the commit of their events."""
    told = {message.message_id: message for message in messages if isinstance(message.body, AppealFlag | DecideFlag)}
    if not told:
        return
    for event in events:
        message = told.get(event.cause)
        if message is None or not message.body.words or not isinstance(event.body, FlagAppealed | FlagDecided):
            continue
        kind = APPEAL if isinstance(event.body, FlagAppealed) else ANSWER
        by = message.person if kind == APPEAL else message.body.by
        await unit.execute(
            "INSERT INTO risk_words (workspace_id, campaign, flag, kind, by, at, words) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) "
            "ON CONFLICT (workspace_id, campaign, flag, kind) DO UPDATE SET by = excluded.by, at = excluded.at, "
            "words = excluded.words",
            *(unit.workspace, event.campaign, message.body.flag, kind, by, event.at, message.body.words),
        )


async def words_of(unit: UnitOfWork, campaign: str, flag: str) -> dict[str, Words]:
    """What was written about a flag, by kind."""
    rows = await unit.fetch(
        "SELECT kind, by, at, words FROM risk_words WHERE workspace_id = $1 AND campaign = $2 AND flag = $3",
        unit.workspace,
        campaign,
        flag,
    )
    return {row[0]: Words(*row) for row in rows}


async def appeals_of(unit: UnitOfWork, campaign: str) -> dict[tuple[str, str], str]:
    """(campaign, flag) → the words of its appeal; of every campaign when none is named (at most 5,000)."""
    rows = await unit.fetch(
        "SELECT campaign, flag, words FROM risk_words WHERE workspace_id = $1 AND kind = 'appeal' "
        "AND ($2 = '' OR campaign = $2) ORDER BY at DESC LIMIT 5000",
        unit.workspace,
        campaign,
    )
    return {(row[0], row[1]): str(row[2]) for row in rows}


def _handle(kind: str, value: str) -> str:
    head = SHARED if value.startswith(SHARED) else kind[0]
    return f"{head}{secrets.token_hex(8)}"
