"""Phone pages through WeCom: who opens a person's page is told by OAuth, not by the link (wecom-api.md §10).

``/wecom/{channel}/me/{aim}`` sends the person to WeCom, ``/wecom/{channel}/back`` takes them to their own page.
``/wecom/{channel}/jssdk?url=`` signs our own pages for the JS-SDK.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from qunflow.connectors.wecom.bounds import refuse
from qunflow.connectors.wecom.identity import STATE_LIFE, Identities, Identity, StateSeal, authorize_url
from qunflow.connectors.wecom.jssdk import MAX_PAGE, JsSdk
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.domain.errors import NotFound
from qunflow.web.responses import Site

COOKIE = "qunflow_wecom"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class PageAccount:
    """What the pages of one channel need."""

    settings: WecomSettings
    identities: Identities
    jssdk: JsSdk


class FindPageAccount(Protocol):
    """Looks a channel up; None when there is no such WeCom channel."""

    async def __call__(self, channel: str) -> PageAccount | None: ...


class FindPage(Protocol):
    """The address of the page ``aim`` of a person; raises NotFound for somebody whom nobody knows."""

    async def __call__(self, channel: str, identity: Identity, aim: str) -> str: ...


@dataclass(frozen=True, slots=True)
class SignIn:
    """The pages of all channels. ``address`` is our own; ``wall`` gives Unix seconds, ``nonce`` a random word."""

    site: Site
    address: str
    seal: StateSeal
    find_account: FindPageAccount
    find_page: FindPage
    wall: Callable[[], float]
    nonce: Callable[[], str]

    def routes(self) -> list[Route]:
        """The routes that the edge mounts."""
        guarded = self.site.guarded
        return [
            Route("/wecom/{channel}/me/{aim}", guarded(self.start), methods=["GET"], name="wecom_sign_in"),
            Route("/wecom/{channel}/back", guarded(self.come_back), methods=["GET"], name="wecom_back"),
            Route("/wecom/{channel}/jssdk", guarded(self.sign_page), methods=["GET"], name="wecom_jssdk"),
        ]

    async def start(self, request: Request) -> Response:
        """Send the person to WeCom; the browser keeps a random word, so that nobody can hand them another's answer."""
        channel, account = await self._account(request)
        aim = request.path_params["aim"]
        if not _NAME.fullmatch(aim):
            raise _unknown()
        browser = request.cookies.get(COOKIE, "")
        browser = browser if _NAME.fullmatch(browser) else self.nonce()
        state = self.seal.seal(aim, f"{channel}\n{browser}", self.wall())
        answer = RedirectResponse(authorize_url(account.settings, self._back(channel), state), 302, _NO_STORE)
        secure = self.address.startswith("https://")
        answer.set_cookie(COOKIE, browser, max_age=STATE_LIFE, httponly=True, secure=secure, samesite="lax")
        return answer

    async def come_back(self, request: Request) -> Response:
        """Exchange the code and open the person's own page."""
        channel, account = await self._account(request)
        browser = request.cookies.get(COOKIE, "")
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        aim = self.seal.open(state, f"{channel}\n{browser}" if _NAME.fullmatch(browser) else "", self.wall())
        if not code:  # the person did not allow it
            raise _unknown()
        identity = await account.identities.by_code(code)
        return RedirectResponse(await self.find_page(channel, identity, aim), 302, _NO_STORE)

    async def sign_page(self, request: Request) -> Response:
        """Both configurations for one of our own pages, as JSON."""
        _, account = await self._account(request)
        page = request.query_params.get("url", "")
        if len(page) > MAX_PAGE or not page.startswith(self.address.rstrip("/") + "/"):
            raise refuse("url", f"Only pages below {self.address} are signed.", "Send location.href of such a page.")
        return JSONResponse(await account.jssdk.configs(page), headers=_NO_STORE)

    def _back(self, channel: str) -> str:
        return f"{self.address.rstrip('/')}/wecom/{channel}/back"

    async def _account(self, request: Request) -> tuple[str, PageAccount]:
        channel = request.path_params["channel"]
        account = await self.find_account(channel) if _NAME.fullmatch(channel) else None
        if account is None:
            raise _unknown()
        return channel, account


def _unknown() -> NotFound:
    return NotFound("link_unknown", "this link is not one of ours", way_out="Open the newest link from the chat again.")
