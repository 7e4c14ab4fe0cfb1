"""What a rehearsal says, made of what was counted. Pure: the same counts give the same result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.rehearsal.crowd import Crowd
from qunflow.rehearsal.invariants import Checked


@dataclass(frozen=True, slots=True)
class DayCount:
    """One local day: who joined and left, groups that staff made, and groups that had to wait for the quota."""

    day: str
    joined: int = 0
    left: int = 0
    made: int = 0
    delayed: int = 0


@dataclass(frozen=True, slots=True)
class GroupsDay:
    """One local day of the groups: ``members`` in them at its end, ``needed`` to hold these, ``there`` are so many.

    ``made`` of them on this day, of at most ``quota``; ``delayed`` had to wait for the next day.
    """

    day: str
    members: int
    needed: int
    there: int
    made: int
    quota: int
    delayed: int

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


def groups_over_time(
    days: Iterable[DayCount], soft_limit: int, staff: int, a_day: int, ready: int
) -> tuple[GroupsDay, ...]:
    """Day after day: the groups needed against those there, and against what staff can make."""
    members, there, found = 0, ready, []
    for day in days:
        members += day.joined - day.left
        there += day.made
        needed = max(1, -(-members // max(1, soft_limit)))
        found.append(GroupsDay(day.day, members, needed, there, day.made, staff * a_day, day.delayed))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Fraud:
    """How many of the cheats whom the crowd really had were found out, and how many had what they wanted."""

    caught: int
    missed: int


def count_fraud(crowd: Crowd, came: Iterable[int], found_out: Iterable[int]) -> Fraud:
    """Of those who came and cheated: who was found out. ``came`` and ``found_out`` are numbers of people."""
    cheats = {person.number for person in crowd.people if person.fraud or person.forgery} & set(came)
    caught = cheats & set(found_out)
    return Fraud(len(caught), len(cheats) - len(caught))


@dataclass(frozen=True, slots=True)
class Money:
    """Fen: what the crowd cost by the rules, the plan's worst case, and the budget."""

    cost: int
    worst: int
    budget: int


def result_of(
    checked: Checked,
    groups: Sequence[GroupsDay],
    staff_minutes: float,
    money: Money,
    k: float | None,
    cycle_seconds: float | None,
    fraud: Fraud,
    gate: Sequence[Mapping[str, str]],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """The result as JSON data; ``about`` is what else is told: seconds, people, days, seed, funnel."""
    return {
        "invariants": {"held": list(checked.held), "broken": list(checked.broken)},
        "groups_needed": [day.as_data() for day in groups],
        "staff_minutes": staff_minutes,
        "reward": {"expected": money.cost, "worst": money.worst},
        "budget_overrun": max(0, money.cost - money.budget),
        "k": round(k, 4) if k is not None else None,
        "cycle_hours": round(cycle_seconds / 3_600, 2) if cycle_seconds is not None else None,
        "fraud": {"caught": fraud.caught, "missed": fraud.missed},
        "gate": [dict(item) for item in gate],
        **about,
    }
