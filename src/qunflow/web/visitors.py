"""Visitors before they are persons: a random id in a signed cookie; robots and previews are none."""

from __future__ import annotations

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from qunflow.domain.ids import short_code
from qunflow.web.links import Links

COOKIE = "qunflow_visitor"
VISITOR_LENGTH = 16
_YEAR = 365 * 24 * 3600
_MAX_COOKIE = 100
#: Search robots and link previews. "Cubot" is a brand of phones.
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|spider|crawl|slurp|preview|facebookexternalhit|^whatsapp/|embedly|pinterest/|mediapartners"
    r"|lighthouse|pingdom|uptime|skypeuri|vkshare|qunar-url|bytespider|link.?check",
    re.IGNORECASE,
)


def is_robot(request: Request) -> bool:
    """Whether nobody looks at this answer: a HEAD request, a robot, a preview, or a browser fetching ahead."""
    if request.method == "HEAD":
        return True
    purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    agent = request.headers.get("user-agent", "")[:500]
    return "prefetch" in purpose or _ROBOTS.search(agent) is not None


def visitor_of(request: Request, links: Links) -> tuple[str, bool]:
    """The visitor's id, and whether it is a new one whose cookie must be set."""
    cookie = request.cookies.get(COOKIE, "")
    if cookie.isascii() and 0 < len(cookie) <= _MAX_COOKIE:
        known = links.open_visitor(cookie)
        if known is not None:
            return known, False
    return short_code(secrets.token_bytes(16), VISITOR_LENGTH), True


def set_visitor(response: Response, links: Links, visitor: str) -> None:
    """Give the browser its cookie for a year; only over TLS when the public address has it."""
    response.set_cookie(
        COOKIE,
        links.seal_visitor(visitor),
        max_age=_YEAR,
        path="/",
        secure=links.base_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
