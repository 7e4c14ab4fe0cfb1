"""Helps and votes of one human who moved as two: the earliest stay, as many as the plan gives one person. Pure.

What is taken back is revoked by the host's own move, so that units, holds and the ledger follow as for every other
help; a unit that is over never changes (I9).
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qunflow.domain.decisions import NOTHING, Chance, Claim, CounterMove, Decision, Needs, NewEvent
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.mechanics.mechanic import REVOKED, Frame, Unit
from qunflow.features.campaigns.merged import SeatsMerged
from qunflow.features.campaigns.model import CampaignState, campaign_stream
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.model import HelpsBarred, Play, PlayerState, player_stream, unit_stream

_EVER = 1_000_000


@dataclass(frozen=True, slots=True)
class MergedFacts:
    """Everybody who is the human (the seat first), whose the units are that they helped, and whether no help counts."""

    people: tuple[str, ...]
    frame: Frame
    owners: Mapping[str, str] = field(default_factory=dict)
    none_counts: bool = False


async def load_merged(reader: Reader, message: Message) -> MergedFacts | None:
    """Read whom each of them helped; None for campaigns without a model, and for all but the seat's own event."""
    body: SeatsMerged = message.body
    if message.person != body.seat:
        return None
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    if campaign is None or campaign.plan is None or model_of(campaign.plan) is None:
        return None
    people = tuple(dict.fromkeys((body.seat, message.person, *body.others)))
    owners: dict[str, str] = {}
    for person in people:
        player: PlayerState | None = await reader.state(player_stream(message.campaign, person))
        for key in player.helps if player is not None else ():
            name = key.partition("/")[0]
            unit: Unit | None = await reader.state(unit_stream(message.campaign, name), stale_ok=True)
            owners[name] = unit.owner if unit is not None else ""
    none_counts = body.old and campaign.plan.helper_scope == "new_only"
    return MergedFacts(people, frame_of(campaign.plan), owners, none_counts)


def need_merged(message: Message, facts: MergedFacts | None) -> Needs:
    """The players; the seat's guards of every unit that one of them helped."""
    if facts is None:
        return Needs()
    name = message.campaign
    claims = tuple(seat_claim(name, unit, facts.people[0]) for unit in facts.owners)
    streams = tuple(player_stream(name, person) for person in facts.people)
    return Needs(streams, claims, (seat_counter(name, facts.people[0]),))


def seat_claim(campaign: str, unit: str, person: str) -> tuple[str, str]:
    """One help of one human on one unit."""
    return ("help", f"{campaign}:{unit}:{person}")


def seat_counter(campaign: str, person: str) -> str:
    """The helps of one human in the campaign."""
    return f"helper:{campaign}:{person}"


def decide_merged(message: Message, facts: MergedFacts | None, view: View, chance: Chance) -> Decision:
    """Revoke what is double; whom one of them helped, the seat has helped."""
    if facts is None:
        return NOTHING
    name, seat = message.campaign, facts.people[0]
    helps = {person: _living(view.state(player_stream(name, person))) for person in facts.people}
    kept, double = sort_out(facts, helps)
    revokes = tuple(
        (unit_stream(name, key.partition("/")[0]), _revoke(key, person))
        for person, keys in double.items()
        for key in keys
    )
    barred = tuple(
        NewEvent(player_stream(name, person), HelpsBarred(tuple(keys)), person, "", name, message.channel)
        for person, keys in double.items()
        if keys
    )
    others = [unit for unit, person in kept.items() if person != seat]
    new = [unit for unit in others if view.claim(*seat_claim(name, unit, seat)) is None]
    claims = tuple(Claim(*seat_claim(name, unit, seat), holder=seat) for unit in new)
    used = view.counter(seat_counter(name, seat)).used + len(new)
    most = max(used, facts.frame.rules.helps_per_helper)
    counters = (CounterMove(seat_counter(name, seat), len(new), most),) if new else ()
    decision = Decision(events=barred, claims=claims, counters=counters, commands=revokes)
    return decision + Decision(stop=Reason.MERGED) if revokes else decision


def _living(player: PlayerState) -> dict[str, datetime]:
    return {key: help.until for key, help in player.helps.items() if help.state != REVOKED}


def _revoke(key: str, person: str) -> Play:
    params = {"key": key, "reason": str(Reason.MERGED)}
    return Play("revoke", key.partition("/")[0], params, "system", person)


def sort_out(
    facts: MergedFacts, helps: Mapping[str, Mapping[str, datetime]]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(unit → who helped it for the human, person → keys that are double): the hold that began first goes first."""
    settings = facts.frame.settings
    each_day = int(getattr(settings, "votes_per_day", _EVER))
    each_entry = int(getattr(settings, "votes_per_entry_per_day", _EVER))
    self_vote = bool(getattr(settings, "self_vote", False))
    place = {person: number for number, person in enumerate(facts.people)}
    kept: dict[str, str] = {}
    double: dict[str, list[str]] = {person: [] for person in facts.people}
    days: Tally[str] = Tally()
    entries: Tally[str] = Tally()
    for _, _, key, person in sorted(
        (until, place[who], key, who) for who, found in helps.items() for key, until in found.items()
    ):
        unit, _, rest = key.partition("/")
        day = rest.partition("/")[0]
        own = facts.owners.get(unit, "") in facts.people and not (day and self_vote)
        listed = not day and (unit in kept or len(kept) >= facts.frame.rules.helps_per_helper)
        counted = day and (days[day] >= each_day or entries[f"{unit}/{day}"] >= each_entry)
        if own or facts.none_counts or listed or counted:
            double[person].append(key)
        elif day:
            days[day] += 1
            entries[f"{unit}/{day}"] += 1
        else:
            kept[unit] = person
    return kept, double
