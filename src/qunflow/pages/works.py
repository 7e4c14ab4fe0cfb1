"""Works of a contest: handed in as a picture, kept with the erasable files, and shown to those who vote."""

from __future__ import annotations

import hashlib
import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import InvalidInput, NotFound, QunflowError
from qunflow.engine.door import Door
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.pages import PlayPages
from qunflow.features.campaigns.plays.pages_move import NONCE, refused_move
from qunflow.features.campaigns.plays.pages_units import load_scene
from qunflow.features.tasks.pages import media_type_of, read_form, read_image
from qunflow.storage.blobs import BlobStore
from qunflow.web.links import PersonLink, UnitLink
from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.texts import LANGUAGES
from qunflow.web.visitors import is_robot

#: A work's code: so much of its digest as a code may be long.
CODE = 40


def work_routes(door: Door, site: Site, blobs: BlobStore, pages: PlayPages) -> list[Route]:
    """``POST /p/{sealed}/work``, a form with the field ``proof``, and ``/u/{sealed}/work`` with the picture."""

    async def enter(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        try:
            unit = await _enter(door, blobs, request, link)
        except QunflowError as error:
            return await pages.show_own(request, link, error)
        asked = request.query_params.get("lang", "")
        query = f"&lang={asked}" if asked in LANGUAGES else ""
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        path = f"/p/{request.path_params['sealed']}/play?did=enter&unit={unit}{query}"
        return RedirectResponse(path, status_code=303, headers=headers)

    async def picture(request: Request) -> Response:
        """The picture of a work for all who have its address; of a refused one for nobody."""
        link = site.links.open_unit(request.path_params["sealed"])
        if is_robot(request):
            return Response(media_type="image/jpeg", headers=SECURITY_HEADERS)
        content = await _picture(door, blobs, link)
        headers = {**SECURITY_HEADERS, "cache-control": "private, max-age=600"}
        return Response(content, media_type=media_type_of(content), headers=headers)

    return [
        Route("/p/{sealed}/work", site.guarded(enter), methods=["POST"], name="enter_work"),
        Route("/u/{sealed}/work", site.guarded(picture), methods=["GET"], name="work"),
    ]


async def _enter(door: Door, blobs: BlobStore, request: Request, link: PersonLink) -> str:
    """Store the picture and enter it; answers the entry's unit. Raises QunflowError."""
    scene = await load_scene(door, link)
    if scene.model.name != "voting":
        raise NotFound("work_none", "this campaign takes no works")
    form = await read_form(request)
    try:
        image, nonce = await read_image(form), str(form.get("nonce") or "")
    finally:
        await form.close()
    kind = media_type_of(image)
    if not kind.startswith("image/"):
        raise InvalidInput("proof_missing", "a JPEG, PNG or WebP picture", field="proof")
    digest = hashlib.sha256(image).hexdigest()
    if scene.state.person and not scene.player.units:  # a picture that is refused anyway must not fill the disk
        async with door.database.unit(link.workspace) as unit:
            await blobs.put(unit, image, kind, link.person, door.clock.now())
    key = nonce if NONCE.fullmatch(nonce) else secrets.token_hex(8)
    command = f"move:{link.campaign}:{link.person}:{key}"
    made = {"work": digest[:CODE]}
    answer = await acts.play(door, link.workspace, link.campaign, link.person, "enter", "", made, command)
    if answer.rejection is not None:
        raise refused_move(answer.rejection)
    return str(answer.value)


async def _picture(door: Door, blobs: BlobStore, link: UnitLink) -> bytes:
    """The bytes of a work. Raises NotFound."""
    found = await acts.find_unit(door, link.workspace, link.campaign, link.unit)
    work = str(getattr(found.play, "work", ""))
    async with door.database.read(link.workspace) as unit:
        digest = await blobs.find(unit, found.owner, work)
    if not digest or getattr(found.play, "status", "") == "refused":
        raise NotFound("work_unknown", "there is no such picture")
    return await blobs.read(link.workspace, digest)
