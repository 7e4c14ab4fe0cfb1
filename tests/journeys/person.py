"""An independent Matrix person: a small client of its own on httpx, so that qunflow's calls are seen from outside."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

API = "/_matrix/client/v3"


@dataclass
class PersonClient:
    """One account with its own device. ``seen`` are the events of joined rooms, in the order of their sync."""

    http: httpx.AsyncClient
    mxid: str
    since: str = ""
    seen: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    invited: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    left: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sent: int = 0

    @classmethod
    async def register(cls, base_url: str, secret: str, name: str, shown: str = "") -> PersonClient:
        """A new account by the server's shared secret; its password is its name."""
        http = httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=30.0)
        nonce = (await _good(http.get("/_synapse/admin/v1/register")))["nonce"]
        signed = "\0".join((nonce, name, name, "notadmin")).encode()
        body = {
            "nonce": nonce,
            "username": name,
            "displayname": shown or name,
            "password": name,
            "admin": False,
            "mac": hmac.new(secret.encode(), signed, hashlib.sha1).hexdigest(),
        }
        return cls._with_token(http, await _good(http.post("/_synapse/admin/v1/register", json=body)))

    @classmethod
    async def login(cls, base_url: str, name: str) -> PersonClient:
        """An account that is there, on a new device."""
        http = httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=30.0)
        who = {"type": "m.id.user", "user": name}
        body = {"type": "m.login.password", "identifier": who, "password": name}
        return cls._with_token(http, await _good(http.post(f"{API}/login", json=body)))

    @classmethod
    def _with_token(cls, http: httpx.AsyncClient, answer: dict[str, Any]) -> PersonClient:
        http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return cls(http, answer["user_id"])

    async def close(self) -> None:
        await self.http.aclose()

    async def sync(self, wait: float = 0.0) -> None:
        """Take in what is new, waiting up to ``wait`` seconds for anything at all."""
        params = {"timeout": str(int(wait * 1000)), **({"since": self.since} if self.since else {})}
        answer = await _good(self.http.get(f"{API}/sync", params=params))
        self.since = answer["next_batch"]
        rooms = answer.get("rooms", {})
        # In this order, because a room that was left and offered again is told twice.
        for room, data in rooms.get("leave", {}).items():
            self.invited.pop(room, None)
            self.left[room] = data["timeline"]["events"]
        for room, data in rooms.get("invite", {}).items():
            self.invited[room] = data["invite_state"]["events"]
        for room, data in rooms.get("join", {}).items():
            self.invited.pop(room, None)
            self.left.pop(room, None)
            self.seen.setdefault(room, []).extend(data["timeline"]["events"])

    async def invitation(self, room: str = "", within: float = 10.0) -> str:
        """The id of a room that this person is invited to (``room``, or any)."""

        def found() -> str:
            return next((known for known in self.invited if not room or known == room), "")

        return str(await self._until(found, within, "an invitation"))

    async def join(self, room: str) -> None:
        """Enter a room by an invitation."""
        await _good(self.http.post(f"{API}/rooms/{quote(room)}/join", json={}))
        self.invited.pop(room, None)

    async def leave(self, room: str) -> None:
        """Leave a room, or decline an invitation."""
        await _good(self.http.post(f"{API}/rooms/{quote(room)}/leave", json={}))

    async def rename(self, shown: str) -> None:
        """Take another display name."""
        await _good(self.http.put(f"{API}/profile/{quote(self.mxid)}/displayname", json={"displayname": shown}))

    async def say(self, room: str, text: str) -> str:
        """Post a text; its event id."""
        return await self.post(room, {"msgtype": "m.text", "body": text})

    async def show(self, room: str, image: bytes, media_type: str = "image/png") -> str:
        """Post an image; its mxc address."""
        headers = {"Content-Type": media_type}
        uploaded = await _good(self.http.post("/_matrix/media/v3/upload", content=image, headers=headers))
        mxc = str(uploaded["content_uri"])
        await self.post(room, {"msgtype": "m.image", "body": "photo.png", "url": mxc})
        return mxc

    async def post(self, room: str, content: dict[str, Any]) -> str:
        """Post a message with any content; its event id."""
        self.sent += 1
        path = f"{API}/rooms/{quote(room)}/send/m.room.message/t{self.sent}"
        return str((await _good(self.http.put(path, json=content)))["event_id"])

    async def download(self, mxc: str) -> bytes:
        """The bytes behind an mxc address."""
        path = f"/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return response.content

    def messages(self, room: str) -> list[dict[str, Any]]:
        """The contents of the messages of a room that were synced so far."""
        return [event["content"] for event in self.seen.get(room, []) if event["type"] == "m.room.message"]

    async def message(self, room: str, body: str, within: float = 10.0) -> dict[str, Any]:
        """The message with this body, waited for."""

        def found() -> dict[str, Any] | None:
            return next((content for content in self.messages(room) if content.get("body") == body), None)

        content: dict[str, Any] = await self._until(found, within, f"the message {body!r}")
        return content

    async def told(
        self, room: str, part: str = "", *, to: str = "", kind: str = "m.text", within: float = 10.0
    ) -> dict[str, Any]:
        """The first message of a kind that has ``part`` in its text and notifies ``to``, waited for."""

        def found() -> dict[str, Any] | None:
            said = [content for content in self.messages(room) if content.get("msgtype") == kind]
            named = [content for content in said if not to or to in content.get("m.mentions", {}).get("user_ids", [])]
            return next((content for content in named if part in content["body"]), None)

        content: dict[str, Any] = await self._until(found, within, f"{kind} {part!r} to {to or 'all'}")
        return content

    async def removal(self, room: str, within: float = 10.0) -> dict[str, Any]:
        """The event by which this person was removed from a room, waited for."""

        def found() -> dict[str, Any] | None:
            mine = [event for event in self.left.get(room, []) if event.get("state_key") == self.mxid]
            return next((event for event in mine if event["sender"] != self.mxid), None)

        event: dict[str, Any] = await self._until(found, within, "a removal")
        return event

    async def _until(self, found: Any, within: float, what: str) -> Any:
        deadline = asyncio.get_running_loop().time() + within
        while not (value := found()):
            left = deadline - asyncio.get_running_loop().time()
            assert left > 0, f"{self.mxid} waited {within} s for {what}"
            await self.sync(min(left, 5.0))
        return value


async def _good(call: Any) -> dict[str, Any]:
    response: httpx.Response = await call
    assert response.is_success, f"{response.request.url.path}: {response.status_code} {response.text}"
    answer: dict[str, Any] = response.json()
    return answer
