"""The feature's door: handlers in order, streams, events, and the facts that it answers."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.events import (
    CodeMade,
    CodesDone,
    CodeWanted,
    Event,
    GroupFound,
    GroupGone,
    MemberJoined,
    MemberLeft,
    Participating,
    PoolWanted,
)
from qunflow.domain.facts import CodeFact, GroupPlace, InvitedThrough, PoolRoom, StaffPresence
from qunflow.domain.inbound import ContactCodeOpened, EntryOpened, EntryRead, GroupCreated, Message
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.livecodes import closing, decide, inviting, pools, running
from qunflow.features.livecodes.folds import evolve_code, evolve_directory, evolve_invited, evolve_pool
from qunflow.features.livecodes.leading import PlacesKept, ScannedTogether
from qunflow.features.livecodes.model import (
    BODIES,
    EVENTS,
    AddPoolGroup,
    ArrangePool,
    AskInvite,
    CodeState,
    InvitedState,
    MakeCode,
    MakePool,
    PoolDirectory,
    PoolState,
    Scan,
    Scans,
    SweepPlaces,
    TakePlace,
    code_stream,
    directory_stream,
    pool_stream,
)
from qunflow.storage.directory import add_short_codes
from qunflow.storage.unit_of_work import UnitOfWork


async def keep_codes(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Keep the directory of public codes: which workspace a code belongs to."""
    await add_short_codes(
        unit.raw, {event.body.code: unit.workspace for event in events if event.body.KIND == CodeMade.KIND}
    )


async def answer_room(reader: Reader, pool: str) -> PoolRoom | None:
    """How much room a pool has by the sizes of its groups (places kept for ten minutes are not taken off)."""
    state: PoolState | None = await reader.state(pool_stream(pool))
    if state is None:
        return None
    free = sum(state.room_of(chat) for chat in state.groups)
    alive = state.alive()
    sizes = tuple((chat, state.groups[chat]) for chat in alive)
    overfull = sum(size > state.settings.hard_limit for _, size in sizes)
    return PoolRoom(pool, free, len(alive), state.settings.refill != "none", overfull, sizes)


async def answer_staff(reader: Reader, pool: str) -> StaffPresence | None:
    """Groups of a pool without a staff member inside (M13)."""
    state: PoolState | None = await reader.state(pool_stream(pool))
    if state is None:
        return None
    alive = state.alive()
    return StaffPresence(pool, len(alive), tuple(chat for chat in alive if chat not in state.staffed))


async def answer_code(reader: Reader, code: str) -> CodeFact | None:
    """A live code, or None when there is no such code or it is closed."""
    state: CodeState | None = await reader.state(code_stream(code)) if code else None
    if state is None or state.closed:
        return None
    return CodeFact(state.code, state.pool, state.campaign, state.owner, state.channel, state.qr_image)


async def answer_place(reader: Reader, group: str) -> GroupPlace:
    """The pool of a group (by its stream)."""
    _, channel, chat = group.split(":", 2)
    directory: PoolDirectory | None = await reader.state(directory_stream(channel))
    return GroupPlace(directory.chats.get(chat, "") if directory is not None else "")


LIVECODES = Feature(
    name="livecodes",
    handlers=(
        Handler("livecodes.scan", Scan, decide.need_place, decide.decide_scan, decide.load_place),
        Handler("livecodes.scans", Scans, decide.need_place, decide.decide_scans, decide.load_place),
        Handler("livecodes.take_place", TakePlace, decide.need_place, decide.decide_take_place, decide.load_place),
        Handler("livecodes.ask_invite", AskInvite, inviting.need_invite, inviting.decide_invite, inviting.load_invite),
        Handler("livecodes.make_code", MakeCode, decide.need_new_code, decide.decide_make_code, decide.load_pool_of),
        Handler(
            "livecodes.personal_code",
            Participating,
            decide.need_new_code,
            decide.decide_make_code,
            decide.load_pool_of,
        ),
        Handler("livecodes.code_opened", ContactCodeOpened, decide.need_code, decide.decide_code_opened),
        Handler("livecodes.pool_wanted", PoolWanted, pools.need_new_pool, pools.decide_pool_wanted),
        Handler(
            "livecodes.code_wanted", CodeWanted, decide.need_new_code, decide.decide_make_code, decide.load_pool_of
        ),
        Handler("livecodes.make_pool", MakePool, pools.need_new_pool, pools.decide_make_pool),
        Handler("livecodes.add_group", AddPoolGroup, pools.need_pool, pools.decide_add_group, pools.load_pool_by_name),
        Handler("livecodes.arrange", ArrangePool, pools.need_pool, pools.decide_arrange, pools.load_pool_by_name),
        Handler(
            "livecodes.ask_group", running.AskGroup, pools.need_pool, running.decide_ask_group, pools.load_pool_by_name
        ),
        Handler(
            "livecodes.raise_limit",
            running.RaiseSoftLimit,
            pools.need_pool,
            running.decide_raise,
            pools.load_pool_by_name,
        ),
        Handler("livecodes.sweep", SweepPlaces, pools.need_pool, pools.decide_sweep, pools.load_expired),
        Handler(
            "livecodes.group_found", GroupFound, pools.need_pool, pools.decide_group_found, pools.load_pool_by_group
        ),
        Handler(
            "livecodes.group_created",
            GroupCreated,
            pools.need_pool,
            pools.decide_group_created,
            pools.load_requested_pool,
        ),
        Handler("livecodes.entry_read", EntryRead, pools.need_pool, pools.decide_entry_read, pools.load_pool_by_name),
        Handler(
            "livecodes.entry_opened", EntryOpened, pools.need_pool, pools.decide_entry_opened, pools.load_pool_by_name
        ),
        Handler("livecodes.joined", MemberJoined, pools.need_pool, pools.decide_resized, pools.load_pool_by_group),
        Handler("livecodes.left", MemberLeft, pools.need_pool, pools.decide_resized, pools.load_pool_by_group),
        Handler("livecodes.codes_done", CodesDone, closing.need_done, closing.decide_done),
        Handler("livecodes.group_gone", GroupGone, pools.need_pool, pools.decide_group_gone, pools.load_pool_by_group),
    ),
    streams=(
        StreamType("pool", PoolState, PoolState(), evolve_pool),
        StreamType("pools", PoolDirectory, PoolDirectory(), evolve_directory),
        StreamType("code", CodeState, CodeState(), evolve_code),
        StreamType("invited", InvitedState, InvitedState(), evolve_invited),
    ),
    events=(*EVENTS, PlacesKept, ScannedTogether),
    bodies=(*BODIES, running.AskGroup, running.RaiseSoftLimit),
    answers={
        PoolRoom: answer_room,
        StaffPresence: answer_staff,
        CodeFact: answer_code,
        GroupPlace: answer_place,
        InvitedThrough: inviting.answer_invited,
    },
)
