"""Who opened a page: OAuth of staff and customers (wecom-api.md §10), with a state that only we can make."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from qunflow.connectors.wecom.bounds import check_bytes, check_choice, check_id
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer
from qunflow.domain.errors import NotFound

AUTHORIZE = ("https://open.weixin.qq.com", "/connect/oauth2/authorize")
DESKTOP_LOGIN = ("https://login.work.weixin.qq.com", "/wwlogin/sso/login")
#: Seconds for which a state is good; WeCom's code itself lives five minutes.
STATE_LIFE = 600
MAX_AIM = 64  # bytes: 16 of ours and these make 128 letters, the most that WeCom takes
_SCOPES = ("snsapi_base", "snsapi_privateinfo")
_MAC = 12


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it is: a staff member, or a customer. ``external`` is empty when no visible staff member knows the person.

    ``ticket`` (1800 s) reads the details of a staff member who allowed it.
    """

    staff: str = ""
    external: str = ""
    openid: str = ""
    ticket: str = ""

    @property
    def platform_id(self) -> str:
        """The id under which the channel knows the person, empty when it does not."""
        return self.staff or self.external


class Identities:
    """Exchanges codes for people. Raises WecomError (40029 for a used or old code), InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def by_code(self, code: str) -> Identity:
        """Whose code it is; a code is good for five minutes and once."""
        answer = await self._calls.get("auth/getuserinfo", {"code": check_id("code", code, 512)})
        return Identity(
            staff=str(answer.get("userid") or ""),
            external=str(answer.get("external_userid") or ""),
            openid=str(answer.get("openid") or ""),
            ticket=str(answer.get("user_ticket") or ""),
        )

    async def staff_details(self, ticket: str) -> Answer:
        """Gender, avatar, mobile and mail of a staff member who allowed it, by WeCom's names."""
        answer = await self._calls.post("auth/getuserdetail", {"user_ticket": check_id("ticket", ticket, 512)})
        return {name: value for name, value in answer.items() if name not in ("errcode", "errmsg")}


class StateSeal:
    """Makes and opens the state of an OAuth round trip: letters and digits, bound to one browser and ten minutes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, aim: str, browser: str, now: float) -> str:
        """A state that leads back to ``aim`` (at most 64 bytes) in the browser that holds ``browser``."""
        check_bytes("aim", aim, MAX_AIM)
        payload = int(now + STATE_LIFE).to_bytes(4, "big") + aim.encode()
        return base64.b32encode(self._sign(payload, browser) + payload).rstrip(b"=").decode()

    def open(self, state: str, browser: str, now: float) -> str:
        """The aim of a state. Raises NotFound for one that is not ours, too old, or of another browser."""
        try:
            raw = base64.b32decode(state[:128] + "=" * (-len(state[:128]) % 8))
        except (binascii.Error, ValueError) as error:
            raise _unknown() from error
        mac, payload = raw[:_MAC], raw[_MAC:]
        ours = hmac.compare_digest(mac, self._sign(payload, browser))
        if not browser or not ours or len(payload) < 4 or int.from_bytes(payload[:4], "big") < now:
            raise _unknown()
        return payload[4:].decode(errors="replace")

    def _sign(self, payload: bytes, browser: str) -> bytes:
        return hmac.digest(self._secret, b"wecom-oauth\n" + browser.encode() + b"\n" + payload, "sha256")[:_MAC]


def authorize_url(settings: WecomSettings, back: str, state: str, scope: str = "snsapi_base") -> str:
    """Where a page inside WeChat or WeCom sends the person; ``back`` must lie in a trusted domain (50001)."""
    check_choice("scope", scope, _SCOPES)
    query = {
        "appid": settings.corp_id,
        "redirect_uri": back,
        "response_type": "code",
        "scope": scope,
        "state": check_id("state", state),
        "agentid": settings.agent_id,
    }
    return f"{_door(settings, AUTHORIZE)}?{urlencode(query)}#wechat_redirect"


def desktop_login_url(settings: WecomSettings, back: str, state: str) -> str:
    """Where a desktop browser shows a QR for staff to sign in with."""
    query = {
        "login_type": "CorpApp",
        "appid": settings.corp_id,
        "agentid": settings.agent_id,
        "redirect_uri": back,
        "state": check_id("state", state),
    }
    return f"{_door(settings, DESKTOP_LOGIN)}?{urlencode(query)}"


def _door(settings: WecomSettings, page: tuple[str, str]) -> str:
    """The platform's page; a sandbox, which alone is spoken to without TLS, has these pages itself."""
    host, path = page
    return f"{settings.base_url.rstrip('/') if settings.base_url.startswith('http://') else host}{path}"


def _unknown() -> NotFound:
    return NotFound("link_unknown", "this sign-in is not one of ours or too old", way_out="Open the link again.")
