"""What surfaces do so that an account of the console says which people of the workspace it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qunflow.community.selves import MAX_SELVES, NameSelf, Selves, account_stream
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.engine.door import Door
from qunflow.storage.people import find_externals, find_names, people_like, people_under

MAX_WHO = 255
#: People whom one search shows.
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Known:
    """A person: our id, the name, and ``channel: id`` for each platform that knows them."""

    person: str
    name: str = ""
    known_as: tuple[str, ...] = ()


async def persons_of(door: Door, workspace: str, account: str) -> list[Known]:
    """The people that an account is, as they were named."""
    state: Selves | None = await door.look.state(workspace, account_stream(account))
    return await _described(door, workspace, state.persons if state is not None else ())


async def search_people(door: Door, workspace: str, words: str) -> list[Known]:
    """At most twenty people whose name has these words, or whose id they are. Raises InvalidInput."""
    text = _checked(words)
    async with door.database.read(workspace) as unit:
        found = await people_like(unit, text, MOST_FOUND)
    return await _described(door, workspace, found)


async def name_self(door: Door, workspace: str, account: str, who: str) -> str:
    """Say that an account is the person of this id, ours or a platform's; answers our id.

    Raises InvalidInput, NotFound for nobody, and Conflict for an id of several people or more than twenty people.
    """
    person = await _find(door, workspace, who)
    answer = await door.ask(workspace, NameSelf(account, person))
    if answer.rejection is not None:
        rule = f"an account is at most {MAX_SELVES} people"
        raise Conflict("self_limit", rule, field="person", way_out="Take one away first.")
    return person


async def unname_self(door: Door, workspace: str, account: str, who: str) -> str:
    """Say that an account is not a person after all; answers our id. Raises InvalidInput, NotFound, Conflict."""
    state: Selves | None = await door.look.state(workspace, account_stream(account))
    named = state.persons if state is not None else ()
    person = who if who in named else await _find(door, workspace, who)
    if person not in named:
        raise NotFound("self_not_named", "this account is not named as this person", field="person")
    await door.ask(workspace, NameSelf(account, person, False))
    return person


async def _find(door: Door, workspace: str, who: str) -> str:
    text = _checked(who)
    async with door.database.read(workspace) as unit:
        found = await people_under(unit, text)
    if not found:
        way_out = "Give the id that a channel or we know them by."
        raise NotFound("person_unknown", "nobody here has this id", field="person", way_out=way_out)
    if len(found) > 1:
        way_out = f"Give our id, one of: {', '.join(found)}."
        raise Conflict("person_ambiguous", "several channels know somebody by this id", field="person", way_out=way_out)
    return found[0]


def _checked(text: str) -> str:
    told = text.strip()
    if not 1 <= len(told) <= MAX_WHO or "\x00" in told:
        raise InvalidInput("person_text", f"a name or an id of 1 to {MAX_WHO} characters", field="person")
    return told


async def _described(door: Door, workspace: str, people: Sequence[str]) -> list[Known]:
    if not people:
        return []
    async with door.database.read(workspace) as unit:
        names, externals = await find_names(unit, people), await find_externals(unit, people)
    return [
        Known(
            person,
            names.get(person, ""),
            tuple(f"{channel}: {value}" for channel, value in sorted(externals.get(person, {}).items())),
        )
        for person in people
    ]
