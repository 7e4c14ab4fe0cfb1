"""An operator's acts of more than one command: draft, measure the gate, launch, close. Every surface uses these."""

from __future__ import annotations

from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import Conflict, NotFound
from qunflow.domain.facts import PoolRoom, PosterFinding, StaffPresence
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.contest import board_stream
from qunflow.features.campaigns.gate import GateCheck, GateFacts, check_gate
from qunflow.features.campaigns.model import DraftCampaign, LaunchCampaign, RemoveParticipant, SetStatus
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.report import campaign_report, find_campaign
from qunflow.web.links import Links


async def draft(door: Door, workspace: str, plan: Plan, contact: bool, hard_limit: int) -> str:
    """Store a plan; pool and live code follow by themselves. Raises Conflict when it may not be changed any more."""
    body = DraftCampaign(plan, contact, hard_limit)
    return str(accepted(await door.ask(workspace, body, campaign=plan.campaign, channel=plan.channel)))


async def measure_gate(door: Door, links: Links, workspace: str, name: str) -> tuple[GateCheck, ...]:
    """Measure every check of the launch gate."""
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
    )
    return check_gate(state.plan, facts)


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


async def close(door: Door, workspace: str, name: str) -> dict[str, Any]:
    """End a running campaign; a settled one is closed when nothing is open. Says what is still open."""
    state = await find_campaign(door, workspace, name)
    status = state.status
    if status in ("running", "paused"):
        status = accepted(await door.ask(workspace, SetStatus("ended"), campaign=name))
    report = await campaign_report(door, workspace, name)
    open_things = []
    if report["scripts"]["missing"]:
        open_things.append(f"{report['scripts']['missing']} scripts without an outcome")
    if report["rewards"]["pending"]:
        open_things.append(f"{report['rewards']['pending']} fen on hold")
    if report["rewards"]["due"] != report["rewards"]["posted"]:
        held = report["rewards"]["due"] - report["rewards"]["posted"]
        open_things.append(f"{held} fen due and not posted: the budget was short")
    boards = await door.look.all_of(workspace, "board", board_stream(name, ""))
    open_things += [f"{board.board} not frozen" for board in boards if board.opened_at and not board.frozen_at]
    if state.plan is not None and state.plan.ranked and state.frozen_at is None:
        open_things.append("ranking not frozen")
    if report["open_proofs"] > 0:
        open_things.append(f"{report['open_proofs']} proofs undecided")
    if status == "settling" and not open_things:
        status = accepted(await door.ask(workspace, SetStatus("closed"), campaign=name))
    return {"campaign": name, "status": status, "open": open_things}


def accepted(answer: Answer) -> Any:
    """The value of an answer. Raises Conflict with the reason when the command was rejected."""
    if answer.rejection is not None:
        raise rejected(answer.rejection)
    return answer.value


def rejected(rejection: Rejection) -> Conflict:
    """A rejection as an error for people."""
    detail = ", ".join(f"{name} {value}" for name, value in rejection.detail.items())
    return Conflict(str(rejection.reason), detail or "the present state does not allow this")
