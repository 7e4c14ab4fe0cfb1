"""An operator's acts of more than one command: draft, measure the gate, launch, close. Every surface uses these."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.facts import PoolRoom, PosterFinding, StaffPresence
from qunflow.domain.money import MAX_FEN
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.board import BoardSheet, OpenItem, load_sheet, open_items
from qunflow.features.campaigns.gate import GateCheck, GateFacts, check_gate
from qunflow.features.campaigns.life import MAX_STOCK
from qunflow.features.campaigns.model import DraftCampaign, LaunchCampaign, RaiseBudget, RemoveParticipant, SetStatus
from qunflow.features.campaigns.notes import DUES, MAX_AUTHOR, MAX_WORDS, MarkNote, TakeNote
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.campaigns.running import ExtendEnd, RaiseStock
from qunflow.features.campaigns.stock import read_stock
from qunflow.storage.directory import find_channel
from qunflow.web.links import Links

#: Members at which a platform closes a group, where its channel does not say.
DEFAULT_GROUP_LIMIT = 200


async def draft(door: Door, workspace: str, plan: Plan, contact: bool, hard_limit: int) -> str:
    """Store a plan; pool and live code follow by themselves. Raises Conflict when it may not be changed any more."""
    body = DraftCampaign(plan, contact, hard_limit)
    return str(accepted(await door.ask(workspace, body, campaign=plan.campaign, channel=plan.channel)))


async def draft_on_channel(door: Door, workspace: str, plan: Plan) -> str:
    """Store a plan on its channel. Raises NotFound when this workspace has no such channel, and as :func:`draft`."""
    async with door.database.directory() as connection:
        channel = await find_channel(connection, plan.channel)
    if channel is None or channel.workspace != workspace:
        raise NotFound("channel_unknown", f"there is no channel {plan.channel}", field="channel")
    hard_limit = int(channel.settings.get("group_limit", DEFAULT_GROUP_LIMIT))
    return await draft(door, workspace, plan, channel.kind == "wecom", hard_limit)


async def gate_facts(door: Door, links: Links, workspace: str, name: str) -> tuple[Plan, GateFacts]:
    """What the launch gate looks at, measured now. Raises NotFound, and Conflict for a campaign without a plan."""
    state = await find_campaign(door, workspace, name)
    if state.plan is None:
        raise Conflict("campaign_no_plan", "the campaign has no plan", field=name)
    people = await door.look.all_of(workspace, "participation", f"participation:{name}:")
    done = [item for item in people if item.test and (item.completed or (state.plan.task is None and item.joined_at))]
    facts = GateFacts(
        await door.look.ask(workspace, PoolRoom, state.pool),
        await door.look.ask(workspace, PosterFinding, name),
        await door.look.ask(workspace, StaffPresence, state.pool),
        len(done),
        links.code(state.code) if state.code else "",
        await read_stock(door, workspace, state.plan),
    )
    return state.plan, facts


async def measure_gate(door: Door, links: Links, workspace: str, name: str) -> tuple[GateCheck, ...]:
    """Measure every check of the launch gate."""
    return check_gate(*await gate_facts(door, links, workspace, name))


async def launch(door: Door, links: Links, workspace: str, name: str) -> tuple[GateCheck, ...]:
    """Launch when the gate passes. Raises Conflict naming the checks that do not hold, with the way out of each."""
    gate = await measure_gate(door, links, workspace, name)
    failed = [item for item in gate if not item.passed]
    if failed:
        ways = " ".join(f"{item.check}: {item.measured}. {item.way_out}" for item in failed)
        raise Conflict("gate_closed", f"{len(failed)} checks do not hold", field=name, way_out=ways)
    accepted(await door.ask(workspace, LaunchCampaign(True), campaign=name))
    return gate


async def remove(door: Door, workspace: str, name: str, member: str, reason: Reason) -> int:
    """Remove a participant, found by the platform's id; answers from how many groups. Raises NotFound or Conflict."""
    people = await door.look.all_of(workspace, "participation", f"participation:{name}:")
    found = next((state for state in people if state.external == member), None)
    if found is None:
        raise NotFound("participant_unknown", "nobody of this id takes part", field="--member")
    body = RemoveParticipant(str(reason))
    return int(accepted(await door.ask(workspace, body, person=found.person, campaign=name, channel=found.channel)))


async def set_status(door: Door, workspace: str, name: str, status: str) -> str:
    """Pause, resume (``running``), stop, end or discard (``cancelled``) a campaign. Raises NotFound, Conflict."""
    await find_campaign(door, workspace, name)
    return str(accepted(await door.ask(workspace, SetStatus(status), campaign=name)))


async def raise_budget(door: Door, workspace: str, name: str, fen: int) -> int:
    """Add money; answers the whole budget in fen. Raises InvalidInput, NotFound, Conflict."""
    if not 1 <= fen <= MAX_FEN:
        raise InvalidInput("budget_amount", f"a whole number of fen from 1 to {MAX_FEN}", field="amount")
    await find_campaign(door, workspace, name)
    return int(accepted(await door.ask(workspace, RaiseBudget(fen), campaign=name)))


async def raise_stock(door: Door, workspace: str, name: str, by: int, tier: int = 0) -> int:
    """Add pieces of what the model gives; how many there are in all. Raises InvalidInput, NotFound, Conflict."""
    if not 1 <= by <= MAX_STOCK:
        raise InvalidInput("stock_amount", f"a whole number from 1 to {MAX_STOCK}; stock is never lowered", field="by")
    await find_campaign(door, workspace, name)
    return int(accepted(await door.ask(workspace, RaiseStock(by, tier), campaign=name)))


async def extend_end(door: Door, workspace: str, name: str, ends_at: datetime) -> str:
    """Let a campaign run longer. Raises NotFound, and Conflict for an earlier end (``worse_for_people``)."""
    await find_campaign(door, workspace, name)
    return str(accepted(await door.ask(workspace, ExtendEnd(ends_at), campaign=name)))


async def take_note(door: Door, workspace: str, name: str, due: str, words: str, author: str, chat: str = "") -> str:
    """Write down what was seen in the groups (M15), to mend now or next time. Raises NotFound, InvalidInput."""
    told = words.strip()
    if not 1 <= len(told) <= MAX_WORDS or due not in DUES:
        raise InvalidInput("note_words", f"a text of 1 to {MAX_WORDS} characters, for now or next time", field="words")
    await find_campaign(door, workspace, name)
    note = TakeNote(secrets.token_hex(8), due, chat[:MAX_AUTHOR], author[:MAX_AUTHOR], told)
    return str(accepted(await door.ask(workspace, note, campaign=name)))


async def mark_note(door: Door, workspace: str, name: str, note: str, done: bool) -> None:
    """Say that a note was dealt with, or take that back. Raises Conflict for one that is not there."""
    accepted(await door.ask(workspace, MarkNote(note, done), campaign=name))


async def close(door: Door, workspace: str, name: str) -> dict[str, Any]:
    """End a running campaign; a settled one is closed when nothing is open. Says what is still open.

    ``open`` in words; ``money`` are the items of it that only the closing itself finds, by their names.
    """
    state = await find_campaign(door, workspace, name)
    status = state.status
    if status in ("running", "paused"):
        status = accepted(await door.ask(workspace, SetStatus("ended"), campaign=name))
    sheet = await load_sheet(door, workspace, name)
    items = open_items(sheet)
    told = [word for item in items for word in _open_words(sheet, item)]
    money: dict[str, int] = {}
    if status == "settling" and not items:
        answer = await door.ask(workspace, SetStatus("closed"), campaign=name)
        if answer.rejection is None or answer.rejection.reason != Reason.MONEY_OPEN:
            status = accepted(answer)
        else:
            money = {what: int(count) for what, count in answer.rejection.detail.items()}
            told += [_MONEY_WORDS[what].format(count=count) for what, count in money.items()]
    return {"campaign": name, "status": status, "open": told, "money": money}


def _open_words(sheet: BoardSheet, item: OpenItem) -> list[str]:
    if item.what == "boards":
        return [f"{board} not frozen" for board in sheet.unfrozen]
    return [_OPEN_WORDS[item.what].format(count=item.count)]


_OPEN_WORDS = {
    "scripts": "{count} scripts without an outcome",
    "on_hold": "{count} fen on hold",
    "held": "{count} fen due and not posted: the budget was short",
    "ranking": "ranking not frozen",
    "proofs": "{count} proofs undecided",
}


_MONEY_WORDS = {
    "escrow_fen": "{count} fen that people paid and that are not earned or given back yet",
    "reserve_fen": "{count} fen set aside for units",
    "orders": "{count} orders that may still be paid",
    "refunds": "{count} refunds that have not arrived",
    "payouts": "{count} payouts under way",
    "grants": "{count} prizes promised and not given, or not sent",
}


def accepted(answer: Answer) -> Any:
    """The value of an answer. Raises Conflict with the reason when the command was rejected."""
    if answer.rejection is not None:
        raise rejected(answer.rejection)
    return answer.value


def rejected(rejection: Rejection) -> Conflict:
    """A rejection as an error for people."""
    detail = ", ".join(f"{name} {value}" for name, value in rejection.detail.items())
    return Conflict(str(rejection.reason), detail or "the present state does not allow this")
