"""A platform of a few lines, in memory: what it was asked for, what it did, and at which moment a sender dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qunflow.domain import actions
from qunflow.domain.clock import Clock
from qunflow.domain.inbound import (
    BroadcastFiled,
    BroadcastRead,
    ContactCodeOpened,
    ContactRead,
    EntryOpened,
    GroupRead,
    MemberSeen,
)
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result

BY_A_PERSON = {actions.CreateGroup.KIND, actions.RemoveMember.KIND}
ABSENT = {actions.SendText.KIND, actions.SendImage.KIND, actions.InviteMember.KIND, actions.FetchMedia.KIND}
DONE = Receipt(Result.DONE)


class Killed(BaseException):
    """The process ended here."""


@dataclass
class ScriptedPlatform:
    """Answers like WeCom: a welcome code works once, a mass send can be found again, groups are made by people."""

    clock: Clock
    name: str = "wx"
    groups: dict[str, list[str]] = field(default_factory=dict)  # chat → members
    since: dict[str, dict[str, datetime]] = field(default_factory=dict)  # chat → member → when first seen inside
    names: dict[str, str] = field(default_factory=dict)  # chat → its name
    welcomes: list[tuple[str, str]] = field(default_factory=list)  # (external, code) that really reached somebody
    broadcasts: list[actions.Broadcast] = field(default_factory=list)  # tasks that really exist
    confirmed: dict[str, str] = field(default_factory=dict)  # external → result of the staff's tap
    cards: list[actions.TellStaff] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)  # calls by kind, those that died too
    die_before: str = ""  # kind of action before which the sender dies
    die_after: str = ""  # kind of action after which it dies, the answer unread
    faults: list[BaseException | Receipt] = field(default_factory=list)  # what the next calls answer instead

    @property
    def ways(self) -> Mapping[str, Way]:
        """Groups are made and people removed by staff; nothing is posted into groups."""
        ways = {str(kind.KIND): Way.AUTOMATIC for kind in actions.ACTIONS if kind.KIND not in ABSENT}  # type: ignore[attr-defined]
        return {**ways, **dict.fromkeys(BY_A_PERSON, Way.TODO)}

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """As the WeCom connector declares it."""
        return {
            actions.SendWelcome.KIND: OnUnknown.NATIVE_KEY,
            actions.TellStaff.KIND: OnUnknown.NATIVE_KEY,
            actions.Broadcast.KIND: OnUnknown.DETECTABLE,
            actions.ReadGroup.KIND: OnUnknown.READ_ONLY,
        }

    async def perform(self, action: Any, key: str) -> Receipt:
        """Carry an action out, unless the process dies first."""
        self.asked[action.KIND] += 1
        if self.die_before == action.KIND:
            raise Killed
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, BaseException):
                raise fault
            return fault
        receipt = self._do(action)
        if self.die_after == action.KIND:
            raise Killed
        return receipt

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """Whether a mass send was filed already."""
        assert isinstance(action, actions.Broadcast)
        return self._filed(action) if action in self.broadcasts else None

    async def close(self) -> None:
        """Nothing to give up."""

    async def find(self, workspace: str, channel: str) -> ScriptedPlatform | None:
        """This very object stands for the channels of an application."""
        return self if channel == self.name else None

    def _do(self, action: Any) -> Receipt:
        now = self.clock.now()
        if isinstance(action, actions.SendWelcome):
            if action.welcome_code not in {code for _, code in self.welcomes}:
                self.welcomes.append((action.external, action.welcome_code))
            return DONE
        if isinstance(action, actions.Broadcast):
            self.broadcasts.append(action)
            return self._filed(action)
        if isinstance(action, actions.ReadBroadcast):
            task = next(item for item in self.broadcasts if item.broadcast == action.broadcast)
            results = {external: self.confirmed.get(external, "waiting") for external in task.externals}
            return Receipt(Result.DONE, answers=(BroadcastRead(action.broadcast, results),))
        if isinstance(action, actions.TellStaff):
            self.cards.append(action)
        answer = self._answer(action, now)
        return Receipt(Result.DONE, answers=(answer,)) if answer is not None else DONE

    def _filed(self, action: actions.Broadcast) -> Receipt:
        return Receipt(Result.DONE, answers=(BroadcastFiled(action.broadcast, f"task-{action.broadcast}"),))

    def _answer(self, action: Any, now: datetime) -> Any:
        if isinstance(action, actions.ReadGroup):
            if action.chat not in self.groups:
                return GroupRead(action.chat, now, gone=True)
            inside = self.groups[action.chat]
            known = self.since.get(action.chat, {})
            since = self.since[action.chat] = {name: known.get(name, now) for name in inside}
            members = tuple(MemberSeen(name, name == "amy", since[name]) for name in inside)
            return GroupRead(action.chat, now, self.names.get(action.chat, ""), "amy", members=members)
        if isinstance(action, actions.ReadContact):
            return ContactRead(action.external, f"name of {action.external}")
        if isinstance(action, actions.OpenContactCode):
            return ContactCodeOpened(action.token, f"config-{action.token}", f"https://platform.example/{action.token}")
        if isinstance(action, actions.OpenEntry):
            return EntryOpened(action.pool, action.entry, f"config-{action.entry}", "qr", chats=action.chats)
        return None


REFUSED = Receipt(Result.REFUSED, reason=Reason.QUOTA, detail="scripted")
BUSY = Receipt(Result.RETRY, reason=Reason.PLATFORM_ERROR, detail="scripted")
