"""What the rules look at: counted from what is watched, under the locks of the decision. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from qunflow.domain.decisions import Decision, Needs, NewEvent
from qunflow.domain.signals import SHARED
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.risk.circles import LEAST_HELPERS, circle_of, circle_share
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

#: Hours of the campaign's clock in which few people help: from midnight to six.
NIGHT = range(0, 6)


@dataclass(frozen=True, slots=True)
class Help:
    """A help that is looked at: of ``helper`` for ``owner``, from these handles.

    ``listed``: it is one of few on a unit, or an invitation; of the votes of a contest nobody counts rushes and rings.
    ``tz`` is the campaign's zone; ``circle`` is who helped each of the owner's helpers, as it was read ahead.
    """

    campaign: str
    helper: str
    owner: str
    device: str = ""
    ip: str = ""
    listed: bool = True
    staff: bool = False
    payee: str = ""
    address: str = ""
    pictured: bool | None = None
    tz: str = "UTC"
    circle: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def traces(self) -> tuple[str, ...]:
        """The streams of its handles."""
        return tuple(trace_stream(handle) for handle in (self.device, self.ip, self.payee, self.address) if handle)


def seen_at(help: Help, watch: WatchState) -> Help:
    """The same with where the helper was seen last, is paid to and gets parcels."""
    here = replace(help, device=watch.device, ip=watch.ip)
    return replace(here, payee=watch.payee, address=watch.address, pictured=watch.pictured)


async def read_circle(
    reader: Reader, watch: WatchState, helper: str, owner: str, campaign: str, at: datetime
) -> dict[str, tuple[str, ...]]:
    """Who helped each of an owner's helpers, ``helper`` among them; ``watch`` is the helper's.

    Empty while they are too few, or while neither the helper was helped from the circle nor its owner helped into it:
    then this help makes the share no larger, and most helps cost one reading. Readings may be a moment old: what only
    holds need not be exact to the last help.
    """
    state: WatchState = await reader.state(watch_stream(owner), stale_ok=True) or WatchState()
    helpers = tuple(dict.fromkeys((*circle_of(state, campaign, at), helper)))
    given = {item.owner for item in state.gave if item.campaign == campaign}
    mutual = {owner, *helpers}.intersection(circle_of(watch, campaign, at)) or given.intersection(helpers)
    if len(helpers) < LEAST_HELPERS or not mutual:
        return {}
    found = {helper: circle_of(watch, campaign, at)}
    for name in helpers:
        if name not in found:
            other: WatchState = await reader.state(watch_stream(name), stale_ok=True) or WatchState()
            found[name] = circle_of(other, campaign, at)
    return found


def need_help(help: Help) -> Needs:
    """What is locked to look at a help."""
    watched = (watch_stream(help.helper), watch_stream(help.owner)) if help.listed else ()
    return Needs(streams=(*help.traces, *dict.fromkeys(watched)))


def look(help: Help, view: View, at: datetime, rules: Rules, fresh: bool = True) -> dict[str, int]:
    """What is seen of a help, by rule. ``fresh`` off: it was noted already, only its handles are new."""
    if not rules:
        return {}
    seen = {"staff": int(help.staff), "no_avatar": int(help.pictured is False)}
    if help.device:
        spots = _trace(view, help.device).spots
        seen["self_device"] = int(any(spot.person == help.owner for spot in spots))
        helpers = {spot.person for spot in spots if spot.owner and spot.campaign == help.campaign}
        seen["device_farm"] = len(helpers | {help.helper})
    for rule, handle in (("same_account", help.payee), ("same_address", help.address)):
        if handle:
            seen[rule] = int(any(spot.person == help.owner for spot in _trace(view, handle).spots))
    if help.ip:
        recent = {spot.person for spot in _trace(view, help.ip).spots if spot.owner and spot.at > at - HOUR}
        seen["ip_shared" if help.ip.startswith(SHARED) else "ip"] = len(recent | {help.helper})
    if help.listed and fresh:
        seen |= _dealings(help, view, at, rules)
    return seen


def _dealings(help: Help, view: View, at: datetime, rules: Rules) -> dict[str, int]:
    """Whom the helper helped lately, and who helped the owner. A circle includes that two help each other."""
    helper: WatchState = view.state(watch_stream(help.helper))
    owner: WatchState = view.state(watch_stream(help.owner))
    owners = {item.owner for item in helper.gave if item.at > at - WEEK}
    back = any(item.owner == help.helper and item.campaign == help.campaign for item in owner.gave)
    rush = sum(item > at - RUSH for item in owner.received) + 1
    helpers = tuple(dict.fromkeys((*circle_of(owner, help.campaign, at), help.helper)))
    share = circle_share(help.owner, helpers, help.circle)
    circle = rules["clique"]
    return {
        "farming": len(owners | {help.owner}),
        "velocity": rush,
        "night": rush if at.astimezone(ZoneInfo(help.tz)).hour in NIGHT else 0,
        "ring": 0 if circle.weight and share > circle.most else int(back),
        "clique": share,
    }


def note(help: Help, view: View, at: datetime, fresh: bool = True) -> Decision:
    """The events that let the next help be compared with this one."""
    events = list(traced(help, view, at, (help.device, help.ip)))
    if help.listed and fresh:
        events.append(_event(help, watch_stream(help.helper), GaveHelp(help.owner), help.helper))
        events.append(_event(help, watch_stream(help.owner), GotHelp(help.helper), help.owner))
    return Decision(events=tuple(events))


def traced(help: Help, view: View, at: datetime, handles: Iterable[str]) -> Iterable[NewEvent]:
    """That the helper was seen at these handles; said again only when the last time is an hour ago."""
    for handle in filter(None, handles):
        same = (help.helper, help.campaign, help.owner)
        known = [spot for spot in _trace(view, handle).spots if (spot.person, spot.campaign, spot.owner) == same]
        if not any(spot.at > at - HOUR for spot in known):
            yield _event(help, trace_stream(handle), Traced(help.owner), help.helper)


def _trace(view: View, handle: str) -> TraceState:
    state: TraceState = view.state(trace_stream(handle))
    return state


def _event(help: Help, stream: str, body: object, person: str) -> NewEvent:
    return NewEvent(stream, body, person, "", help.campaign)
