"""What happened on which day, so that statistics tell nothing that did not happen (wecom-api.md §3.6, §4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from qunflow.sandbox.settings import DAY

_CHINA_SECONDS = 8 * 3_600
DAYS_KEPT = 200


def day_of(at: float) -> int:
    """The number of the day in China's calendar."""
    return int(at + _CHINA_SECONDS) // DAY


def day_start(day: int) -> int:
    """Midnight in China at the begin of a day, in seconds."""
    return day * DAY - _CHINA_SECONDS


@dataclass(slots=True)
class ContactDay:
    """One member's day with customers; ``asked`` and ``answered`` hold first instants by external_userid."""

    chats: set[str] = field(default_factory=set)
    messages: int = 0
    applies: int = 0
    contacts: int = 0
    feedback: int = 0
    asked: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class GroupDay:
    """One owner's day with groups; ``chats_change`` and ``members_change`` add up to the totals."""

    chats_made: int = 0
    chats_change: int = 0
    joined: int = 0
    members_change: int = 0
    messages: int = 0
    chats_spoken: set[str] = field(default_factory=set)
    speakers: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class Activity:
    """Days by number, in each the members by userid; days older than the platform tells are folded into one."""

    contacts: dict[int, dict[str, ContactDay]] = field(default_factory=dict)
    groups: dict[int, dict[str, GroupDay]] = field(default_factory=dict)

    def contact_day(self, at: float, userid: str) -> ContactDay:
        """The running day of a member, made when it is the first act."""
        day = day_of(at)
        if day not in self.contacts:
            self.contacts[day] = {}
            self._drop_contacts(day - DAYS_KEPT)
        return self.contacts[day].setdefault(userid, ContactDay())

    def group_day(self, at: float, userid: str) -> GroupDay:
        """The running day of an owner, made when it is the first act."""
        day = day_of(at)
        if day not in self.groups:
            self.groups[day] = {}
            self._fold_groups(day - DAYS_KEPT)
        return self.groups[day].setdefault(userid, GroupDay())

    def _drop_contacts(self, first: int) -> None:
        for day in [day for day in self.contacts if day < first]:
            del self.contacts[day]

    def _fold_groups(self, first: int) -> None:
        for day in sorted(day for day in self.groups if day < first):
            for userid, old in self.groups.pop(day).items():
                kept = self.groups.setdefault(first, {}).setdefault(userid, GroupDay())
                kept.chats_change += old.chats_change
                kept.members_change += old.members_change
