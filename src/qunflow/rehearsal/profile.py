"""What a rehearsal assumes: about people, about staff, about the platform. Every default stands here and in the docs.

None of the defaults has data behind it: they are a first guess that operators replace by what their reports say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics import rain
from qunflow.features.campaigns.mechanics.race import Window
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_check import read_yaml
from qunflow.features.campaigns.plan_model import frame_of
from qunflow.rehearsal.settings import PEOPLE_MOST, CrowdSettings

DAYS_MOST = 120
#: Longer campaigns are rehearsed in coarser steps, so that a quarter of a year takes minutes too.
GRIDS = ((10, 30), (25, 60), (DAYS_MOST, 120))
_FREE = timedelta(days=3)


def _share(about: str, default: int) -> Any:
    return field(default=default, metadata={"about": about, "low": 0, "high": 10_000})


def _count(about: str, default: int, low: int, high: int) -> Any:
    return field(default=default, metadata={"about": about, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class RehearsalSettings:
    """The profile of a crowd and its staff. Shares are bps of those who got as far as the step before."""

    reach_bps: int = _share("who find the campaign's own poster; the others hear of it from friends", 500)
    scan_bps: int = _share("who scan the poster that they see", 8_500)
    add_contact_bps: int = _share("who add the staff contact after scanning", 9_200)
    join_bps: int = _share("who join the group after adding the contact", 9_400)
    spread_bps: int = _share("who open their own poster and show it to friends", 8_500)
    complete_bps: int = _share("who hand in the proof after opening the poster, where the plan has a task", 7_500)
    friends: tuple[int, ...] = field(
        default=(1_200, 1_800, 2_200, 2_000, 1_400, 900, 500),
        metadata={"about": "who show the poster to 0, 1 … 6 friends; together 10,000"},
    )
    scan_minutes: int = _count("mean minutes until a friend scans, in the waves of the day", 100, 1, 1_440)
    join_minutes: int = _count("mean minutes from scanning to joining", 10, 1, 1_440)
    complete_minutes: int = _count("mean minutes from the poster to the proof", 60, 1, 1_440)
    plays_bps: int = _share("members who open the play page of a model", 8_500)
    helps_bps: int = _share("who help the friend that brought them", 9_000)
    comes_back_bps: int = _share("who come back on the next day to play on, asked anew each day", 4_500)
    buys_bps: int = _share("who pay an order, or buy in the shop where the campaign counts that", 6_000)
    returns_bps: int = _share("buyers who give the thing back", 500)
    leaver_bps: int = _share("members who leave before the hold is over", 800)
    rejoin_bps: int = _share("of those who left, who come back", 3_000)
    forger_bps: int = _share("fraud: proofs that are another's image or show no code", 500)
    shared_device_bps: int = _share("fraud: accounts on the phone of whoever invited them", 200)
    ring_bps: int = _share("fraud: friends who help each other in rings, in models with helps", 200)
    quitter_bps: int = _share("fraud: who leave right after the hold, with the reward", 200)
    ad_bps: int = _share("fraud: who post advertisements into the groups", 100)
    groups_a_day: int = _count("groups that each member of staff can make on one day", 5, 1, 200)
    first_groups: int = _count("groups that stand ready at the launch", 1, 1, 200)
    group_minutes: int = _count("staff minutes to make a group", 5, 0, 240)
    review_seconds: int = _count("staff seconds to look at one proof or entry", 30, 0, 3_600)
    send_minutes: int = _count("staff minutes to confirm one mass message", 1, 0, 240)

    def __post_init__(self) -> None:
        """Raises InvalidInput for the first entry that does not fit."""
        for entry in fields(self):
            if entry.name == "friends":
                continue
            value, low, high = getattr(self, entry.name), entry.metadata["low"], entry.metadata["high"]
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InvalidInput("profile_number", f"a whole number from {low} to {high}", field=entry.name)

    def staff_minutes(self, acts: Mapping[str, int]) -> float:
        """Minutes of staff for counted acts: groups made, proofs and entries looked at, mass messages confirmed."""
        seconds = acts.get("groups_made", 0) * self.group_minutes * 60
        seconds += (acts.get("reviewed", 0) + acts.get("approved", 0)) * self.review_seconds
        seconds += acts.get("sends_confirmed", 0) * self.send_minutes * 60
        return round(seconds / 60, 1)


def read_profile(text: str) -> RehearsalSettings:
    """A profile from YAML; what it leaves out keeps its default. Raises InvalidInput naming the entry."""
    found = read_yaml(text) if text.strip() else {}
    known = {entry.name for entry in fields(RehearsalSettings)}
    for name in found:
        if name not in known:
            ways = ", ".join(sorted(known))
            raise InvalidInput("profile_unknown", "no such entry", field=str(name)[:60], way_out=f"Known: {ways}.")
    if "friends" in found:
        friends = found["friends"]
        if not isinstance(friends, list) or not all(isinstance(share, int) for share in friends):
            raise InvalidInput("crowd_friends", "a list of up to seven shares that sum to 10,000", field="friends")
        found = {**found, "friends": tuple(friends)}
    return RehearsalSettings(**found)


def crowd_of(profile: RehearsalSettings, plan: Plan, people: int, seed: str) -> CrowdSettings:
    """The crowd of a profile for a plan. Raises InvalidInput for a size or a share that does not fit."""
    if not 1 <= people <= PEOPLE_MOST:
        raise InvalidInput("rehearsal_people", f"from 1 to {PEOPLE_MOST} people", field="--people")
    plays = plan.model is not None
    sells = plays or bool(plan.stages)
    days = (plan.ends_at - plan.starts_at).days
    return CrowdSettings(
        people=people,
        seed=seed,
        begins_at=plan.starts_at,
        ends_at=plan.ends_at,
        until=plan.ends_at + tail_of(plan),
        tz=plan.tz,
        hold_hours=plan.hold_hours,
        seeds_bps=profile.reach_bps,
        scan_bps=profile.scan_bps,
        add_contact_bps=profile.add_contact_bps,
        join_bps=profile.join_bps,
        opens_poster_bps=profile.spread_bps,
        submits_bps=profile.complete_bps if plan.task is not None else 0,
        leaver_bps=profile.leaver_bps,
        rejoin_bps=profile.rejoin_bps,
        forger_bps=profile.forger_bps,
        friends=profile.friends,
        scan_minutes=profile.scan_minutes,
        join_minutes=profile.join_minutes,
        submit_minutes=profile.complete_minutes,
        plays_bps=profile.plays_bps if plays else 0,
        comes_back_bps=profile.comes_back_bps if plays else 0,
        helps_bps=profile.helps_bps,
        buys_bps=profile.buys_bps if sells else 0,
        returns_bps=profile.returns_bps,
        shared_device_bps=profile.shared_device_bps,
        ring_bps=profile.ring_bps,
        quitter_bps=profile.quitter_bps,
        ad_bps=profile.ad_bps,
        hours=hours_of(plan),
        grid_minutes=next(minutes for most, minutes in GRIDS if days <= most or most == DAYS_MOST),
    )


def hours_of(plan: Plan) -> tuple[int, ...]:
    """The minutes of a local day at which a model has something to do; empty where any time will do."""
    if plan.model is None:
        return ()
    settings = frame_of(plan).settings
    if plan.model.kind == "rain":
        return (int(settings.at),)
    if plan.model.kind == "flash-sale":
        return tuple(int(session.start) for session in settings.sessions)
    return (20 * 60 + 30,) if plan.model.kind == "lucky-packet" else ()


def tail_of(plan: Plan) -> timedelta:
    """How long after its end a campaign is watched until everything must be over: holds, grace, freezes, returns."""
    found = timedelta(hours=plan.hold_hours) + _FREE
    if plan.stages:
        found += timedelta(days=12)
    if plan.model is None:
        return found
    found += timedelta(hours=plan.model.rules.grace_hours)
    settings = frame_of(plan).settings
    found += timedelta(days=max(getattr(settings, "freeze_days", 0), getattr(settings, "use_days", 0)))
    return found + timedelta(days=6)


def windows_of(plan: Plan) -> tuple[Window, ...]:
    """When it rains."""
    return rain.windows(frame_of(plan))
