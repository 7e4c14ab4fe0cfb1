"""An independent Matrix person of the tests: what the product's rehearsals have, and what only a test looks at."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from qunflow.rehearsal.matrix_person import MatrixPerson, PersonError, register

__all__ = ["PersonClient", "PersonError"]


class PersonClient(MatrixPerson):
    """One account with its own device, whose password is its name."""

    @classmethod
    async def register(cls, base_url: str, secret: str, name: str, shown: str = "") -> PersonClient:
        """A new account by the server's shared secret; its password is its name."""
        made = await register(base_url, name, shown or name, secret, name)
        return cls(made.http, made.mxid)

    async def rename(self, shown: str) -> None:
        """Take another display name."""
        await self.ask("PUT", f"/profile/{quote(self.mxid)}/displayname", {"displayname": shown})

    async def download(self, mxc: str) -> bytes:
        """The bytes behind an mxc address."""
        path = f"/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return response.content

    async def message(self, room: str, body: str, within: float = 10.0) -> dict[str, Any]:
        """The message with this body, waited for."""

        def found() -> dict[str, Any] | None:
            return next((content for content in self.messages(room) if content.get("body") == body), None)

        return await self.until(found, within, f"the message {body!r}")

    async def knock(self, room: str, reason: str = "") -> None:
        """Ask to be let into a room."""
        await self.ask("POST", f"/knock/{quote(room)}", {"reason": reason})

    async def removal(self, room: str, within: float = 10.0) -> dict[str, Any]:
        """The event by which this person was removed from a room or turned away, waited for."""

        def found() -> dict[str, Any] | None:
            mine = [event for event in self.left.get(room, []) if event.get("state_key") == self.mxid]
            ends = [event for event in mine if event["content"]["membership"] in ("leave", "ban")]
            return ends[-1] if ends and ends[-1]["sender"] != self.mxid else None

        return await self.until(found, within, "a removal")

    async def state(self, room: str, kind: str, found_in: Any, within: float = 10.0) -> dict[str, Any]:
        """The content of a room's state event of a kind for which ``found_in`` holds, waited for."""

        def found() -> dict[str, Any] | None:
            events = [event["content"] for event in self.seen.get(room, []) if event["type"] == kind]
            return next((content for content in events if found_in(content)), None)

        return await self.until(found, within, f"state {kind}")
