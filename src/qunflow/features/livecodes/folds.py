"""The folds of live codes: from events to the states of pools, codes, directories and invitations. Pure, total."""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.events import Event
from qunflow.features.livecodes.model import (
    CodeClosed,
    CodeLinked,
    CodeOpened,
    CodeState,
    Entry,
    EntryReady,
    EntrySet,
    GroupRequested,
    InviteAsked,
    InvitedState,
    PoolDirectory,
    PoolGroupAdded,
    PoolGroupGone,
    PoolGroupSized,
    PoolMade,
    PoolState,
)


def evolve_pool(state: PoolState, event: Event) -> PoolState:
    """Fold one event of a pool."""
    body = event.body
    if isinstance(body, PoolMade):
        return replace(state, pool=body.pool, settings=body.settings)
    if isinstance(body, PoolGroupAdded):
        requests = {key: name for key, name in state.requests.items() if key != body.request}
        staffed = state.staffed | {body.chat} if body.staffed else state.staffed
        groups = {**state.groups, body.chat: body.size}
        return replace(state, groups=groups, order=(*state.order, body.chat), requests=requests, staffed=staffed)
    if isinstance(body, PoolGroupSized):
        staffed = state.staffed
        if body.staffed is not None:
            staffed = staffed | {body.chat} if body.staffed else staffed - {body.chat}
        return replace(state, groups={**state.groups, body.chat: body.size}, staffed=staffed)
    if isinstance(body, PoolGroupGone):
        return replace(state, gone=(*state.gone, body.chat))
    if isinstance(body, EntrySet):
        known = state.entries.get(body.entry, Entry(body.entry, place=len(state.entries)))
        entry = replace(known, chats=body.chats)
        return replace(state, entries={**state.entries, body.entry: entry})
    if isinstance(body, EntryReady):
        entry = state.entries.get(body.entry, Entry(body.entry))
        ready = replace(entry, config=body.config, qr_image=body.qr_image, address=body.address, ready=True)
        return replace(state, entries={**state.entries, body.entry: ready})
    if isinstance(body, GroupRequested):
        return replace(state, requests={**state.requests, body.request: body.name}, asked=state.asked + 1)
    return state


def evolve_code(state: CodeState, event: Event) -> CodeState:
    """Fold one event of a code."""
    body = event.body
    if isinstance(body, CodeOpened):
        return replace(
            state,
            code=body.code,
            pool=body.pool,
            campaign=body.campaign,
            owner=body.owner,
            contact=body.contact,
            channel=event.channel,
        )
    if isinstance(body, CodeLinked):
        return replace(state, config=body.config, qr_image=body.qr_image)
    if isinstance(body, CodeClosed):
        return replace(state, closed=True)
    return state


def evolve_directory(state: PoolDirectory, event: Event) -> PoolDirectory:
    """Fold one event of a channel's directory of pools."""
    body = event.body
    if isinstance(body, PoolMade):
        return replace(state, pools=(*state.pools, body.pool))
    if isinstance(body, PoolGroupAdded):
        return replace(state, chats={**state.chats, body.chat: body.pool})
    return state


def evolve_invited(state: InvitedState, event: Event) -> InvitedState:
    """Fold one event of a person's invitations."""
    body = event.body
    if isinstance(body, InviteAsked) and body.code not in state.codes:
        return replace(state, codes=(*state.codes, body.code))
    return state
