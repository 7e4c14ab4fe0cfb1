"""Invited friends on the paper table: what the campaign says when one comes, leaves and comes back."""

from __future__ import annotations

from tests.unit.features.plays.table import HOLD, NAME, Table

from qunflow.domain.decisions import Timer
from qunflow.domain.events import Departed, Joined
from qunflow.features.campaigns.model import HoldOver, participation_stream
from qunflow.features.campaigns.screening import DENIED

GROUP = "group:wx:g1"


def come(made: Table, who: str) -> None:
    """An entered guest joins the group; the help for who invited is pending from now on."""
    state, stream, until = made.person(who), participation_stream(NAME, who), made.now + HOLD
    if state.groups:
        return
    if state.screened == DENIED:
        made.record(stream, Joined(state.parent, True), who, GROUP)
        return
    made.paper.timers[(stream, "hold")] = Timer(stream, "hold", until, HoldOver(until), who, NAME)
    made.record(stream, Joined(state.parent, state.joined_at is not None, "pending", until), who, GROUP)


def go(made: Table, who: str, reason: str = "left") -> None:
    """A guest leaves; a help that is pending is lost."""
    state, stream = made.person(who), participation_stream(NAME, who)
    if not state.groups:
        return
    made.paper.timers.pop((stream, "hold"), None)
    made.record(stream, Departed(state.parent, reason, "revoked" if state.help == "pending" else ""), who, GROUP)


def guest(made: Table, who: str, owner: str) -> None:
    """A friend comes through the owner's code and joins."""
    made.enter(who, owner, join=False)
    come(made, who)
