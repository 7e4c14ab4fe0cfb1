"""The staff's desk: reads cards, makes the groups asked for, presses send, and reviews proofs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from qunflow.rehearsal.browser import Browser
from qunflow.rehearsal.street import Review

_PAGE = 500
_NAMED = re.compile(r"(?:^|[\n>])[ \t]*(?:group|群名)[ \t]*[:：][ \t]*([^\n<]{1,50})")


class StaffDesk:
    """All members of staff of a run; acts when told to, and says how much there was to do.

    ``review`` decides the proofs that wait for a person and answers how many it decided.
    """

    def __init__(self, sandbox: str, userids: tuple[str, ...], browser: Browser, review: Review) -> None:
        self.counts: Counter[str] = Counter()
        self._sandbox = sandbox
        self._userids = userids
        self._browser = browser
        self._review = review
        self._read_to = dict.fromkeys(userids, 0)
        self._made: set[str] | None = None

    async def act(self) -> int:
        """Do what waits; answers how many acts that were. Raises HttpError when the sandbox is away."""
        acts = 0
        for userid in self._userids:
            acts += await self._read_cards(userid)
            acts += await self._confirm_sends(userid)
        reviewed = await self._review()
        self.counts["reviewed"] += reviewed
        return acts + reviewed

    async def _read_cards(self, userid: str) -> int:
        acts, full = 0, True
        while full:
            found = await self._get(f"/staff/inbox?userid={userid}&after={self._read_to[userid]}")
            cards = found.get("messages", [])
            full = len(cards) == _PAGE
            for card in cards:
                self.counts["cards"] += 1
                for name in asked_groups(card):
                    acts += await self.make_group(userid, name)
                self._read_to[userid] = int(card["number"])
        return acts

    async def make_group(self, userid: str, name: str) -> int:
        """Make a group once, also when several were asked or a try before this one got through."""
        if self._made is None:
            self._made = await self._group_names()
        if name in self._made:
            return 0
        status, found = await self._browser.call(
            f"{self._sandbox}/staff/create_group", {"userid": userid, "name": name, "members": []}
        )
        if status != 200:
            self.counts[f"refused_{found.get('code', status)}"] += 1
            return 0
        self._made.add(name)
        self.counts["groups_made"] += 1
        return 1

    async def _group_names(self) -> set[str]:
        names: set[str] = set()
        for userid in self._userids:
            found = await self._get(f"/staff/groups?userid={userid}")
            names.update(str(group["chat_name"]) for group in found.get("groups", []))
        return names

    async def _confirm_sends(self, userid: str) -> int:
        acts = 0
        found = await self._get(f"/staff/tasks?userid={userid}")
        for task in found.get("tasks", []):
            status, counts = await self._browser.call(
                f"{self._sandbox}/staff/confirm", {"userid": userid, "msgid": task["msgid"]}
            )
            if status != 200:
                self.counts[f"refused_{counts.get('code', status)}"] += 1
                continue
            acts += 1
            self.counts["sends_confirmed"] += 1
            for name in ("sent", "not_a_friend", "over_quota"):
                self.counts[f"mass_{name}"] += int(counts.get(name, 0))
        return acts

    async def _get(self, path: str) -> dict[str, Any]:
        _, found = await self._browser.call(self._sandbox + path)
        return found


def asked_groups(card: dict[str, Any]) -> list[str]:
    """The names of groups that a card asks for: lines ``group: <name>`` or ``群名：<name>``."""
    return [name.strip() for text in _texts(card) for name in _NAMED.findall(text) if name.strip()]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
