"""Handing in a proof: the image is read as it comes, stored, and given to the engine."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.domain.inbound import Message
from qunflow.engine.door import Door
from qunflow.features.tasks.model import SubmissionState, SubmitProof, submission_stream
from qunflow.storage.blobs import BlobStore
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Refusal, Site, wants_json
from qunflow.web.texts import LANGUAGES

#: campaigns.md §8, check 1.
MAX_PROOF_BYTES = 5 * 1024 * 1024
#: Room for the form around the image.
_MAX_BODY = MAX_PROOF_BYTES + 16 * 1024
#: A longer body is read and thrown away up to here, so that a phone sees the answer and not a broken connection.
_MAX_DRAINED = 20 * 1024 * 1024
_MAX_AT_ONCE = 16
_UPLOAD_SECONDS = 120.0
_NONCE = re.compile(r"[A-Za-z0-9]{8,64}")
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF", "image/webp"))

#: Renders the progress page with a refusal on it.
ShowRefusal = Callable[[Request, PersonLink, QunflowError], Awaitable[Response]]


def routes(door: Door, site: Site, blobs: BlobStore, show_refusal: ShowRefusal) -> list[Route]:
    """``POST /p/{sealed}/submit``, a form with the field ``proof``."""
    slots = asyncio.Semaphore(_MAX_AT_ONCE)

    async def submit(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        try:
            form = await read_form(request)
            try:
                async with slots:
                    rejection = await _hand_in(door, blobs, link, form)
            finally:
                await form.close()
            if rejection is not None:
                raise Refusal(rejection)
        except QunflowError as error:
            if wants_json(request):
                raise
            return await show_refusal(request, link, error)
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        asked = request.query_params.get("lang", "")
        query = f"?lang={asked}" if asked in LANGUAGES else ""
        return RedirectResponse(f"/p/{request.path_params['sealed']}{query}", status_code=303, headers=headers)

    return [Route("/p/{sealed}/submit", site.guarded(submit), methods=["POST"], name="submit_proof")]


async def _hand_in(door: Door, blobs: BlobStore, link: PersonLink, form: FormData) -> Rejection | None:
    image = await read_image(form)
    digest = hashlib.sha256(image).hexdigest()
    body = SubmitProof(digest)
    state: SubmissionState | None
    state = await door.look.state(link.workspace, submission_stream(link.campaign, link.person))
    if state is None or state.blob != digest:
        # Asked before anything is stored: an image that nobody will look at must not fill the disk.
        at = door.clock.now()
        question = Message(link.workspace, "dry-run", at, body, person=link.person, campaign=link.campaign)
        would = await door.commands.dry_run(question)
        if would.rejection is not None:
            return would.rejection
        async with door.database.alone(link.workspace) as unit:
            await blobs.put(unit, image, media_type_of(image), link.person, at)
    nonce = str(form.get("nonce") or "")
    command_id = f"submit:{link.campaign}:{link.person}:{nonce}" if _NONCE.fullmatch(nonce) else ""
    answer = await door.ask(link.workspace, body, person=link.person, campaign=link.campaign, command_id=command_id)
    return answer.rejection


def media_type_of(image: bytes) -> str:
    """The type of an image by its first bytes."""
    return next((kind for magic, kind in _MAGIC if image.startswith(magic)), "application/octet-stream")


async def read_form(request: Request) -> FormData:
    """The form of a proof, its image in a temporary file. Raises QunflowError when too large (413), slow or broken."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise _missing()
    try:
        async with asyncio.timeout(_UPLOAD_SECONDS):
            parser = MultiPartParser(request.headers, _bounded(request), max_files=1, max_fields=4, max_part_size=1024)
            return await parser.parse()
    except TimeoutError as error:
        raise QunflowError("upload_slow", "the image did not arrive in time", status=408) from error
    except (MultiPartException, ClientDisconnect) as error:
        raise InvalidInput("upload_broken", "the form did not arrive whole") from error


async def read_image(form: FormData) -> bytes:
    """The image of a form. Raises QunflowError when there is none, or one of over 5 MB."""
    proof = form.get("proof")
    if not isinstance(proof, UploadFile) or not proof.size:
        raise _missing()
    if proof.size > MAX_PROOF_BYTES:
        raise _too_large()
    return await proof.read()


def _missing() -> QunflowError:
    return InvalidInput("proof_missing", "the form has an image in its field proof", field="proof")


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """The body up to its bound; what comes beyond is never kept."""
    stated = request.headers.get("content-length", "")
    known = int(stated) if stated.isdecimal() and len(stated) <= 12 else 0
    if known > _MAX_DRAINED:
        raise _too_large()
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > _MAX_DRAINED:
            raise _too_large()
        if size <= _MAX_BODY and known <= _MAX_BODY:
            yield piece
    if size > _MAX_BODY:
        raise _too_large()


def _too_large() -> QunflowError:
    return QunflowError(
        "proof_too_large", "an image has at most 5 MB", field="proof", way_out="Send a smaller one.", status=413
    )
