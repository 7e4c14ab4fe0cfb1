"""What people ask of referrals: on phones, in the console and on the command line alike."""

from __future__ import annotations

import base64
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.money import MAX_FEN
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.referrals import commands, store
from qunflow.features.referrals.decide import code_of
from qunflow.features.referrals.model import (
    LOST_REASONS,
    LeadState,
    RecommenderState,
    lead_stream,
    recommender_stream,
)
from qunflow.features.referrals.program import (
    CloseProgram,
    ProgramState,
    SetProgram,
    Terms,
    check_terms,
    program_stream,
)
from qunflow.features.referrals.vault import ContactVault, FriendContact, check_contact
from qunflow.storage.directory import find_channel
from qunflow.web.links import Links, PersonLink, UnitLink

MAX_PROGRAMS = 200
_LINK_HEAD = "referral:"


# --- programs ---------------------------------------------------------------------------------------------------------


async def list_programs(door: Door, workspace: str) -> list[ProgramState]:
    """Every program, the newest first."""
    found: list[ProgramState] = await door.look.all_of(workspace, "referral_program")
    return sorted(found, key=lambda one: (one.made_at is None, one.made_at, one.name), reverse=True)


async def find_program(door: Door, workspace: str, name: str) -> ProgramState:
    """One program. Raises NotFound."""
    state: ProgramState | None = await door.look.state(workspace, program_stream(name))
    if state is None or state.terms is None:
        way_out = "See qunflow referral list."
        raise NotFound("referral_unknown", "there is no such referral program", field=name[:64], way_out=way_out)
    return state


async def set_program(door: Door, workspace: str, name: str, terms: Terms, by: str) -> str:
    """Make or change a program. Raises InvalidInput naming the field, NotFound for its channel, Conflict."""
    check_terms(name, terms)
    _check_by(by)
    if terms.channel:
        async with door.database.directory() as connection:
            channel = await find_channel(connection, terms.channel)
        if channel is None or channel.workspace != workspace or channel.kind != "wecom":
            rule = f"there is no WeCom channel {terms.channel}; elsewhere friends leave a phone number"
            raise NotFound("channel_unknown", rule, field="channel", way_out="Leave channel and staff empty.")
    known = await list_programs(door, workspace)
    if all(one.name != name for one in known) and len(known) >= MAX_PROGRAMS:
        raise Conflict("referral_limit", f"at most {MAX_PROGRAMS} programs", field="name", way_out="Change an old one.")
    return str(_value(await door.ask(workspace, SetProgram(name, terms, by)), name))


async def close_program(door: Door, workspace: str, name: str, closed: bool, by: str) -> str:
    """Take no more friends, or take them again. Raises NotFound."""
    _check_by(by)
    await find_program(door, workspace, name)
    return str(_value(await door.ask(workspace, CloseProgram(name, closed, by)), name))


# --- links ------------------------------------------------------------------------------------------------------------


async def open_recommender(door: Door, workspace: str, program: str, person: str, device: str = "") -> RecommenderState:
    """The customer's personal code, made when there is none. Raises NotFound, Conflict."""
    await find_program(door, workspace, program)
    if not 1 <= len(person) <= 128:
        raise InvalidInput("referral_person", "our id of a person", field="person")
    code = code_of(workspace, program, person)
    known: RecommenderState | None = await door.look.state(workspace, recommender_stream(code))
    if known is None or device:
        body = commands.OpenRecommender(program, device)
        _value(await door.ask(workspace, body, person=person), program)
        known = await door.look.state(workspace, recommender_stream(code))
    assert known is not None
    return known


def own_link(links: Links, workspace: str, program: str, person: str) -> str:
    """The address of a customer's own page in a program: signed, nothing but ids in it."""
    return f"{links.base_url}/r/{links.seal(PersonLink(workspace, f'{_LINK_HEAD}{program}', person))}"


def friend_link(links: Links, workspace: str, program: str, code: str) -> str:
    """The address that a customer sends to friends."""
    return f"{links.base_url}/f/{links.seal_unit(UnitLink(workspace, f'{_LINK_HEAD}{program}', code))}"


def program_of(link: PersonLink | UnitLink) -> str:
    """The program that a link belongs to. Raises NotFound for a link of something else."""
    if not link.campaign.startswith(_LINK_HEAD):
        raise NotFound("link_unknown", "this link is not one of ours", way_out="Open the newest link again.")
    return link.campaign.removeprefix(_LINK_HEAD)


# --- leads ------------------------------------------------------------------------------------------------------------


async def recommend(
    door: Door, vault: ContactVault, workspace: str, code: str, contact: FriendContact, consent: bool, device: str = ""
) -> Rejection | None:
    """A friend leaves name and phone; None when they were taken. Raises InvalidInput naming the field."""
    if not consent:
        raise InvalidInput("friend_consent", "nobody is called who did not agree", field="consent")
    checked = check_contact(contact)
    sealed = base64.b64encode(vault.seal(checked)).decode()
    body = commands.RecommendFriend(code, vault.digest(workspace, checked), sealed, device)
    return (await door.ask(workspace, body)).rejection


async def find_lead(door: Door, workspace: str, lead: str) -> LeadState:
    """One lead. Raises NotFound."""
    state: LeadState | None = await door.look.state(workspace, lead_stream(lead))
    if state is None:
        raise NotFound("lead_unknown", "there is no such recommended friend", field=lead[:64])
    return state


async def contact_lead(door: Door, workspace: str, lead: str, by: str) -> LeadState:
    """Staff spoke with the friend. Raises NotFound, Conflict."""
    return await _act(door, workspace, lead, commands.ContactLead(lead, by), by)


async def win_lead(door: Door, workspace: str, lead: str, order: str, net_fen: int, by: str) -> LeadState:
    """The friend bought. ``net_fen`` may be 0 for an order that was paid here. Raises InvalidInput, NotFound, Conflict.

    From ``four_eyes_fen`` of a price entered by hand on, somebody else has to agree first.
    """
    if not 1 <= len(order) <= 64 or not order.isprintable():
        raise InvalidInput("lead_order", "an order number of 1 to 64 printable characters", field="order")
    if not 0 <= net_fen <= MAX_FEN:
        raise InvalidInput("lead_net_fen", f"0 to {MAX_FEN:,} fen", field="net_fen")
    return await _act(door, workspace, lead, commands.WinLead(lead, order, net_fen, by), by)


async def agree_lead(door: Door, workspace: str, lead: str, agree: bool, by: str) -> LeadState:
    """A second person agrees to a deal, or not. Raises NotFound, Conflict."""
    return await _act(door, workspace, lead, commands.AgreeLead(lead, agree, by), by)


async def refund_lead(door: Door, workspace: str, lead: str, refund: str, fen: int, by: str) -> LeadState:
    """A part of the price was given back; ``refund`` makes it once. Raises InvalidInput, NotFound, Conflict."""
    if not 1 <= len(refund) <= 64 or not refund.isprintable():
        raise InvalidInput("lead_refund", "a refund number of 1 to 64 printable characters", field="refund")
    if not 1 <= fen <= MAX_FEN:
        raise InvalidInput("lead_refund_fen", f"1 to {MAX_FEN:,} fen", field="fen")
    return await _act(door, workspace, lead, commands.RefundLead(lead, refund, fen, by), by)


async def lose_lead(door: Door, workspace: str, lead: str, reason: str, by: str) -> LeadState:
    """Nothing comes of it. Raises InvalidInput, NotFound, Conflict."""
    if reason not in LOST_REASONS:
        raise InvalidInput("lead_reason", f"one of {', '.join(LOST_REASONS)}", field="reason")
    return await _act(door, workspace, lead, commands.LoseLead(lead, reason, by), by)


async def forget_lead(door: Door, workspace: str, lead: str, by: str) -> LeadState:
    """Erase the friend's name and phone. Raises NotFound."""
    return await _act(door, workspace, lead, commands.ForgetLead(lead, by), by)


async def reveal_contact(door: Door, vault: ContactVault, workspace: str, lead: str) -> FriendContact:
    """The friend's name and phone, for calling them. Raises NotFound when there is none any more."""
    await find_lead(door, workspace, lead)
    async with door.database.read(workspace) as unit:
        sealed = await store.read_contact(unit, lead)
    if sealed is None:
        raise NotFound("lead_contact_none", "no name and phone are kept of this friend", field=lead[:64])
    return vault.open(sealed)


async def _act(door: Door, workspace: str, lead: str, body: Any, by: str) -> LeadState:
    _check_by(by)
    before = await find_lead(door, workspace, lead)
    _value(await door.ask(workspace, body, channel=before.channel), lead)
    return await find_lead(door, workspace, lead)


def _check_by(by: str) -> None:
    if not 1 <= len(by) <= 64 or not by.isprintable():
        raise InvalidInput("referral_by", "say who decides, in 1 to 64 characters", field="by")


def _value(answer: Answer, field: str) -> Any:
    if answer.rejection is not None:
        told = ", ".join(f"{name} {value}" for name, value in answer.rejection.detail.items())
        words = str(answer.rejection.reason).replace("_", " ")
        raise Conflict(str(answer.rejection.reason), f"{words} ({told})" if told else words, field=field[:64])
    return answer.value


def lead_data(state: LeadState) -> dict[str, Any]:
    """A lead as plain data: ids and amounts, no names."""
    return {
        "lead": state.lead,
        "program": state.program,
        "status": state.shown,
        "source": state.source,
        "recommender": state.recommender,
        "friend": state.friend,
        "order": state.order or (state.proposal.order if state.proposal is not None else ""),
        "net_fen": state.kept_fen,
        "reward_available_fen": state.posted.available,
        "reward_pending_fen": state.posted.pending,
        "reward_held_fen": state.held,
        "opened_at": _instant(state.opened_at),
        "protected_until": _instant(state.protected_until),
        "hold_until": _instant(state.hold_until),
        "reason": state.reason,
    }


def _instant(at: Any) -> str | None:
    return at.isoformat() if at is not None else None
