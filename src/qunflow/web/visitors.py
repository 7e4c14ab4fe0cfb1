"""Visitors before they are persons: a random id in a signed cookie; robots and previews are none."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from functools import lru_cache

from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from qunflow.domain.signals import SHARED, Signals
from qunflow.web.links import Links

COOKIE = "qunflow_visitor"
_VISITOR_BYTES = 12  # 96 bits, 16 letters
_YEAR = 365 * 24 * 3600
_MAX_COOKIE = 100
_MAX_AGENT = 500
#: Browsers' names whose verdict is remembered.
_KNOWN_AGENTS = 4096
#: Search robots and link previews. "Cubot" is a brand of phones.
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|spider|crawl|slurp|preview|facebookexternalhit|^whatsapp/|embedly|pinterest/|mediapartners"
    r"|lighthouse|pingdom|uptime|skypeuri|vkshare|qunar-url|bytespider|link.?check",
    re.IGNORECASE,
)


def is_robot(request: Request) -> bool:
    """Whether nobody looks at this answer: a HEAD request, a robot, a preview, or a browser fetching ahead."""
    purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    return nobody_looks(request.method, purpose, request.headers.get("user-agent", ""))


def nobody_looks(method: str, purpose: str, agent: str) -> bool:
    """As ``is_robot``, by what the request says of its purpose and its browser."""
    return method == "HEAD" or "prefetch" in purpose or _is_robot_name(agent[:_MAX_AGENT])


@lru_cache(maxsize=_KNOWN_AGENTS)
def _is_robot_name(agent: str) -> bool:
    return _ROBOTS.search(agent) is not None


def visitor_of(request: Request, links: Links) -> tuple[str, bool]:
    """The visitor's id, and whether it is a new one whose cookie must be set."""
    return visitor_in(request.headers.get("cookie", ""), links)


def visitor_in(cookies: str, links: Links) -> tuple[str, bool]:
    """As ``visitor_of``, by the text of the request's cookies."""
    cookie = cookie_parser(cookies).get(COOKIE, "") if COOKIE in cookies else ""
    if cookie.isascii() and 0 < len(cookie) <= _MAX_COOKIE:
        known = links.open_visitor(cookie)
        if known is not None:
            return known, False
    return next(_NEW), True


def _new_visitors() -> Iterator[str]:
    while True:
        many = os.urandom(_VISITOR_BYTES * 128)  # asking the system for each id would cost more than the id
        for place in range(0, len(many), _VISITOR_BYTES):
            yield base64.urlsafe_b64encode(many[place : place + _VISITOR_BYTES]).decode()


_NEW = _new_visitors()


def set_visitor(response: Response, links: Links, visitor: str) -> None:
    """Give the browser its cookie for a year; only over TLS when the public address has it."""
    response.headers.append("set-cookie", visitor_cookie(links, visitor))


def visitor_cookie(links: Links, visitor: str) -> str:
    """The visitor's cookie as a header says it."""
    secure = "; Secure" if links.base_url.startswith("https://") else ""
    return f"{COOKIE}={links.seal_visitor(visitor)}; HttpOnly; Max-Age={_YEAR}; Path=/; SameSite=lax{secure}"


def signals_of(request: Request, links: Links, workspace: str) -> Signals:
    """Where a visit came from, as salted hashes.

    A device is known by a cookie that it brought back. The address is the peer's, or what a proxy of ours
    (``QUNFLOW_TRUSTED_PROXIES``) says of it; one that is not of the open internet is not known.
    """
    visitor, is_new = visitor_of(request, links)
    device = "" if is_new else links.trace(workspace, "device", visitor)
    peer = request.client.host if request.client is not None else ""
    address = links.networks.client(peer, request.headers.getlist("x-forwarded-for"))
    site, many = links.networks.site(address) if address is not None else ("", False)
    if not site:
        return Signals(device)
    return Signals(device, (SHARED if many else "") + links.trace(workspace, "ip", site))
