"""Folds of the risk rules' streams: where people were seen, what is watched of a person, and flags. Pure."""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.events import Event
from qunflow.features.campaigns.risk.model import (
    DENIED,
    GOOD,
    HELD,
    HOUR,
    KEPT,
    LASTING,
    MOST_GAVE,
    MOST_HELPERS,
    MOST_RECEIVED,
    MOST_SPOTS,
    PAYEE,
    RETURN,
    RUSH,
    VOTE,
    WEEK,
    Challenged,
    ChallengeTried,
    FlagAppealed,
    FlagDecided,
    Flagged,
    FlagState,
    FlagWaited,
    Gave,
    GaveHelp,
    Got,
    GotHelp,
    Marked,
    Pictured,
    Seen,
    Spot,
    Traced,
    TraceState,
    WatchState,
)


def evolve_trace(state: TraceState, event: Event) -> TraceState:
    """Fold one sight at a device or address."""
    if not isinstance(event.body, Traced):
        return state
    spot = Spot(event.person, event.campaign, event.body.owner, event.at)
    same = (spot.person, spot.campaign, spot.owner)
    lasting = event.stream.partition(":")[2].startswith(LASTING)
    kept = KEPT if lasting else HOUR  # of an address of the net only the hour counts
    rest = [
        item for item in state.spots if (item.person, item.campaign, item.owner) != same and item.at > event.at - kept
    ]
    return TraceState((*rest[-MOST_SPOTS + 1 :], spot))


def evolve_watch(state: WatchState, event: Event) -> WatchState:
    """Fold one event of what is watched of a person."""
    body, at = event.body, event.at
    if isinstance(body, Seen):
        return replace(state, device=body.device or state.device, ip=body.ip)
    if isinstance(body, Marked):
        return replace(state, payee=body.handle) if body.kind == PAYEE else replace(state, address=body.handle)
    if isinstance(body, Pictured):
        return replace(state, pictured=body.has)
    if isinstance(body, GaveHelp):
        gave = [item for item in state.gave if item.at > at - WEEK][-MOST_GAVE + 1 :]
        return replace(state, gave=(*gave, Gave(body.owner, event.campaign, at)))
    if isinstance(body, GotHelp):
        received = [item for item in state.received if item > at - RUSH][-MOST_RECEIVED + 1 :]
        helpers = [item for item in state.helpers if item.at > at - WEEK][-MOST_HELPERS + 1 :]
        got = Got(body.helper, event.campaign, at)
        return replace(state, received=(*received, at), helpers=(*helpers, got))
    return state


def evolve_flag(state: FlagState, event: Event) -> FlagState:
    """Fold one event of a flag."""
    body = event.body
    if isinstance(body, Flagged):
        return FlagState(
            flag=event.stream.split(":", 2)[2],
            campaign=event.campaign,
            kind=body.kind,
            status=body.status,
            helper=body.helper,
            owner=body.owner,
            unit=body.unit,
            move=body.move,
            params=body.params,
            hits=body.hits,
            score=body.score,
            severe=body.severe,
            raised_at=event.at,
            until=body.until,
            was_denied=body.status == DENIED,
            made=body.kind != VOTE and (body.status == HELD or body.move == RETURN),
        )
    if isinstance(body, FlagDecided):
        appeal = "answered" if state.appeal == "open" else state.appeal
        made = state.made or body.status in GOOD
        return replace(state, status=body.status, by=body.by, decided_at=event.at, appeal=appeal, waiting=(), made=made)
    if isinstance(body, Challenged):
        return replace(state, challenge=True)
    if isinstance(body, ChallengeTried):
        return replace(state, tried=(*state.tried, body.nonce))
    if isinstance(body, FlagAppealed):
        return replace(state, appeal="open")
    if isinstance(body, FlagWaited):
        return replace(state, waiting=(*state.waiting, (body.unit, body.helper)))
    return state
