"""What the rules look at: counted from what is watched, under the locks of the decision. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from qunflow.domain.decisions import Decision, Needs, NewEvent
from qunflow.domain.signals import SHARED
from qunflow.engine.feature import View
from qunflow.features.campaigns.risk.model import (
    HOUR,
    RUSH,
    WEEK,
    GaveHelp,
    GotHelp,
    Traced,
    TraceState,
    WatchState,
    trace_stream,
    watch_stream,
)
from qunflow.features.campaigns.risk.rules import Rules


@dataclass(frozen=True, slots=True)
class Help:
    """A help that is looked at: of ``helper`` for ``owner``, from these handles.

    ``listed``: it is one of few on a unit, or an invitation; of the votes of a contest nobody counts rushes and rings.
    """

    campaign: str
    helper: str
    owner: str
    device: str = ""
    ip: str = ""
    listed: bool = True
    staff: bool = False

    @property
    def traces(self) -> tuple[str, ...]:
        """The streams of its handles."""
        return tuple(trace_stream(handle) for handle in (self.device, self.ip) if handle)


def need_help(help: Help) -> Needs:
    """What is locked to look at a help."""
    watched = (watch_stream(help.helper), watch_stream(help.owner)) if help.listed else ()
    return Needs(streams=(*help.traces, *dict.fromkeys(watched)))


def look(help: Help, view: View, at: datetime, rules: Rules, fresh: bool = True) -> dict[str, int]:
    """What is seen of a help, by rule. ``fresh`` off: it was noted already, only its handles are new."""
    if not rules:
        return {}
    seen = {"staff": int(help.staff)}
    if help.device:
        spots = _trace(view, help.device).spots
        seen["self_device"] = int(any(spot.person == help.owner for spot in spots))
        helpers = {spot.person for spot in spots if spot.owner and spot.campaign == help.campaign}
        seen["device_farm"] = len(helpers | {help.helper})
    if help.ip:
        recent = {spot.person for spot in _trace(view, help.ip).spots if spot.owner and spot.at > at - HOUR}
        seen["ip_shared" if help.ip.startswith(SHARED) else "ip"] = len(recent | {help.helper})
    if help.listed and fresh:
        seen |= _dealings(help, view, at)
    return seen


def _dealings(help: Help, view: View, at: datetime) -> dict[str, int]:
    """Whom the helper helped lately, and who helped the owner."""
    helper: WatchState = view.state(watch_stream(help.helper))
    owner: WatchState = view.state(watch_stream(help.owner))
    owners = {item.owner for item in helper.gave if item.at > at - WEEK}
    back = any(item.owner == help.helper and item.campaign == help.campaign for item in owner.gave)
    return {
        "farming": len(owners | {help.owner}),
        "velocity": sum(item > at - RUSH for item in owner.received) + 1,
        "ring": int(back),
    }


def note(help: Help, view: View, at: datetime, fresh: bool = True) -> Decision:
    """The events that let the next help be compared with this one."""
    events = list(traced(help, view, at))
    if help.listed and fresh:
        events.append(_event(help, watch_stream(help.helper), GaveHelp(help.owner), help.helper))
        events.append(_event(help, watch_stream(help.owner), GotHelp(help.helper), help.owner))
    return Decision(events=tuple(events))


def traced(help: Help, view: View, at: datetime) -> Iterable[NewEvent]:
    """That the helper was seen at these handles; said again only when the last time is an hour ago."""
    for handle, stream in zip(filter(None, (help.device, help.ip)), help.traces, strict=True):
        same = (help.helper, help.campaign, help.owner)
        known = [spot for spot in _trace(view, handle).spots if (spot.person, spot.campaign, spot.owner) == same]
        if not any(spot.at > at - HOUR for spot in known):
            yield _event(help, stream, Traced(help.owner), help.helper)


def _trace(view: View, handle: str) -> TraceState:
    state: TraceState = view.state(trace_stream(handle))
    return state


def _event(help: Help, stream: str, body: object, person: str) -> NewEvent:
    return NewEvent(stream, body, person, "", help.campaign)
