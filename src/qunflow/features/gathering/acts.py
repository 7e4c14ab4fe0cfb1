"""What an operator asks of gatherings: a preview with counts, the act itself, how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from qunflow.community.model import group_stream
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.facts import PoolRoom
from qunflow.domain.outcomes import Way
from qunflow.engine.door import Door
from qunflow.features.gathering import store
from qunflow.features.gathering.model import (
    MAX_PEOPLE,
    WHO,
    Asked,
    Gather,
    GatheringState,
    gathered_stream,
    gathering_id,
    gathering_stream,
    pool_of,
)
from qunflow.storage.directory import ChannelRow, find_channel
from qunflow.storage.people import find_names

MAX_DAYS, MAX_NAME, MAX_TEXT, MAX_STAFF = 365, 20, 1_000, 100
DEFAULT_GROUP_LIMIT = 200
MOST_SHOWN = 200
#: Channel kind → action → how it is carried out, as the connectors declare it.
Ways = Mapping[str, Mapping[str, Way]]


@dataclass(frozen=True, slots=True)
class Spec:
    """Whom to gather, and where: see :class:`qunflow.features.gathering.model.Asked`."""

    channel: str
    name: str
    who: str
    days: int = 30
    campaign: str = ""
    staff: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be asked (platform id → person), how many fit at all, and why the others are left out.

    ``make`` and ``invite`` are the ways in which the channel makes the group and brings people in.
    """

    people: Mapping[str, str]
    names: tuple[str, ...]
    found: int
    left_out: Mapping[str, int]
    make: Way
    invite: Way
    groups: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a gathering is: people asked, waiting for a group, told, refused (by reason), and inside now."""

    state: GatheringState
    asked: int
    waiting: int
    under_way: int
    done: int
    refused: Mapping[str, int]
    inside: int
    chats: tuple[str, ...]


async def preview(door: Door, workspace: str, spec: Spec, ways: Ways) -> Preview:
    """Who would be asked now; nothing happens. Raises InvalidInput, NotFound."""
    channel = await _channel(door, workspace, spec)
    since = door.clock.now() - timedelta(days=spec.days)
    state = await _known(door, workspace, spec)
    chats = await _chats(door, workspace, state) if state is not None else ()
    async with door.database.read(workspace) as unit:
        find = store.active_since if spec.who == "active" else store.paid_since
        found = await find(unit, since, spec.campaign)
        ids = await store.ids_on(unit, spec.channel, sorted(found))
        staff = await store.staff_people(unit)
        banned = await store.banned_people(unit)
        inside = await store.people_inside(unit, [group_stream(spec.channel, chat) for chat in chats])
        own = {str(name) for name in (*channel.settings.get("staff", ()), *spec.staff)}
        chosen, left_out = _sort_out(found, ids, staff, own, banned, inside, state)
        names = await find_names(unit, list(chosen.values())[:MOST_SHOWN])
    shown = tuple(names.get(person, external) for external, person in list(chosen.items())[:MOST_SHOWN])
    make, invite = _ways(channel, ways)
    limit = _limit(channel)
    return Preview(chosen, shown, len(found), left_out, make, invite, -(-len(chosen) // limit))


def _sort_out(
    found: set[str],
    ids: Mapping[str, str],
    staff: set[str],
    own: set[str],
    banned: set[str],
    inside: set[str],
    state: GatheringState | None,
) -> tuple[dict[str, str], dict[str, int]]:
    """platform id → person of those who are asked, and how many are left out for each reason; the first one counts."""
    asked = frozenset(state.people.values()) if state is not None else frozenset()
    counts = dict.fromkeys(("staff", "blacklist", "inside", "asked", "no_contact", "too_many"), 0)
    chosen: dict[str, str] = {}
    for person in sorted(found):
        external = ids.get(person, "")
        if person in staff or external in own:
            counts["staff"] += 1
        elif person in banned:
            counts["blacklist"] += 1
        elif person in inside:
            counts["inside"] += 1
        elif person in asked:
            counts["asked"] += 1
        elif not external:
            counts["no_contact"] += 1
        elif len(asked) + len(chosen) >= MAX_PEOPLE:
            counts["too_many"] += 1
        else:
            chosen[external] = person
    return chosen, counts


async def gather(door: Door, workspace: str, spec: Spec, ways: Ways, by: str) -> GatheringState:
    """Ask everybody of the preview, each once; again under the same name it goes on with those who are new.

    Raises InvalidInput, NotFound, Conflict when nobody fits.
    """
    if not 1 <= len(by) <= 64:
        raise InvalidInput("gather_by", "say who decides, in 1 to 64 characters", field="by")
    planned = await preview(door, workspace, spec, ways)
    channel = await _channel(door, workspace, spec)
    automatic = planned.make is Way.AUTOMATIC and planned.invite is Way.AUTOMATIC
    known = await _known(door, workspace, spec)
    if not automatic and not spec.text.strip() and known is None:
        raise InvalidInput("gather_text", "staff confirm a message to these people; write it", field="text")
    asked = Asked(
        spec.name.strip(),
        spec.who,
        spec.days,
        spec.campaign,
        spec.staff,
        _limit(channel),
        automatic,
        spec.text.strip(),
    )
    name = gathering_id(spec.channel, asked.name)
    answer = await door.ask(workspace, Gather(name, asked, planned.people, by), channel=spec.channel)
    if answer.rejection is not None:
        told = ", ".join(f"{key} {value}" for key, value in answer.rejection.detail.items())
        words = str(answer.rejection.reason).replace("_", " ")
        raise Conflict(str(answer.rejection.reason), f"{words} {told}".strip(), field="who")
    return await find_gathering(door, workspace, name)


async def list_gatherings(door: Door, workspace: str) -> list[GatheringState]:
    """Every gathering, the newest first."""
    found: list[GatheringState] = await door.look.all_of(workspace, "gathering")
    return sorted(found, key=lambda one: (one.started_at is None, one.started_at, one.gathering), reverse=True)


async def find_gathering(door: Door, workspace: str, gathering: str) -> GatheringState:
    """One gathering. Raises NotFound."""
    state: GatheringState | None = await door.look.state(workspace, gathering_stream(gathering))
    if state is None:
        raise NotFound("gathering_unknown", "there is no such gathering", field=gathering[:64])
    return state


async def read_progress(door: Door, workspace: str, gathering: str) -> Progress:
    """How far a gathering is. Raises NotFound."""
    state = await find_gathering(door, workspace, gathering)
    chats = await _chats(door, workspace, state)
    async with door.database.read(workspace) as unit:
        outcomes = await store.count_outcomes(unit, gathered_stream(gathering, ""))
        inside = await store.people_inside(unit, [group_stream(state.channel, chat) for chat in chats])
    refused = {reason or "other": count for (outcome, reason), count in outcomes.items() if "refused" in outcome}
    under_way = sum(count for (outcome, _), count in outcomes.items() if not outcome)
    done = sum(outcomes.values()) - under_way - sum(refused.values())
    waiting = len(state.people) - sum(outcomes.values())
    come = len(inside & frozenset(state.people.values()))
    return Progress(state, len(state.people), waiting, under_way, done, refused, come, chats)


async def _chats(door: Door, workspace: str, state: GatheringState) -> tuple[str, ...]:
    """The gathering's groups."""
    if state.asked is not None and state.asked.automatic:
        return tuple(state.rooms.values())
    room: PoolRoom | None = await door.look.ask(workspace, PoolRoom, pool_of(state.gathering))
    return tuple(chat for chat, _ in room.sizes) if room is not None else ()


async def _known(door: Door, workspace: str, spec: Spec) -> GatheringState | None:
    name = gathering_id(spec.channel, spec.name.strip())
    found: GatheringState | None = await door.look.state(workspace, gathering_stream(name))
    return found


async def _channel(door: Door, workspace: str, spec: Spec) -> ChannelRow:
    _check(spec)
    async with door.database.directory() as connection:
        channel = await find_channel(connection, spec.channel)
    if channel is None or channel.workspace != workspace or channel.kind not in ("wecom", "matrix"):
        raise NotFound("channel_unknown", f"there is no channel {spec.channel[:64]}", field="channel")
    return channel


def _check(spec: Spec) -> None:
    if spec.who not in WHO:
        raise InvalidInput("gather_who", f"one of {', '.join(WHO)}", field="who")
    if not 1 <= spec.days <= MAX_DAYS:
        raise InvalidInput("gather_days", f"1 to {MAX_DAYS} days", field="days")
    if not 1 <= len(spec.name.strip()) <= MAX_NAME or not spec.name.isprintable():
        raise InvalidInput("gather_name", f"a name of 1 to {MAX_NAME} printable characters", field="name")
    if not 1 <= len(spec.staff) <= MAX_STAFF or any(not 1 <= len(one) <= 255 for one in spec.staff):
        raise InvalidInput("gather_staff", f"1 to {MAX_STAFF} staff, as the platform knows them", field="staff")
    if len(spec.text) > MAX_TEXT or "\x00" in spec.text:
        raise InvalidInput("gather_text", f"at most {MAX_TEXT} characters", field="text")
    if len(spec.campaign) > 64:
        raise InvalidInput("gather_campaign", "the name of a campaign", field="campaign")


def _limit(channel: ChannelRow) -> int:
    """How many people go into one group."""
    return int(channel.settings.get("group_limit", DEFAULT_GROUP_LIMIT))


def _ways(channel: ChannelRow, ways: Ways) -> tuple[Way, Way]:
    """How the channel makes a group, and how people come into it: invited, or told by a mass send."""
    known = ways.get(channel.kind, {})
    make = known.get("create_group", Way.UNAVAILABLE)
    invited = known.get("invite_member", Way.UNAVAILABLE)
    return make, invited if invited is Way.AUTOMATIC else known.get("broadcast", Way.UNAVAILABLE)


def preview_data(found: Preview) -> dict[str, Any]:
    """A preview as plain data: counts, no names."""
    return {
        "found": found.found,
        "people": len(found.people),
        "left_out": dict(found.left_out),
        "groups": found.groups,
        "make": str(found.make),
        "invite": str(found.invite),
    }


def progress_data(found: Progress) -> dict[str, Any]:
    """Progress as plain data."""
    return {
        "gathering": found.state.gathering,
        "name": found.state.asked.name if found.state.asked is not None else "",
        "channel": found.state.channel,
        "asked": found.asked,
        "waiting": found.waiting,
        "under_way": found.under_way,
        "done": found.done,
        "refused": dict(found.refused),
        "inside": found.inside,
        "groups": list(found.chats),
        "code": found.state.code,
    }
