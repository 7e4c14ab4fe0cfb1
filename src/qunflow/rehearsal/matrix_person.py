"""A person on a Matrix server with a client of their own: registers, syncs, joins, talks. Knows nothing of qunflow."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from qunflow.domain.errors import QunflowError

API = "/_matrix/client/v3"
#: What one person keeps of a room; older events are let go.
EVENTS_MOST = 2_000
_PATIENCE = 30.0
_PAGE, _PAGES_MOST = 100, 10
_FILTER = '{"room":{"timeline":{"limit":100}}}'
T = TypeVar("T")
Event = dict[str, Any]


class PersonError(QunflowError):
    """A server refused a person, or what they waited for did not come."""

    def __init__(self, code: str, rule: str, *, status: int = 502, errcode: str = "") -> None:
        self.errcode = errcode
        super().__init__(code, rule, way_out="See the log of the Matrix server.", status=status)


@dataclass
class MatrixPerson:
    """One account with its own device. ``seen`` are the events of joined rooms, in the order of their sync."""

    http: httpx.AsyncClient
    mxid: str
    since: str = ""
    seen: dict[str, list[Event]] = field(default_factory=dict)
    invited: dict[str, list[Event]] = field(default_factory=dict)
    left: dict[str, list[Event]] = field(default_factory=dict)
    knocked: set[str] = field(default_factory=set)
    sent: int = 0

    async def close(self) -> None:
        """Give up the connections; the account stays."""
        await self.http.aclose()

    # --- reading -------------------------------------------------------------------------------------------------

    async def sync(self, wait: float = 0.0) -> None:
        """Take in what is new, waiting up to ``wait`` seconds for anything at all."""
        params = {"timeout": str(int(wait * 1000)), "filter": _FILTER}
        if self.since:
            params["since"] = self.since
        answer = await self.ask("GET", "/sync", params=params)
        self.since = answer["next_batch"]
        rooms = answer.get("rooms", {})
        self.knocked |= set(rooms.get("knock", {}))
        # In this order, because a room that was left and offered again is told twice.
        for room, data in rooms.get("leave", {}).items():
            self.invited.pop(room, None)
            self.knocked.discard(room)
            self.left[room] = data["timeline"]["events"]
        for room, data in rooms.get("invite", {}).items():
            self.knocked.discard(room)
            self.invited[room] = data["invite_state"]["events"]
        for room, data in rooms.get("join", {}).items():
            self.invited.pop(room, None)
            self.left.pop(room, None)
            await self._take_in(room, data["timeline"])

    async def _take_in(self, room: str, timeline: dict[str, Any]) -> None:
        """The new events of a room, with those that the server left out because they are many."""
        events = self.seen.setdefault(room, [])
        new = list(timeline["events"])
        known = {event["event_id"] for event in events}
        token, pages = timeline.get("prev_batch", ""), _PAGES_MOST if events and timeline.get("limited") else 0
        while pages and token:
            params = {"dir": "b", "from": token, "limit": str(_PAGE)}
            older = await self.ask("GET", f"/rooms/{quote(room)}/messages", params=params)
            missed = [event for event in older.get("chunk", []) if event["event_id"] not in known]
            new = [*reversed(missed), *new]
            overlaps = len(missed) < len(older.get("chunk", []))
            token, pages = "" if overlaps else older.get("end", ""), pages - 1
        events.extend(new)
        del events[:-EVENTS_MOST]

    def messages(self, room: str) -> list[Event]:
        """The contents of the messages of a room that were synced so far."""
        return [event["content"] for event in self.seen.get(room, []) if event["type"] == "m.room.message"]

    def is_direct(self, room: str) -> bool:
        """Whether an invitation is to a room for two."""
        return any(
            event.get("type") == "m.room.member"
            and event.get("state_key") == self.mxid
            and event.get("content", {}).get("is_direct") is True
            for event in self.invited.get(room, [])
        )

    async def invitation(self, room: str = "", within: float = 10.0) -> str:
        """The id of a room that this person is invited to (``room``, or any). Raises PersonError when none comes."""

        def found() -> str:
            return next((known for known in self.invited if not room or known == room), "")

        return await self.until(found, within, "an invitation")

    async def told(
        self, room: str, part: str = "", *, to: str = "", kind: str = "m.text", within: float = 10.0
    ) -> Event:
        """The first message of a kind that has ``part`` in its text and notifies ``to``, waited for."""

        def found() -> Event | None:
            said = [content for content in self.messages(room) if content.get("msgtype") == kind]
            named = [content for content in said if not to or to in content.get("m.mentions", {}).get("user_ids", [])]
            return next((content for content in named if part in content["body"]), None)

        return await self.until(found, within, f"{kind} {part!r} to {to or 'all'}")

    async def until(self, found: Callable[[], T | None], within: float, what: str) -> T:
        """What ``found`` finds, synced for until it does. Raises PersonError after ``within`` wall seconds."""
        deadline = asyncio.get_running_loop().time() + within
        while not (value := found()):
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise PersonError("person_waited", f"{self.mxid} waited {within} s for {what}")
            await self.sync(min(left, 5.0))
        return value

    # --- acting --------------------------------------------------------------------------------------------------

    async def join(self, room: str) -> None:
        """Enter a room by an invitation."""
        await self.ask("POST", f"/rooms/{quote(room)}/join", {})
        self.invited.pop(room, None)
        self.left.pop(room, None)

    async def leave(self, room: str) -> None:
        """Leave a room, or decline an invitation."""
        await self.ask("POST", f"/rooms/{quote(room)}/leave", {})

    async def say(self, room: str, text: str, kind: str = "m.text") -> str:
        """Post a text; its event id."""
        return await self.post(room, {"msgtype": kind, "body": text})

    async def show(self, room: str, image: bytes, media_type: str = "image/png") -> str:
        """Post an image; its mxc address."""
        uploaded = await self._answer(
            self.http.post("/_matrix/media/v3/upload", content=image, headers={"Content-Type": media_type})
        )
        mxc = str(uploaded["content_uri"])
        await self.post(room, {"msgtype": "m.image", "body": "photo.png", "url": mxc})
        return mxc

    async def post(self, room: str, content: Event) -> str:
        """Post a message with any content; its event id."""
        self.sent += 1
        path = f"/rooms/{quote(room)}/send/m.room.message/t{self.sent}"
        return str((await self.ask("PUT", path, content))["event_id"])

    async def ask(
        self, method: str, path: str, body: Event | None = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """One call of the client-server API as this person. Raises PersonError for a refusal or no answer."""
        return await self._answer(self.http.request(method, API + path, json=body, params=params))

    @staticmethod
    async def _answer(call: Awaitable[httpx.Response]) -> dict[str, Any]:
        return await read_answer(call)


async def read_answer(call: Awaitable[httpx.Response]) -> dict[str, Any]:
    """The JSON object of a good answer. Raises PersonError."""
    try:
        response = await call
    except httpx.HTTPError as error:
        raise PersonError("matrix_unreachable", f"the server gave no answer: {type(error).__name__}") from error
    try:
        found = response.json()
    except ValueError:
        found = {}
    answer: dict[str, Any] = found if isinstance(found, dict) else {}
    if not response.is_success:
        said = str(answer.get("error", ""))[:200]
        where = f"{response.request.method} {response.request.url.path}: {response.status_code} {said}"
        raise PersonError("person_refused", where, status=response.status_code, errcode=str(answer.get("errcode", "")))
    return answer


async def register(base_url: str, name: str, shown: str, secret: str = "", password: str = "") -> MatrixPerson:
    """A new account: by the server's shared secret (Synapse), without one by open registration. Raises PersonError."""
    http = httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=_PATIENCE)
    word = password or secrets.token_urlsafe(18)
    try:
        answer = await (_by_secret(http, name, shown, secret, word) if secret else _openly(http, name, word))
        http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        person = MatrixPerson(http, str(answer["user_id"]))
        if not secret:
            await person.ask("PUT", f"/profile/{quote(person.mxid)}/displayname", {"displayname": shown})
    except PersonError:
        await http.aclose()
        raise
    return person


async def _by_secret(http: httpx.AsyncClient, name: str, shown: str, secret: str, word: str) -> dict[str, Any]:
    """Synapse's shared-secret registration."""
    path = "/_synapse/admin/v1/register"
    nonce = str((await read_answer(http.get(path)))["nonce"])
    signed = "\0".join((nonce, name, word, "notadmin")).encode()
    mac = hmac.new(secret.encode(), signed, hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": name, "displayname": shown, "password": word, "admin": False, "mac": mac}
    return await read_answer(http.post(path, json=body))


async def _openly(http: httpx.AsyncClient, name: str, word: str) -> dict[str, Any]:
    """Open registration without any proof (m.login.dummy)."""
    body = {"username": name, "password": word, "auth": {"type": "m.login.dummy"}}
    return await read_answer(http.post(f"{API}/register", json=body))
