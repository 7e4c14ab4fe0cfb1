"""Staff look at the pictures of a check-in and strike out what is none 打卡图 (campaigns.md §8, §10)."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.campaigns.acts import rejected
from qunflow.features.campaigns.mechanics.check_in_days import PHOTO, reached
from qunflow.features.campaigns.mechanics.check_in_photos import ONCE, STRIKE_REASONS
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.streak_photos import photo_in
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.plan_model import frame_of
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.facts import model_claim
from qunflow.features.campaigns.plays.model import player_stream, thawed, unit_stream
from qunflow.features.campaigns.report import find_campaign
from qunflow.storage.blobs import BlobStore

MODEL = "check-in"
MAX_CODE = 40


@dataclass(frozen=True, slots=True)
class StrikeReport:
    """A picture that counts no more, whose and for which day; ``days`` the sheet has now.

    ``known``: it was struck out before, and nothing changed.
    """

    photo: str
    person: str
    day: str
    reason: str
    days: int
    known: bool = False


async def photo_campaign(door: Door, workspace: str, name: str) -> CampaignState:
    """A campaign whose check-ins take pictures. Raises NotFound, Conflict."""
    state = await find_campaign(door, workspace, name)
    if not asks_for_photos(state):
        raise Conflict("campaign_no_photos", "this campaign takes no pictures of check-ins", field=name)
    return state


def asks_for_photos(state: CampaignState) -> bool:
    """Whether people hand in pictures here."""
    plan = state.plan
    return plan is not None and plan.model is not None and getattr(frame_of(plan).settings, "proof", "") == PHOTO


async def strike_photo(door: Door, workspace: str, name: str, photo: str, reason: str) -> StrikeReport:
    """Strike a picture out: its day counts no more, and the ledger follows; again, nothing changes.

    Raises NotFound for no such picture, InvalidInput for a reason that is none, Conflict when the campaign is closed.
    """
    state = await photo_campaign(door, workspace, name)
    if reason not in STRIKE_REASONS:
        way_out = f"Give one of {', '.join(STRIKE_REASONS)}."
        raise InvalidInput("photo_reason", "why it does not count", field="reason", way_out=way_out)
    sheet = await find_sheet(door, workspace, name, photo)
    answer = await acts.act(door, workspace, name, "strike_out", sheet.unit, {"photo": photo, "reason": reason})
    known = answer.rejection is not None and answer.rejection.reason == Reason.ALREADY_DONE
    if answer.rejection is not None and not known:
        raise rejected(answer.rejection)
    after = await acts.find_unit(door, workspace, name, sheet.unit)
    found = photo_in(after.play.photos, photo)
    if found is None:
        raise _unknown(photo)
    days = reached(after.play, frame_of(state.plan).settings) if state.plan is not None else 0
    return StrikeReport(photo, after.owner, found.day.isoformat(), found.reason, days, known)


async def find_sheet(door: Door, workspace: str, name: str, photo: str) -> Unit:
    """The sheet for which a picture was handed in. Raises NotFound."""
    scope, key = model_claim(name, (ONCE, photo))
    async with door.database.read(workspace) as unit:
        rows = await unit.fetch(
            "SELECT DISTINCT e.data->>'unit' FROM claims c JOIN events e ON e.workspace_id = c.workspace_id "
            "AND e.stream = $4 || c.holder AND e.type = 'unit_owned' "
            "WHERE c.workspace_id = $1 AND c.scope = $2 AND c.key = $3",
            *(unit.workspace, scope, key, player_stream(name, "")),
        )
    states = await door.look.states(workspace, [unit_stream(name, row[0]) for row in rows])
    for state in states:
        sheet = thawed(state) if state is not None else None
        if sheet is not None and sheet.model == MODEL and photo_in(sheet.play.photos, photo) is not None:
            return sheet
    raise _unknown(photo)


async def read_photo(door: Door, blobs: BlobStore, workspace: str, name: str, photo: str) -> bytes:
    """The bytes of a picture. Raises NotFound, also when it was erased with its person."""
    sheet = await find_sheet(door, workspace, name, photo)
    async with door.database.read(workspace) as unit:
        digest = await blobs.find(unit, sheet.owner, photo)
    if not digest:
        raise NotFound("photo_unknown", "this picture is not stored any more", field=photo[:MAX_CODE])
    return await blobs.read(workspace, digest)


def _unknown(photo: str) -> NotFound:
    way_out = "The list of pictures has their codes."
    return NotFound("photo_unknown", "no such picture was handed in here", field=photo[:MAX_CODE], way_out=way_out)
