"""Who looks at a shared unit: browsers remember the newest personal link and the newest unit that they opened.

The cookies hold signed links and open nothing but pages; a move is only ever made by the link in its address. One move
is not: a scan of a live code, which is its owner's own act (``pages_arriving.py``), goes by who last moved here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from qunflow.domain.errors import NotFound
from qunflow.web.links import Links, PersonLink
from qunflow.web.visitors import set_visitor, visitor_of

T = TypeVar("T")
ME, UNIT = "qunflow_me", "qunflow_unit"
#: The personal link by which somebody moved in this browser last.
SELF = "qunflow_self"
_SECONDS = 180 * 24 * 3600
_LONGEST = 600


def remember(request: Request, response: Response, links: Links, name: str, sealed: str) -> None:
    """Let the browser keep a sealed link for half a year, and its own id; only over TLS when the address has it."""
    visitor, is_new = visitor_of(request, links)
    if is_new:
        set_visitor(response, links, visitor)
    secure = links.base_url.startswith("https://")
    response.set_cookie(name, sealed, max_age=_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")


def remembered_person(request: Request, links: Links, workspace: str) -> str:
    """The person of this browser in a workspace, empty when it never opened a personal link of it."""
    link = _opened(request, ME, links.open)
    return link.person if link is not None and link.workspace == workspace else ""


def remembered_unit(request: Request, links: Links, mine: PersonLink) -> str:
    """The unit of this campaign that somebody shared with this browser, empty when there is none."""
    link = _opened(request, UNIT, links.open_unit)
    here = link is not None and (link.workspace, link.campaign) == (mine.workspace, mine.campaign)
    return link.unit if link is not None and here else ""


def _opened(request: Request, name: str, open_link: Callable[[str], T]) -> T | None:
    return opened(request.cookies.get(name, ""), open_link)


def opened(sealed: str, open_link: Callable[[str], T]) -> T | None:
    """What a cookie's sealed link is; None for none, or one that we did not seal."""
    if not sealed or len(sealed) > _LONGEST or not sealed.isascii():
        return None
    try:
        return open_link(sealed)
    except NotFound:
        return None
