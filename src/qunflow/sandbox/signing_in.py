"""The pages that send a browser back with a code: OAuth in the client and the desktop login (wecom-api.md §10)."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from qunflow.sandbox.offers import OAuthCode
from qunflow.sandbox.world import World

_SCOPES = ("snsapi_base", "snsapi_privateinfo")
_STATE = re.compile(r"[A-Za-z0-9]{0,128}")
_URL_MOST = 2_048
_CODES_KEPT = 100_000
_CHOICES = 50
VIEWER_COOKIE = "sandbox_viewer"


class SignIn:
    """Who is looking is told by ``as`` in the query or by the cookie of the browser's phone; else a page asks."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def authorize(self, request: Request) -> Response:
        """For staff and customers, in the client."""
        query = request.query_params
        if query.get("response_type") != "code" or query.get("scope") not in _SCOPES:
            return _refused("response_type must be code, scope snsapi_base or snsapi_privateinfo")
        return self._answer(request, staff_only=False, private=query["scope"] == _SCOPES[1])

    async def login(self, request: Request) -> Response:
        """For staff at a desktop."""
        if request.query_params.get("login_type") != "CorpApp":
            return _refused("login_type must be CorpApp")
        return self._answer(request, staff_only=True, private=False)

    def _answer(self, request: Request, *, staff_only: bool, private: bool) -> Response:
        world, query = self._world, request.query_params
        target, state = query.get("redirect_uri", ""), query.get("state", "")
        if query.get("appid") != world.corp.corp_id:
            return _refused("appid is not this corp (40013)")
        named_agent = query.get("agentid", "")
        if named_agent and named_agent != str(world.corp.agentid):
            return _refused("agentid is another app's (301002)")
        if not _STATE.fullmatch(state):
            return _refused("state must be up to 128 letters and digits")
        if not self._is_trusted(target):
            return _refused("redirect_uri is not trusted (50001)")
        viewer = query.get("as") or request.cookies.get(VIEWER_COOKIE, "")
        staff = world.staff.get(viewer)
        phone = None if staff_only else world.phones.get(viewer)
        if staff is None and phone is None:
            return self._ask(request, staff_only)
        code = "oc" + world.mint("oauth")
        world.offers.oauth_codes[code] = OAuthCode(staff, phone, private, world.instant())
        if len(world.offers.oauth_codes) > _CODES_KEPT:
            del world.offers.oauth_codes[next(iter(world.offers.oauth_codes))]
        return RedirectResponse(_with(target, {"code": code, "state": state}), status_code=302)

    def _is_trusted(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _URL_MOST:
            return False
        trusted = [name.strip() for name in self._world.limits.trusted_domains.split(",") if name.strip()]
        return not trusted or parts.hostname in trusted or parts.netloc in trusted

    def _ask(self, request: Request, staff_only: bool) -> Response:
        """A page that asks who is looking: members, and a few phones."""
        names = list(self._world.staff)[:_CHOICES] + ([] if staff_only else list(self._world.phones)[:_CHOICES])
        links = "".join(
            f'<li><a href="?{escape(urlencode([*parse_qsl(request.url.query), ("as", name)]))}">{escape(name)}</a></li>'
            for name in names
        )
        page = f"<!doctype html><meta charset=utf-8><title>WeCom sandbox</title><p>Who is looking?</p><ul>{links}</ul>"
        return HTMLResponse(page)


def _with(url: str, more: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _refused(reason: str) -> Response:
    return HTMLResponse(f"<!doctype html><meta charset=utf-8><p>{escape(reason)}</p>", status_code=400)
