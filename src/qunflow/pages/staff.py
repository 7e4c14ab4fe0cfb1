"""A to-do's page for the member of staff who got its card: everything needed, one tap where the client offers one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.community.model import group_stream
from qunflow.domain.errors import Conflict
from qunflow.engine.door import Door
from qunflow.engine.reading import BatchReader
from qunflow.features.todos import acts
from qunflow.features.todos.card import About, card_lines, card_title
from qunflow.features.todos.kinds import is_by_hand, kind_of
from qunflow.features.todos.model import DONE, OPEN, TodoState
from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.visitors import is_robot

#: Signs a page for the client: ``(workspace, channel, url)`` → ``{"corp": {…}, "agent": {…}}``, or None.
SignPage = Callable[[str, str, str], Awaitable[Mapping[str, Any] | None]]

#: Where the client's own scripts come from; a page that offers no tap loads none.
SDK = ("https://res.wx.qq.com/open/js/jweixin-1.2.0.js", "https://open.work.weixin.qq.com/wwopen/js/jwxwork-1.0.0.js")
_MAX_SHOWN = 4_000
_TAP_POLICY = SECURITY_HEADERS["content-security-policy"] + (
    "; script-src 'self' https://res.wx.qq.com https://open.work.weixin.qq.com; connect-src 'self' https:"
)


def staff_routes(door: Door, site: Site, sign: SignPage | None = None) -> list[Route]:
    """``/t/{sealed}`` and its button; ``sign`` lets the page open chats with one tap inside the client."""

    async def show(request: Request) -> Response:
        workspace, todo = site.links.open_todo(request.path_params["sealed"])
        if is_robot(request):
            return site.page(request, "bare")
        state = await acts.find_todo(door, workspace, todo)
        about = await _names(door, workspace, state, site.language(request))
        tap = await _tap(request, workspace, state)
        shown = {**_shown(site, state, about, tap), **_paths(request)}
        response = site.page(request, "todo", **shown)
        if tap:
            response.headers["content-security-policy"] = _TAP_POLICY
        return response

    async def done(request: Request) -> Response:
        """A second press, or one that an event was faster than, changes nothing and shows the page."""
        workspace, todo = site.links.open_todo(request.path_params["sealed"])
        state = await acts.find_todo(door, workspace, todo)
        if state.status == OPEN and is_by_hand(state.proof):
            with suppress(Conflict):  # it ended between the look and the word: the page shows how
                await acts.mark_todo(door, workspace, todo, DONE, state.staff or "staff")
        return RedirectResponse(f"/t/{request.path_params['sealed']}{_paths(request)['query_of']}", status_code=303)

    async def _tap(request: Request, workspace: str, state: TodoState) -> dict[str, Any]:
        kind = kind_of(state.action)
        if sign is None or not kind.tap or state.status != OPEN:
            return {}
        query = f"?{request.url.query}" if request.url.query else ""
        signed = await sign(workspace, state.channel, f"{site.links.base_url}{request.url.path}{query}")
        return {"kind": kind.tap, **signed, "open": _opened(kind.tap, state)} if signed else {}

    return [
        Route("/t/{sealed}", site.guarded(show), methods=["GET"], name="todo"),
        Route("/t/{sealed}/done", site.guarded(done), methods=["POST"], name="todo_done"),
    ]


def _opened(tap: str, state: TodoState) -> dict[str, str]:
    """What the client's openEnterpriseChat takes (wecom-api.md §10)."""
    if tap == "new_chat":
        people, name = ";".join(state.order), str(state.data.get("name", ""))
        return {"userIds": people, "externalUserIds": "", "groupName": name, "chatId": ""}
    return {"userIds": "", "externalUserIds": "", "groupName": "", "chatId": str(state.data.get("chat", ""))}


async def _names(door: Door, workspace: str, state: TodoState, language: str) -> About:
    """The names behind a card, as they are now."""
    chat, external = str(state.data.get("chat", "")), str(state.data.get("external", ""))
    async with door.database.read(workspace) as unit:
        reader = BatchReader(unit, door.look.registry)
        group = await reader.name(group_stream(state.channel, chat)) if chat else ""
        person = await reader.name(await reader.person(state.channel, external)) if external else ""
    return About(group, person, language)


def _shown(site: Site, state: TodoState, about: About, tap: Mapping[str, Any]) -> dict[str, Any]:
    left = state.due_at - state.opened_at if state.due_at and state.opened_at else None
    hours = round(left.total_seconds() / 3600) if left is not None else 0
    say = site.texts.say
    return {
        "title": card_title(say, about.language, state.action),
        "lines": card_lines(say, state.action, state.data, about, state.proof, hours, _MAX_SHOWN),
        "outcome": state.outcome,
        "staff": state.staff,
        "open": state.status == OPEN,
        "by_hand": is_by_hand(state.proof),
        "tap": tap.get("kind", ""),
        "config": orjson.dumps(dict(tap)).decode() if tap else "",
        "sdk": SDK if tap else (),
        "link": _web_address(state.data.get("link")),
    }


def _web_address(link: object) -> str:
    """Evidence may be opened only where it is a page of the web."""
    return link if isinstance(link, str) and link.startswith(("https://", "http://")) else ""


def _paths(request: Request) -> dict[str, str]:
    asked = request.query_params.get("lang", "")
    return {"sealed": request.path_params["sealed"], "query_of": f"?lang={asked}" if asked in ("zh", "en") else ""}
