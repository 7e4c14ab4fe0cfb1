"""Parts of the pool rules: which chats stand behind which entry, how much room there is, when more is asked for."""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.actions import CreateGroup, OpenEntry, ReadGroup, UpdateEntry, Wish
from qunflow.domain.decisions import NOTHING, CounterMove, Decision, NewEvent
from qunflow.domain.events import PoolLow
from qunflow.engine.feature import View
from qunflow.features.livecodes.model import Entry, GroupRequested, PoolState, place_counter, pool_stream

#: At most so many groups are asked for and not yet there.
MAX_REQUESTS = 10


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
    return missing_groups(pool, free_places(pool, view)) > 0


def free_places(pool: PoolState, view: View) -> int:
    """Places behind all groups with room, less those that are kept for somebody."""
    room = sum(pool.room_of(chat) for chat in pool.groups)
    used = sum(view.counter(place_counter(pool.pool, entry)).used for entry in pool.entries)
    return room - used


def missing_groups(pool: PoolState, free: int) -> int:
    """How many more groups ``low_at`` wants with so many free places; those on their way count as room."""
    short = max(1, pool.settings.low_at) - free - len(pool.requests) * pool.settings.soft_limit
    wanted = -(-short // pool.settings.soft_limit)
    return max(0, min(wanted, MAX_REQUESTS - len(pool.requests)))


def ask_for_more(pool: PoolState, view: View) -> Decision:
    """As many more groups as it takes until the free places, those on their way included, are no longer few."""
    by_itself = pool.settings.refill == "auto_create" and bool(pool.groups)  # only the first one is asked for
    if pool.settings.refill == "none" or by_itself:
        return NOTHING
    free = free_places(pool, view)
    wanted = missing_groups(pool, free)
    if not wanted:
        return NOTHING
    expected = free + len(pool.requests) * pool.settings.soft_limit
    low = NewEvent(pool_stream(pool.pool), PoolLow(pool.pool, expected, wanted), channel=pool.settings.channel)
    decision = Decision(events=(low,))
    for number in range(wanted):
        decision += requested(replace(pool, asked=pool.asked + number))
    return decision


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
