"""Parts of the pool rules: which chats stand behind which entry, how much room there is, when more is asked for."""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.actions import CreateGroup, OpenEntry, ReadGroup, UpdateEntry, Wish
from qunflow.domain.decisions import NOTHING, CounterMove, Decision, NewEvent
from qunflow.domain.events import PoolLow
from qunflow.engine.feature import View
from qunflow.features.livecodes.model import Entry, GroupRequested, PoolState, place_counter, pool_stream

#: At most so many groups are asked for and not yet there.
MAX_REQUESTS = 3


def arranged(pool: PoolState) -> dict[str, tuple[str, ...]]:
    """Which chats belong behind which entry: those with room first, oldest first, at most so many as it takes."""
    alive = pool.alive()
    if pool.settings.chats_per_entry == 1:
        return {chat: (chat,) for chat in alive}
    if not alive:
        return {}
    roomy = [chat for chat in alive if pool.room_of(chat) > 0]
    current = pool.entries["main"].chats if "main" in pool.entries else ()
    if current and any(chat in roomy for chat in current) and len(roomy) <= sum(chat in current for chat in roomy):
        return {"main": current}
    chosen = (roomy or list(alive[-1:]))[: pool.settings.chats_per_entry]
    return {"main": tuple(chosen)}


def with_chats(pool: PoolState, entry: str, chats: tuple[str, ...]) -> Entry:
    """The entry with other chats behind it."""
    return replace(pool.entries.get(entry, Entry(entry, place=len(pool.entries))), chats=chats)


def entry_wish(pool: PoolState, entry: str, chats: tuple[str, ...]) -> Wish:
    """Make the entry on the platform, or set its chats when it is there."""
    known = pool.entries.get(entry)
    auto = pool.settings.refill == "auto_create"
    name = pool.settings.base_name
    lane = pool_stream(pool.pool)
    if known is not None and known.config:
        update = UpdateEntry(pool.pool, entry, known.config, chats, auto, name)
        return Wish(pool.settings.channel, update, lane_key=lane)
    opened = OpenEntry(pool.pool, entry, chats, auto, name)
    return Wish(pool.settings.channel, opened, lane_key=lane, coalesce=f"entry:{pool.pool}:{entry}")


def place_limits(pool: PoolState) -> tuple[CounterMove, ...]:
    """How many places each entry has, by the sizes of its groups."""
    return tuple(
        CounterMove(place_counter(pool.pool, entry), limit=pool.room_behind(entry)) for entry in sorted(pool.entries)
    )


def needs_arranging(pool: PoolState, view: View) -> bool:
    """Whether a full group stands behind an entry, or few places are left."""
    behind = {chat for entry in pool.entries.values() for chat in entry.chats}
    if any(pool.room_of(chat) == 0 for chat in behind):
        return True
    return not pool.requests and free_places(pool, view) < pool.settings.low_at


def free_places(pool: PoolState, view: View) -> int:
    """Places behind all groups with room, less those that are kept for somebody."""
    room = sum(pool.room_of(chat) for chat in pool.groups)
    used = sum(view.counter(place_counter(pool.pool, entry)).used for entry in pool.entries)
    return room - used


def ask_for_more(pool: PoolState, view: View) -> Decision:
    """One more group when the free places, those on their way included, are few."""
    by_itself = pool.settings.refill == "auto_create" and bool(pool.groups)  # only the first one is asked for
    if pool.settings.refill == "none" or by_itself or len(pool.requests) >= MAX_REQUESTS:
        return NOTHING
    free = free_places(pool, view) + len(pool.requests) * pool.settings.soft_limit
    if free >= max(1, pool.settings.low_at):
        return NOTHING
    low = NewEvent(pool_stream(pool.pool), PoolLow(pool.pool, free, 1), channel=pool.settings.channel)
    return Decision(events=(low,)) + requested(pool)


def requested(pool: PoolState) -> Decision:
    """Ask for one more group; the answer is the name that it will have."""
    request = f"{pool.pool}:{pool.asked + 1}"
    name = f"{pool.settings.base_name}{pool.asked + 1}"
    channel = pool.settings.channel
    asked = NewEvent(pool_stream(pool.pool), GroupRequested(request, name), channel=channel)
    create = CreateGroup(name, request, pool.settings.staff)
    return Decision(events=(asked,), wishes=(Wish(channel, create, lane_key=f"create:{request}"),), answer=name)


def read_group(channel: str, chat: str) -> Wish:
    """Read a group whole."""
    return Wish(channel, ReadGroup(chat), lane_key=f"group:{channel}:{chat}", coalesce=f"read:{channel}:{chat}")
