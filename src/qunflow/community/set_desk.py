"""An operator's acts on sets of groups, and reading a group again at once. For every surface."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from qunflow.community.model import GroupState, ReadNow
from qunflow.community.sets import (
    MAX_SETS,
    MAX_TITLE,
    ChangeGroupSet,
    GroupSet,
    MakeGroupSet,
    RemoveGroupSet,
)
from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door


async def list_sets(door: Door, workspace: str) -> list[GroupSet]:
    """The sets in use, by title."""
    found: list[GroupSet] = await door.look.all_of(workspace, "group_set")
    return sorted((one for one in found if not one.removed), key=lambda one: (one.title.casefold(), one.name))


async def make_set(door: Door, workspace: str, title: str, name: str = "") -> str:
    """Make a set; with the ``name`` of one rename it or bring it back. Raises InvalidInput, Conflict."""
    told = " ".join(title.split())
    if not 1 <= len(told) <= MAX_TITLE or "\x00" in told:
        raise InvalidInput("set_title", f"a title of 1 to {MAX_TITLE} characters", field="title")
    known = await list_sets(door, workspace)
    if any(one.title.casefold() == told.casefold() and one.name != name for one in known):
        raise Conflict("set_taken", "there is a set of this title", field="title", way_out="Use that one.")
    if not name and len(known) >= MAX_SETS:
        raise Conflict("set_limit", f"at most {MAX_SETS} sets", field="title", way_out="Remove one first.")
    _accept(await door.ask(workspace, MakeGroupSet(name or secrets.token_hex(6), told)))
    return next(one.name for one in await list_sets(door, workspace) if one.title == told)


async def change_set(door: Door, workspace: str, name: str, add: Sequence[str] = (), take: Sequence[str] = ()) -> int:
    """Put groups (by their streams) in and take others out; answers how many. Raises Conflict."""
    body = ChangeGroupSet(name, tuple(add), tuple(take))
    return int(_accept(await door.ask(workspace, body)).value)


async def remove_set(door: Door, workspace: str, name: str) -> None:
    """Use a set no longer; its groups stay."""
    _accept(await door.ask(workspace, RemoveGroupSet(name)))


async def read_now(door: Door, workspace: str, group: GroupState) -> bool:
    """Read a group again as soon as the running server comes to it."""
    _accept(await door.ask(workspace, ReadNow(group.chat), channel=group.channel))
    return True


def _accept(answer: Answer) -> Answer:
    if answer.rejection is not None:
        detail = ", ".join(f"{name} {value}" for name, value in answer.rejection.detail.items())
        raise Conflict(str(answer.rejection.reason), detail or "the present state does not allow this")
    return answer
