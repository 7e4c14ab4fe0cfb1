"""What surfaces (pages, API, console) do with units: one move, one look. Parameters are checked at once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from qunflow.domain.codec import encode
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.domain.inbound import Message
from qunflow.domain.payments import RequestPayout
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.mechanics.mechanic import Mechanic, Unit
from qunflow.features.campaigns.mechanics.settings import read, schema_of
from qunflow.features.campaigns.model import CampaignState, campaign_stream
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.model import Play, PlayerState, player_stream, thawed, unit_stream

MAX_UNIT = 64
#: What a shop tells about orders that it took itself, and the staff's refund of one.
SHOP_MOVES = ("order_paid", "received", "refund_asked", "refunded", "used", "refund")


async def play(
    door: Door,
    workspace: str,
    campaign: str,
    person: str,
    move: str,
    unit: str = "",
    params: Mapping[str, Any] | None = None,
    command_id: str = "",
) -> Answer:
    """A participant's move; without a ``unit`` it opens one, whose id is the answer.

    A move that asks for money (``payout``) goes to the payout part; the answer is the payout's number.
    With the sender's ``command_id`` a repeat gets the same answer and no second effect. Raises NotFound for a campaign
    without a model and InvalidInput for parameters that the move does not take.
    """
    plan, model = await _model(door, workspace, campaign)
    rule = model.moves.get(move)
    if unit and rule is not None and rule.opens:
        raise InvalidInput("unit_name", "a unit gets its name when it is opened", field="unit")
    read_params = checked_params(model, move, params or {})
    body: Play | RequestPayout = Play(move, checked_unit(unit), read_params)
    if rule is not None and rule.payout:
        body = RequestPayout(command_id or f"{campaign}:{secrets.token_hex(16)}", int(read_params["fen"]))
    return await door.ask(
        workspace, body, person=person, campaign=campaign, channel=plan.channel, command_id=command_id
    )


async def carry(
    door: Door,
    workspace: str,
    campaign: str,
    person: str,
    move: str,
    unit: str,
    params: Mapping[str, Any],
    command_id: str = "",
    *,
    dry: bool = False,
) -> Answer:
    """A move of a participant whose parameters a page of ours vouches for, such as a picture that it took in.

    ``dry`` only asks what would come of it. Raises as :func:`play`.
    """
    plan, model = await _model(door, workspace, campaign)
    body = Play(move, checked_unit(unit), checked_params(model, move, params), "system", person)
    if dry:
        at = door.clock.now()
        question = Message(workspace, "dry-run", at, body, plan.channel, person=person, campaign=campaign)
        return await door.commands.dry_run(question)
    return await door.ask(
        workspace, body, person=person, campaign=campaign, channel=plan.channel, command_id=command_id
    )


async def act(
    door: Door, workspace: str, campaign: str, move: str, unit: str = "", params: Mapping[str, Any] | None = None
) -> Answer:
    """A move of staff: make a packet, judge an entry, take back what was fraud. Raises as :func:`play`."""
    plan, model = await _model(door, workspace, campaign)
    body = Play(move, checked_unit(unit), checked_params(model, move, params or {}), "staff")
    return await door.ask(workspace, body, campaign=campaign, channel=plan.channel)


async def tell(
    door: Door, workspace: str, campaign: str, move: str, unit: str, person: str, params: Mapping[str, str]
) -> Answer:
    """A move of staff, or one that a shop tells about its orders; ``params`` are texts as people write them.

    Raises as :func:`play`, also for any other move.
    """
    plan, model = await _model(door, workspace, campaign)
    rule = model.moves.get(move)
    if rule is None or (rule.who != "staff" and move not in SHOP_MOVES):
        names = sorted(name for name, one in model.moves.items() if one.who == "staff" or name in SHOP_MOVES)
        way_out = f"This model has: {', '.join(names)}." if names else "This model has none."
        raise InvalidInput("move_name", "a move of staff or of the shop", field="move", way_out=way_out)
    by = "staff" if rule.who == "staff" else "system"
    known = schema_of(rule.params) if rule.params is not None else {}
    numbers = {name for name, (setting, _) in known.items() if setting.kind in ("whole", "fen")}
    given = {name: int(text) if name in numbers and text.isdecimal() else text for name, text in params.items()}
    body = Play(move, checked_unit(unit), checked_params(model, move, given), by, person)
    return await door.ask(workspace, body, campaign=campaign, channel=plan.channel)


async def revoke(door: Door, workspace: str, campaign: str, person: str, key: str, reason: str = "fraud") -> Answer:
    """Staff take back one help or vote of a person, by its key in the person's :class:`PlayerState`."""
    plan, _ = await _model(door, workspace, campaign)
    params = {"key": key, "reason": reason}
    body = Play("revoke", checked_unit(key.partition("/")[0]), params, "system", person)
    return await door.ask(workspace, body, campaign=campaign, channel=plan.channel)


async def find_unit(door: Door, workspace: str, campaign: str, unit: str) -> Unit:
    """A unit of a campaign. Raises NotFound."""
    found: Unit | None = await door.look.state(workspace, unit_stream(campaign, checked_unit(unit)))
    if found is None or not found.status:
        raise NotFound("unit_unknown", "this campaign has no such unit", field="unit")
    return thawed(found)


async def show(door: Door, workspace: str, campaign: str, unit: str) -> dict[str, Any]:
    """The numbers of a unit for a page: those of its model, whose it is, and until when it runs."""
    plan, model = await _model(door, workspace, campaign)
    found = await find_unit(door, workspace, campaign, unit)
    shared = {"unit": found.unit, "owner": found.owner, "frozen": found.status == "frozen"}
    return {**shared, "expires_at": encode(found.expires_at), **model.show(found, frame_of(plan).settings)}


async def units_of(door: Door, workspace: str, campaign: str, person: str) -> tuple[str, ...]:
    """The units that a person has open."""
    state: PlayerState | None = await door.look.state(workspace, player_stream(campaign, person))
    return state.units if state is not None else ()


def checked_params(model: Mechanic, move: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a move as its record reads them. Raises InvalidInput naming the one that is wrong."""
    rule = model.moves.get(move)
    if rule is None or rule.params is None:
        if params and rule is not None:
            raise InvalidInput("move_params", "this move takes no parameters", field=sorted(params)[0])
        return {name: str(value)[:MAX_UNIT] for name, value in params.items() if name == "reason"}
    found: dict[str, Any] = encode(read(rule.params, "", params))
    return found


def checked_unit(unit: str) -> str:
    """A unit's id. Raises InvalidInput for what cannot be one."""
    if len(unit) > MAX_UNIT or not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in unit):
        raise InvalidInput("unit_name", f"at most {MAX_UNIT} letters, digits and hyphens", field="unit")
    return unit


async def _model(door: Door, workspace: str, campaign: str) -> tuple[Plan, Mechanic]:
    state: CampaignState | None = await door.look.state(workspace, campaign_stream(campaign))
    model = model_of(state.plan) if state is not None else None
    if state is None or state.plan is None or model is None:
        raise NotFound("campaign_no_model", "there is no campaign of this name that plays a model", field=campaign)
    return state.plan, model
