"""What staff ask of payouts, on the command line and in the console alike."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.payments import RequestPayout
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.payouts import model
from qunflow.features.payouts.manual_file import parse_results, payout_list
from qunflow.features.payouts.model import AUDITED, MANUAL, SENDING, PayoutState, payout_stream
from qunflow.features.payouts.rules import RULES_STREAM, PayRules, SetPayRules, check_rules
from qunflow.storage.people import find_names

MAX_LISTED = 5_000
_LONG = {"by": 64, "key": 128, "openid": 64, "person": 128, "list": 64}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a result file did: payouts settled now, settled the same way before, and refused rows with their reason."""

    settled: int
    same: int
    refused: tuple[tuple[int, str, str], ...]  # line, number, reason


async def read_rules(door: Door, workspace: str) -> PayRules:
    """The workspace's rules of paying out."""
    found: PayRules | None = await door.look.state(workspace, RULES_STREAM)
    return found if found is not None else PayRules()


async def set_rules(door: Door, workspace: str, rules: PayRules) -> None:
    """Set them. Raises InvalidInput."""
    check_rules(rules)
    await door.ask(workspace, SetPayRules(rules))


async def list_payouts(door: Door, workspace: str, status: str = "", person: str = "") -> list[PayoutState]:
    """Payouts, the oldest first, at most 5,000; of one status and one person when they are named."""
    found: list[PayoutState] = await door.look.all_of(workspace, "payout", status=status or None)
    chosen = [state for state in found if not person or state.person == person]
    chosen.sort(key=lambda state: (state.requested_at is None, state.requested_at, state.number))
    return chosen[:MAX_LISTED]


async def find_payout(door: Door, workspace: str, number: str) -> PayoutState:
    """One payout. Raises NotFound."""
    state: PayoutState | None = await door.look.state(workspace, payout_stream(number))
    if state is None:
        way_out = "See qunflow payout list."
        raise NotFound("payout_unknown", "there is no payout of this number", field=number[:64], way_out=way_out)
    return state


async def request_payout(
    door: Door,
    workspace: str,
    person: str,
    fen: int,
    key: str,
    *,
    by: str = "",
    openid: str = "",
    campaign: str = "",
) -> PayoutState:
    """Set a person's fen aside to be paid out; the same ``key`` is the same payout. Raises InvalidInput, Conflict."""
    _check(by=by, key=key, openid=openid, person=person)
    if not person or not key:
        raise InvalidInput("payout_key", "a payout needs a person and a key that makes it once", field="key")
    if not 1 <= fen <= 10_000_000:
        raise InvalidInput("payout_fen", "1 to 10,000,000 fen", field="fen")
    body = RequestPayout(key, fen, by, openid)
    answer = await door.ask(workspace, body, person=person, campaign=campaign)
    return await find_payout(door, workspace, str(_value(answer, key)))


async def approve_payout(door: Door, workspace: str, number: str, by: str) -> PayoutState:
    """Agree to a payout; from ``four_eyes_fen`` on two people have to. Raises NotFound, Conflict."""
    return await _act(door, workspace, number, model.ApprovePayout(number, by), by)


async def reject_payout(door: Door, workspace: str, number: str, by: str, reason: str) -> PayoutState:
    """Refuse it, or ask for one back that its person has not taken. Raises NotFound, InvalidInput, Conflict."""
    if reason not in model.REJECT_REASONS:
        raise InvalidInput("payout_reason", f"one of {', '.join(model.REJECT_REASONS)}", field="reason")
    return await _act(door, workspace, number, model.RejectPayout(number, by, reason), by)


async def retry_payout(door: Door, workspace: str, number: str, by: str) -> PayoutState:
    """Try a failed payout again; the payout that it becomes. Raises NotFound, Conflict."""
    _check(by=by)
    if not by:
        raise InvalidInput("payout_by", "say who decides", field="by")
    await find_payout(door, workspace, number)
    return await find_payout(
        door, workspace, str(_value(await door.ask(workspace, model.RetryPayout(number, by)), number))
    )


async def ask_payout(door: Door, workspace: str, number: str, person: str) -> str:
    """Ask what became of a person's own payout; its status as it is known now. Raises Conflict."""
    return str(_value(await door.ask(workspace, model.AskPayout(number), person=person), number))


async def _act(door: Door, workspace: str, number: str, body: Any, by: str) -> PayoutState:
    _check(by=by)
    if not by:
        raise InvalidInput("payout_by", "say who decides", field="by")
    await find_payout(door, workspace, number)
    _value(await door.ask(workspace, body), number)
    return await find_payout(door, workspace, number)


async def export_manual(door: Door, workspace: str, list_name: str) -> bytes:
    """Put every agreed manual payout on the list ``list_name`` and answer it; the same name again answers the same.

    A payout stands on one list. Those for which the channel's day has no room stay for the next one.
    """
    _check(list=list_name)
    if not list_name:
        raise InvalidInput("payout_list", "a list needs a name", field="list")
    listed = [one for one in await list_payouts(door, workspace, SENDING) if one.list_name == list_name]
    if not listed:
        for state in await list_payouts(door, workspace, AUDITED):
            if state.channel == MANUAL:
                await door.ask(workspace, model.ListPayout(state.number, list_name))
        listed = [one for one in await list_payouts(door, workspace, SENDING) if one.list_name == list_name]
    async with door.database.read(workspace) as unit:
        names = await find_names(unit, [state.person for state in listed])
    return payout_list(listed, names)


async def import_results(door: Door, workspace: str, content: bytes, by: str) -> ImportReport:
    """Take in what became of manual payouts. Again, or in parts, it changes nothing twice. Raises InvalidInput."""
    _check(by=by)
    tally: Tally[str] = Tally()
    refused: list[tuple[int, str, str]] = []
    for row in parse_results(content):
        answer = await door.ask(workspace, model.SettlePayout(row.number, row.result, row.fen, by))
        if answer.rejection is not None:
            refused.append((row.line, row.number, str(answer.rejection.reason)))
        else:
            tally["same" if answer.value == "same" else "settled"] += 1
    return ImportReport(tally["settled"], tally["same"], tuple(refused))


def data_of(state: PayoutState) -> dict[str, Any]:
    """A payout as plain data; ids and amounts, no names."""
    return {
        "number": state.number,
        "key": state.key,
        "person": state.person,
        "campaign": state.campaign,
        "channel": state.channel,
        "fen": state.fen,
        "fee_fen": state.fee,
        "status": state.status,
        "eyes": state.eyes,
        "asked_by": state.asked_by,
        "approved_by": list(state.approved_by),
        "requested_at": state.requested_at.isoformat() if state.requested_at is not None else None,
        "ended_at": state.ended_at.isoformat() if state.ended_at is not None else None,
        "list": state.list_name,
        "code": state.code,
    }


def _value(answer: Answer, field: str) -> Any:
    if answer.rejection is not None:
        raise Conflict(f"payout_{answer.rejection.reason}", _words(answer.rejection), field=field[:64])
    return answer.value


def _words(rejection: Rejection) -> str:
    told = ", ".join(f"{name} {value}" for name, value in rejection.detail.items())
    return f"{str(rejection.reason).replace('_', ' ')}{f' ({told})' if told else ''}"


def _check(**given: str) -> None:
    for name, value in given.items():
        if len(value) > _LONG[name] or any(not letter.isprintable() for letter in value):
            raise InvalidInput(f"payout_{name}", f"at most {_LONG[name]} printable characters", field=name)
