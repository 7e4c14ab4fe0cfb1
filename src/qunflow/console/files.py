"""Downloads: a declared file is made for the operator, noted when it is an export, and never shown as a page."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.console.notes import DONE, REFUSED
from qunflow.console.office import Office
from qunflow.console.seats import Visitor
from qunflow.domain.errors import NotFound, QunflowError
from qunflow.web.desk import ConsoleFile

MAX_PARAMETER = 500
MAX_PARAMETERS = 30
#: Whatever a file holds, it runs nothing and loads nothing, also when somebody opens its address as a page.
_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"}


def file_route(file: ConsoleFile, office: Office) -> Route:
    """The route of a declared file; the gate has checked its right."""
    parameters = list(inspect.signature(file.make).parameters.values())[1:]
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    known = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
    required = {parameter.name for parameter in parameters if parameter.name in known and not _has_default(parameter)}

    async def answer(request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        given = {**dict(request.query_params), **request.path_params}
        taken = [name for name in given if takes_all or name in known][:MAX_PARAMETERS]
        values = {name: str(given[name])[:MAX_PARAMETER] for name in taken}
        if required - values.keys():
            raise NotFound("page_unknown", "there is no such page")
        target = request.url.path
        try:
            media_type, name, body = await file.make(visitor.operator, **values)
        except QunflowError as error:
            await _note(office, visitor, target, REFUSED, error.code, values)
            raise
        picture = media_type.startswith("image/")
        if not picture:
            await _note(office, visitor, target, DONE, "", {**values, "bytes": len(body)})
        headers = {**_HEADERS, "content-disposition": _disposition(name, inline=picture)}
        return Response(body, media_type=media_type, headers=headers)

    return Route(file.path, answer, methods=["GET"])


def _has_default(parameter: inspect.Parameter) -> bool:
    return parameter.default is not inspect.Parameter.empty


async def _note(
    office: Office, visitor: Visitor, target: str, outcome: str, reason: str, details: Mapping[str, object]
) -> None:
    who = visitor.operator
    await office.notes.add(who.workspace, who.account, who.name, "export", target, outcome, reason, details)


def _disposition(name: str, *, inline: bool) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100] or "file"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:100])}"
