"""Pictures of a check-in: taken in, examined before they count, kept with the erasable files (campaigns.md §8, §10)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import date
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput, NotFound, QunflowError
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.campaigns.mechanics.check_in_days import PHOTO
from qunflow.features.campaigns.mechanics.streak_photos import photo_in
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.pages import PlayPages
from qunflow.features.campaigns.plays.pages_move import NONCE, Asked, json_answer, refused_move
from qunflow.features.campaigns.plays.pages_units import Scene, load_scene, load_units
from qunflow.features.tasks.examine import measure
from qunflow.features.tasks.pages import media_type_of, read_form, read_image
from qunflow.pages.works import CODE
from qunflow.storage.blobs import BlobStore
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Site, wants_json
from qunflow.web.texts import LANGUAGES

#: A smaller side shows nothing that staff could judge.
LEAST_SIDE = 300
#: So many pictures are decoded at a time; twelve megapixels take about 0.2 s.
_AT_ONCE = 2
#: So many are held in memory at a time.
_HELD = 16
_MOVE = "hand_in"


def photo_routes(door: Door, site: Site, blobs: BlobStore, pages: PlayPages) -> list[Route]:
    """``POST /p/{sealed}/photo``: a form with the field ``proof``, and ``params.day`` where it makes a day up."""
    desk = PhotoDesk(door, blobs)

    async def hand_in(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        try:
            asked, answer = await desk.take(request, link)
        except QunflowError as error:
            if wants_json(request):
                raise
            return await pages.show_own(request, link, error)
        if wants_json(request):
            return json_answer(site, request, asked, answer)
        if answer.rejection is not None:
            return await pages.show_own(request, link, refused_move(answer.rejection), asked.unit)
        wanted = request.query_params.get("lang", "")
        query = f"&lang={wanted}" if wanted in LANGUAGES else ""
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        path = f"/p/{request.path_params['sealed']}/play?did={_MOVE}&unit={asked.unit}&got={answer.value}{query}"
        return RedirectResponse(path, status_code=303, headers=headers)

    return [Route("/p/{sealed}/photo", site.guarded(hand_in), methods=["POST"], name="hand_in_photo")]


class PhotoDesk:
    """Takes pictures in: asks first what would come of one, looks at it, stores it, and only then hands it in."""

    def __init__(self, door: Door, blobs: BlobStore) -> None:
        self._door = door
        self._blobs = blobs
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._room = asyncio.Semaphore(_HELD)

    async def take(self, request: Request, link: PersonLink) -> tuple[Asked, Answer]:
        """The move as it was asked for, and its answer; who has no sheet gets one. Raises QunflowError."""
        scene = await load_scene(self._door, link)
        if getattr(scene.frame.settings, "proof", "") != PHOTO:
            raise NotFound("photo_none", "this campaign takes no pictures of check-ins")
        form = await read_form(request)
        try:
            async with self._room:
                return await self._take(scene, _fields(form), await read_image(form))
        finally:
            await form.close()

    async def _take(self, scene: Scene, given: dict[str, str], image: bytes) -> tuple[Asked, Answer]:
        nonce = given.pop("nonce")
        unit, refused = await self._sheet(scene, nonce)
        asked = Asked(_MOVE, unit, nonce, given)
        if refused is not None:
            return asked, Answer(rejection=refused)
        return asked, _as_answer(await self._hand_in(scene, asked, image))

    async def _sheet(self, scene: Scene, nonce: str) -> tuple[str, Rejection | None]:
        """The person's open sheet, or a new one."""
        if scene.player.units:
            return scene.player.units[0], None
        link = scene.link
        command = f"move:{link.campaign}:{link.person}:{nonce}:open"
        found = await acts.play(self._door, link.workspace, link.campaign, link.person, "open", command_id=command)
        return ("" if found.rejection is not None else str(found.value)), found.rejection

    async def _hand_in(self, scene: Scene, asked: Asked, image: bytes) -> Answer:
        link, code = scene.link, hashlib.sha256(image).hexdigest()[:CODE]
        params = {**asked.params, "photo": code}
        # Asked before anything is decoded or stored: what is refused anyway must cost neither time nor room.
        would = await self._carry(link, asked.unit, params, dry=True)
        if would.rejection is not None and not await self._is_known(scene, asked.unit, code):
            return would
        if would.rejection is None and not isinstance(would.value, str):
            params |= await self._examined(link, image)
        command = f"move:{link.campaign}:{link.person}:{asked.nonce}"
        return await self._carry(link, asked.unit, params, command)

    async def _carry(
        self, link: PersonLink, unit: str, params: dict[str, Any], command: str = "", *, dry: bool = False
    ) -> Answer:
        return await acts.carry(
            self._door, link.workspace, link.campaign, link.person, _MOVE, unit, params, command, dry=dry
        )

    async def _is_known(self, scene: Scene, unit: str, code: str) -> bool:
        """Whether the sheet has this very picture: then it is stored, and the same form may have come again."""
        found = await load_units(self._door, scene, [unit])
        return any(photo_in(one.play.photos, code) is not None for one in found)

    async def _examined(self, link: PersonLink, image: bytes) -> dict[str, str]:
        """What a look at the picture says: its flaw, or its look once it is stored."""
        async with self._slots:
            found = await asyncio.to_thread(measure, image)
        if found is None:
            return {"flaw": str(Reason.UNREADABLE)}
        if min(found.width, found.height) < LEAST_SIDE:
            return {"flaw": str(Reason.TOO_SMALL)}
        async with self._door.database.alone(link.workspace) as unit:
            await self._blobs.put(unit, image, media_type_of(image), link.person, self._door.clock.now())
        return {"look": found.dhash}


def _fields(form: FormData) -> dict[str, str]:
    """The nonce of a form, and the day that it makes up. Raises InvalidInput."""
    nonce = str(form.get("nonce") or "")
    found = {"nonce": nonce if NONCE.fullmatch(nonce) else secrets.token_hex(8)}
    day = str(form.get("params.day") or "")
    if day:
        try:
            found["day"] = date.fromisoformat(day).isoformat()
        except ValueError as error:
            raise InvalidInput("model_day", "a day", field="day", way_out="Write it like 2026-12-01.") from error
    return found


def _as_answer(answer: Answer) -> Answer:
    """A picture that stands for no day is recorded, and refused for the person."""
    if isinstance(answer.value, str):
        return Answer(rejection=Rejection(Reason(answer.value)))
    return answer
