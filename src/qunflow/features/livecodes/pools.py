"""Rules of pools: which groups stand behind which entry, when more are needed, what a join or leave changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qunflow.community.model import GroupState, group_stream
from qunflow.domain.actions import ReadEntry, Wish
from qunflow.domain.decisions import NOTHING, Chance, CounterMove, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import GroupFound, MemberJoined, MemberLeft, PoolWanted
from qunflow.domain.inbound import EntryOpened, EntryRead, GroupCreated, Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.livecodes.arrange import (
    arranged,
    ask_for_more,
    entry_wish,
    needs_arranging,
    place_limits,
    read_group,
    with_chats,
)
from qunflow.features.livecodes.model import (
    SWEEP_EVERY,
    AddPoolGroup,
    ArrangePool,
    EntryReady,
    EntrySet,
    MakePool,
    PoolDirectory,
    PoolGroupAdded,
    PoolGroupGone,
    PoolGroupSized,
    PoolMade,
    PoolSettings,
    PoolState,
    SweepPlaces,
    directory_stream,
    person_key,
    place_counter,
    place_scope,
    pool_stream,
)


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """The pool that a message is about; for a group never seen, every pool that waits for one."""

    pool: PoolState | None = None
    chat: str = ""
    waiting: tuple[PoolState, ...] = ()
    expired: tuple[str, ...] = ()
    sizes: Mapping[str, tuple[int, bool]] = field(default_factory=dict)  # chat → members, staff inside


async def load_pool_by_name(reader: Reader, message: Message) -> PoolFacts:
    """The pool named in the message, and the sizes of the groups that are named."""
    body = message.body
    pool: PoolState | None = await reader.state(pool_stream(body.pool), stale_ok=True)
    chats = body.chats if isinstance(body, EntryRead) else (getattr(body, "chat", ""),)
    sizes = await _sizes(reader, pool, [chat for chat in chats if chat])
    return PoolFacts(pool, getattr(body, "chat", ""), sizes=sizes)


async def _sizes(reader: Reader, pool: PoolState | None, chats: Sequence[str]) -> dict[str, tuple[int, bool]]:
    found: dict[str, tuple[int, bool]] = {}
    if pool is None:
        return found
    for chat in chats:
        group: GroupState | None = await reader.state(group_stream(pool.settings.channel, chat))
        if group is not None:
            inside = [name for name, member in group.members.items() if member.staff]
            found[chat] = (len(group.members), any(is_named(pool, name) for name in inside))
    return found


def is_named(pool: PoolState, external: str) -> bool:
    """Whether a staff member in a group is one of our own people (M13).

    In rooms that are joined by name our own account always sits, so there only the people whom the pool names count.
    """
    return pool.settings.contact or external in pool.settings.staff


async def load_pool_by_group(reader: Reader, message: Message) -> PoolFacts:
    """The pool of the message's group; for a new group the pools that asked for one."""
    _, channel, chat = message.group.split(":", 2)
    directory: PoolDirectory | None = await reader.state(directory_stream(channel))
    if directory is None:
        return PoolFacts(chat=chat)
    name = directory.chats.get(chat)
    if name is not None:
        return PoolFacts(await reader.state(pool_stream(name), stale_ok=True), chat)
    if not isinstance(message.body, GroupFound):
        return PoolFacts(chat=chat)
    pools = [await reader.state(pool_stream(pool), stale_ok=True) for pool in directory.pools]
    waiting = tuple(pool for pool in pools if pool is not None and wants_group(pool, message.body.name))
    return PoolFacts(None, chat, waiting, sizes=await _sizes(reader, waiting[0] if waiting else None, [chat]))


async def load_expired(reader: Reader, message: Message) -> PoolFacts:
    """The pool with the places whose ten minutes are over."""
    body: SweepPlaces = message.body
    pool = await reader.state(pool_stream(body.pool), stale_ok=True)
    return PoolFacts(pool, expired=await reader.expired_claims(place_scope(body.pool), message.at))


def wants_group(pool: PoolState, name: str) -> bool:
    """Whether a new group of this name may be one that the pool waits for."""
    return name in pool.requests.values() or pool.settings.refill == "auto_create"


def need_pool(message: Message, facts: PoolFacts) -> Needs:
    """The pool, its channel's directory, all its places, and the place of the person who came or went."""
    pool = facts.pool or (facts.waiting[0] if facts.waiting else None)
    if pool is None:
        return Needs()
    streams = [pool_stream(pool.pool), directory_stream(pool.settings.channel)]
    counters = {place_counter(pool.pool, entry) for entry in pool.entries}
    counters.update(place_counter(pool.pool, entry) for entry in possible_entries(pool, facts.chat))
    claims = [(place_scope(pool.pool), key) for key in facts.expired]
    if isinstance(message.body, MemberJoined):
        claims.append((place_scope(pool.pool), person_key(message.person)))
    return Needs(tuple(streams), tuple(claims), tuple(sorted(counters)))


def possible_entries(pool: PoolState, chat: str) -> tuple[str, ...]:
    """Names of the entries that a rule may make: one for all groups, or one for each chat."""
    return ("main",) if pool.settings.chats_per_entry > 1 else tuple({*pool.groups, chat} - {""})


def need_new_pool(message: Message, facts: Any) -> Needs:
    """The streams of the pool and of its channel's directory."""
    body: MakePool | PoolWanted = message.body
    channel = body.settings.channel if isinstance(body, MakePool) else message.channel
    return Needs(streams=(pool_stream(body.pool), directory_stream(channel)))


def decide_make_pool(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Make a pool and ask for its first group where it may."""
    body: MakePool = message.body
    return _make_pool(body.pool, body.settings, view)


def decide_pool_wanted(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """A campaign needs a pool."""
    body: PoolWanted = message.body
    settings = PoolSettings(
        channel=message.channel,
        base_name=body.base_name,
        staff=body.staff,
        soft_limit=body.soft_limit,
        low_at=body.low_at,
        refill=body.refill,
        chats_per_entry=5 if body.refill == "auto_create" else 1,
        hard_limit=body.hard_limit,
        contact=body.contact,
    )
    known: PoolState = view.state(pool_stream(body.pool))
    if known.pool and known.settings.channel == settings.channel:
        return _change_pool(known, settings)
    return _make_pool(body.pool, settings, view)


def _change_pool(pool: PoolState, settings: PoolSettings) -> Decision:
    """A plan drafted again may change limits and names, never the channel."""
    if pool.settings == settings:
        return NOTHING
    stream = pool_stream(pool.pool)
    changed = NewEvent(stream, PoolMade(pool.pool, settings), channel=settings.channel)
    return Decision(events=(changed,), commands=((stream, ArrangePool(pool.pool)),))


def _make_pool(pool: str, settings: PoolSettings, view: View) -> Decision:
    stream, channel = pool_stream(pool), settings.channel
    if view.state(stream).pool:
        return reject(Reason.ALREADY_DONE, pool=pool)
    made = PoolMade(pool, settings)
    events = (
        NewEvent(stream, made, channel=channel),
        NewEvent(directory_stream(channel), made, channel=channel),
    )
    return Decision(events=events, commands=((stream, ArrangePool(pool)),), answer=pool)


def decide_add_group(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """An operator puts a group into a pool; it is read at once, which tells its size."""
    body: AddPoolGroup = message.body
    if facts.pool is None:
        return reject(Reason.UNKNOWN_GROUP, pool=body.pool)
    return _add_group(view.state(pool_stream(body.pool)), body.chat, "", facts)


def decide_group_found(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """A new group: the one that a pool asked for, or one that a join way made by itself."""
    if facts.pool is not None or not facts.waiting:
        return NOTHING
    body: GroupFound = message.body
    pool: PoolState = view.state(pool_stream(facts.waiting[0].pool))
    request = next((key for key, name in pool.requests.items() if name == body.name), "")
    if request:
        return _add_group(pool, body.chat, request, facts)
    reads = [
        Wish(pool.settings.channel, ReadEntry(pool.pool, entry.entry, entry.config), lane_key=pool_stream(pool.pool))
        for entry in pool.entries.values()
        if entry.config
    ]
    return Decision(wishes=tuple(reads))


def decide_group_created(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """A group that we made ourselves: the request names the pool."""
    body: GroupCreated = message.body
    pool_name = body.request.rpartition(":")[0]
    if facts.pool is None or body.request not in view.state(pool_stream(pool_name)).requests:
        return NOTHING
    return _add_group(view.state(pool_stream(pool_name)), body.chat, body.request, facts)


async def load_requested_pool(reader: Reader, message: Message) -> PoolFacts:
    """The pool that asked for a group."""
    name = message.body.request.rpartition(":")[0]
    pool = await reader.state(pool_stream(name), stale_ok=True) if name else None
    return PoolFacts(pool, message.body.chat, sizes=await _sizes(reader, pool, [message.body.chat]))


def decide_entry_read(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """The chats behind an entry as the platform tells: rooms that it made itself join the pool."""
    body: EntryRead = message.body
    if facts.pool is None:
        return NOTHING
    pool: PoolState = view.state(pool_stream(body.pool))
    channel = pool.settings.channel
    new = [chat for chat in body.chats if chat not in pool.groups]
    if not new:
        return NOTHING
    events: list[NewEvent] = []
    for chat in new:
        size, staffed = facts.sizes.get(chat, (0, False))
        added = PoolGroupAdded(pool.pool, chat, size, "", staffed)
        events.append(NewEvent(pool_stream(pool.pool), added, channel=channel))
        events.append(NewEvent(directory_stream(channel), added, channel=channel))
    events.append(NewEvent(pool_stream(pool.pool), EntrySet(body.entry, body.chats), channel=channel))
    after = replace(
        pool,
        groups={**pool.groups, **{chat: facts.sizes.get(chat, (0, False))[0] for chat in new}},
        entries={**pool.entries, body.entry: replace(pool.entries[body.entry], chats=body.chats)},
    )
    wishes = tuple(read_group(channel, chat) for chat in new)
    return Decision(events=tuple(events), counters=place_limits(after), wishes=wishes)


def decide_resized(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """Somebody joined or left: sizes, places, and the place that this person held."""
    if facts.pool is None:
        return NOTHING
    body: MemberJoined | MemberLeft = message.body
    pool: PoolState = view.state(pool_stream(facts.pool.pool))
    stream, channel = pool_stream(pool.pool), pool.settings.channel
    staffed = isinstance(body, MemberJoined) if body.is_staff and is_named(pool, body.external) else None
    sized = NewEvent(stream, PoolGroupSized(facts.chat, body.size, staffed), channel=channel)
    after = replace(pool, groups={**pool.groups, facts.chat: body.size})
    decision = Decision(events=(sized,), counters=place_limits(after))
    if isinstance(body, MemberJoined):
        key = (place_scope(pool.pool), person_key(message.person))
        held = view.claim(*key)
        if held is not None:
            back = CounterMove(place_counter(pool.pool, held.holder), -1)
            decision = Decision(events=(sized,), releases=(key,), counters=(back, *place_limits(after)))
    if needs_arranging(after, view):
        decision += Decision(commands=((stream, ArrangePool(pool.pool)),))
    return decision


def decide_group_gone(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """A group of the pool was dissolved."""
    if facts.pool is None:
        return NOTHING
    pool: PoolState = view.state(pool_stream(facts.pool.pool))
    gone = NewEvent(pool_stream(pool.pool), PoolGroupGone(facts.chat), channel=pool.settings.channel)
    after = replace(pool, gone=(*pool.gone, facts.chat))
    arrange = (pool_stream(pool.pool), ArrangePool(pool.pool))
    return Decision(events=(gone,), counters=place_limits(after), commands=(arrange,))


def decide_arrange(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """Put groups with room behind the entries (rotation before a code fails, M03) and ask for more when low (M02)."""
    if facts.pool is None:
        return NOTHING
    pool: PoolState = view.state(pool_stream(facts.pool.pool))
    stream, channel = pool_stream(pool.pool), pool.settings.channel
    events: list[NewEvent] = []
    wishes: list[Wish] = []
    for entry, chats in arranged(pool).items():
        known = pool.entries.get(entry)
        if known is not None and known.chats == chats:
            continue
        events.append(NewEvent(stream, EntrySet(entry, chats), channel=channel))
        pool = replace(pool, entries={**pool.entries, entry: with_chats(pool, entry, chats)})
        wishes.append(entry_wish(pool, entry, chats))
    decision = Decision(events=tuple(events), wishes=tuple(wishes), counters=place_limits(pool))
    return decision + ask_for_more(pool, view)


def decide_entry_opened(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """An entry's way exists on the platform: it can be shown."""
    body: EntryOpened = message.body
    if facts.pool is None:
        return NOTHING
    pool: PoolState = view.state(pool_stream(body.pool))
    entry = pool.entries.get(body.entry)
    if entry is None or entry.ready:
        return NOTHING
    ready = EntryReady(body.entry, body.config, body.qr_image, body.address)
    event = NewEvent(pool_stream(pool.pool), ready, channel=pool.settings.channel)
    if body.chats and body.chats != entry.chats:  # rotated while it was being made
        pool = replace(pool, entries={**pool.entries, entry.entry: replace(entry, config=body.config)})
        return Decision(events=(event,), wishes=(entry_wish(pool, entry.entry, entry.chats),))
    return Decision(events=(event,))


def decide_sweep(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """Places that were kept and not used are free again."""
    body: SweepPlaces = message.body
    if facts.pool is None:
        return NOTHING
    scope = place_scope(body.pool)
    held = [view.claim(scope, key) for key in facts.expired]
    over = [claim for claim in held if claim is not None and claim.until is not None and claim.until <= message.at]
    back: dict[str, int] = {}
    for claim in over:
        back[claim.holder] = back.get(claim.holder, 0) + 1
    counters = tuple(CounterMove(place_counter(body.pool, entry), -count) for entry, count in sorted(back.items()))
    used = sum(view.counter(place_counter(body.pool, entry)).used for entry in facts.pool.entries) - len(over)
    again = Timer(pool_stream(body.pool), "sweep", message.at + SWEEP_EVERY, body)
    return Decision(
        releases=tuple((scope, claim.key) for claim in over),
        counters=counters,
        timers=(again,) if used > 0 else (),
    )


def _add_group(pool: PoolState, chat: str, request: str, facts: PoolFacts) -> Decision:
    if chat in pool.groups:
        return NOTHING
    stream, channel = pool_stream(pool.pool), pool.settings.channel
    size, staffed = facts.sizes.get(chat, (0, False))
    added = PoolGroupAdded(pool.pool, chat, size, request, staffed)
    events = (
        NewEvent(stream, added, channel=channel),
        NewEvent(directory_stream(channel), added, channel=channel),
    )
    return Decision(
        events=events,
        wishes=(read_group(channel, chat),),
        commands=((stream, ArrangePool(pool.pool)),),
        answer=chat,
    )
