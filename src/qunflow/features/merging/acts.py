"""What an operator does about members: find one, look at what a merge would do, merge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.errors import Conflict, NotFound
from qunflow.domain.facts import SamePerson, TakesPart
from qunflow.domain.merging import OPERATOR
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.merging.model import MergePersons, in_order
from qunflow.features.merging.store import read_identities, read_money, staff_among
from qunflow.storage.people import find_names, people_like, people_under

MAX_ID = 255
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Member:
    """One person: what they are known by, where they take part, what they have and owe in fen.

    ``went_in`` are the persons that turned out to be this one.
    """

    person: str
    name: str
    met_at: datetime | None
    identities: tuple[tuple[str, str], ...]
    campaigns: tuple[tuple[str, str], ...]
    staff: bool
    available_fen: int
    debt_fen: int
    went_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do: who goes on, in which campaigns both take part and in which only the one that is gone."""

    kept: Member
    gone: Member
    both: tuple[tuple[str, str], ...]
    only_gone: tuple[tuple[str, str], ...]


async def find_member(door: Door, workspace: str, name: str) -> Member:
    """A person by our id or a platform's; after a merge the one that goes on.

    Raises NotFound for nobody, and Conflict where an id names several people.
    """
    wanted = name.strip()[:MAX_ID]
    same: SamePerson | None = await door.look.ask(workspace, SamePerson, wanted) if wanted else None
    async with door.database.read(workspace) as unit:
        found = await people_under(unit, same.kept if same is not None and same.kept != wanted else wanted)
    if not found:
        way_out = "Give the platform's id of a member, or the id on the member's page."
        raise NotFound("member_unknown", "nobody of this workspace has this id", field=wanted, way_out=way_out)
    if len(found) > 1:
        way_out = f"Use one of these ids: {', '.join(found)}."
        raise Conflict("member_ambiguous", "several people have this id", field=wanted, way_out=way_out)
    return await _read(door, workspace, found[0])


async def search_members(door: Door, workspace: str, words: str) -> list[Member]:
    """People with this id or these words in their name, at most twenty."""
    wanted = words.strip()[:MAX_ID]
    async with door.database.read(workspace) as unit:
        found = await people_like(unit, wanted, MOST_FOUND) if wanted else []
    return [await _read(door, workspace, person) for person in found]


async def _read(door: Door, workspace: str, person: str) -> Member:
    state: PersonState | None = await door.look.state(workspace, person_stream(person))
    went_in = state.took_in if state is not None else ()
    parts: dict[str, str] = {}
    staff = state is not None and state.staff
    for one in (person, *went_in):
        told: TakesPart | None = await door.look.ask(workspace, TakesPart, one)
        parts |= dict(told.campaigns) if told is not None else {}
        staff = staff or (told is not None and told.staff)
    async with door.database.read(workspace) as unit:
        names = await find_names(unit, [person])
        ids = await read_identities(unit, [person])
        staff = staff or bool(await staff_among(unit, [person]))
        has, owes = await read_money(unit, person)
    met_at = state.met_at if state is not None else None
    return Member(
        *(person, names.get(person, ""), met_at, tuple(ids[person]), tuple(parts.items()), staff, has, owes, went_in)
    )


async def preview(door: Door, workspace: str, one: str, other: str) -> MergePreview:
    """What merging two members would do. Raises NotFound, and Conflict for staff and for one who is both."""
    first, second = await find_member(door, workspace, one), await find_member(door, workspace, other)
    if first.person == second.person:
        raise Conflict("members_same", "both ids are one member already", field=other)
    for member in (first, second):
        if member.staff:
            way_out = "Staff are nobody's second account; remove them from the plan and the groups first."
            raise Conflict("member_staff", "staff are never merged", field=member.person, way_out=way_out)
        if member.met_at is None:
            rule = "nobody has met this member as a contact or in a group yet"
            raise Conflict("member_unmet", rule, field=member.person, way_out="Wait for the next reading of the group.")
    states = [PersonState(first.met_at), PersonState(second.met_at)]
    kept, _ = in_order(first.person, states[0], second.person, states[1])
    kept_one, gone = (first, second) if kept == first.person else (second, first)
    known = dict(kept_one.campaigns)
    both = tuple(pair for pair in gone.campaigns if pair[0] in known)
    return MergePreview(kept_one, gone, both, tuple(pair for pair in gone.campaigns if pair[0] not in known))


async def merge(door: Door, workspace: str, one: str, other: str, by: str) -> MergePreview:
    """Make two members one. Raises as :func:`preview`; what was merged meanwhile is a Conflict, too."""
    planned = await preview(door, workspace, one, other)
    answer = await door.ask(workspace, MergePersons(planned.kept.person, planned.gone.person, OPERATOR, by[:MAX_ID]))
    if answer.rejection is None:
        return planned
    if answer.rejection.reason is Reason.ALREADY_DONE:
        raise Conflict("members_same", "both ids are one member already", field=other)
    if answer.rejection.reason is Reason.QUOTA:
        rule = f"at most {answer.rejection.detail['most']} accounts are one member"
        raise Conflict("members_too_many", rule, field=other, way_out="Look whether these merges were right.")
    raise Conflict("member_staff", "staff are never merged", field=other)


def member_data(member: Member) -> dict[str, Any]:
    """A member as plain data."""
    return {
        "person": member.person,
        "name": member.name,
        "met_at": member.met_at.isoformat() if member.met_at is not None else None,
        "identities": [{"channel": channel, "id": value} for channel, value in member.identities],
        "campaigns": [{"campaign": name, "title": title} for name, title in member.campaigns],
        "staff": member.staff,
        "available_fen": member.available_fen,
        "debt_fen": member.debt_fen,
        "went_in": list(member.went_in),
    }


def preview_data(planned: MergePreview) -> dict[str, Any]:
    """What a merge would do as plain data."""
    return {
        "kept": member_data(planned.kept),
        "gone": member_data(planned.gone),
        "both": [name for name, _ in planned.both],
        "only_gone": [name for name, _ in planned.only_gone],
    }
