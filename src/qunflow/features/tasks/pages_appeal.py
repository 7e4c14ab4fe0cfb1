"""The form by which a participant asks, once for each rejection, that somebody else looks at the proof."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import QunflowError
from qunflow.engine.door import Door
from qunflow.features.tasks import acts
from qunflow.features.tasks.pages import ShowRefusal
from qunflow.storage.blobs import BlobStore
from qunflow.web.responses import SECURITY_HEADERS, Site, wants_json
from qunflow.web.small_forms import read_fields
from qunflow.web.texts import LANGUAGES


def appeal_routes(door: Door, site: Site, blobs: BlobStore, show_refusal: ShowRefusal) -> list[Route]:
    """``POST /p/{sealed}/proof/appeal``, a form with the fields ``attempt`` and ``words``."""

    async def send(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        try:
            attempt, words = await _form(request)
            await acts.appeal(door, blobs, link.workspace, link.campaign, link.person, attempt, words)
        except QunflowError as error:
            if wants_json(request):
                raise
            return await show_refusal(request, link, error)
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        asked = request.query_params.get("lang", "")
        query = f"?lang={asked}" if asked in LANGUAGES else ""
        return RedirectResponse(f"/p/{request.path_params['sealed']}{query}#proof", status_code=303, headers=headers)

    return [Route("/p/{sealed}/proof/appeal", site.guarded(send), methods=["POST"], name="appeal_proof")]


async def _form(request: Request) -> tuple[int, str]:
    """The attempt and the words. Raises InvalidInput for a form that is too large or broken."""
    fields = await read_fields(request)
    attempt = fields.get("attempt", "")
    return (int(attempt) if attempt.isdecimal() and len(attempt) < 4 else 0), fields.get("words", "")
