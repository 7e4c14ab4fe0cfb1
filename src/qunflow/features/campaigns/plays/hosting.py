"""What the host does itself, the same for all models: open, hold, confirm, revoke, return, expire, owners. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from qunflow.domain.decisions import Claim, CounterMove, Decision
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.mechanic import (
    CONFIRMED,
    LATE,
    PENDING,
    REVOKED,
)
from qunflow.features.campaigns.plays.admit import participant
from qunflow.features.campaigns.plays.facts import (
    help_claim,
    help_counters,
    open_claims,
)
from qunflow.features.campaigns.plays.leaving import revocable
from qunflow.features.campaigns.plays.model import (
    HelpGiven,
    HelpHeld,
    Play,
    PlayerState,
    UnitFrozen,
    UnitHelpConfirmed,
    UnitHelped,
    UnitHelpRevoked,
    UnitOpened,
    UnitOwned,
    UnitReversed,
    UnitThawed,
    UnitTick,
    player_stream,
)
from qunflow.features.campaigns.plays.turn import Turn

#: Where a frozen unit has no time of its own.
FROZEN_FOR = timedelta(hours=24)


def _open(turn: Turn) -> bool:
    """A unit begins: its owner holds one of the open places, and the clock runs."""
    facts, rules = turn.facts, turn.facts.frame.rules
    person = participant(facts, turn.view)
    last = facts.frame.ends_at + timedelta(hours=rules.grace_hours)
    until = min(turn.message.at + timedelta(hours=rules.unit_ttl_hours), last)
    seed = turn.chance.token("unit").hex()
    test = person.test if person is not None else False
    turn.add(UnitOpened(facts.model.name, facts.owner, seed, until, test))
    if facts.owner:
        if not turn.rule.apart:
            key = next(key for key in open_claims(facts) if turn.view.claim(*key) is None)
            turn.follow(Decision(claims=(Claim(*key, holder=facts.job.unit),)))
        turn.tell_player(facts.owner, UnitOwned(facts.job.unit))
    turn.timer("expire", until + LATE, UnitTick(facts.job.unit, "expire", {"reason": "expired"}))
    return True


def hold(turn: Turn) -> None:
    """A help is guarded, counted, and pending until its hold is over (§0.4)."""
    facts, message = turn.facts, turn.message
    until = message.at + timedelta(hours=facts.frame.hold_hours)
    rules = facts.frame.rules
    campaign, day = help_counters(message, facts)
    claim = Claim(*help_claim(facts), holder=facts.job.actor)
    moves = (CounterMove(campaign, 1, rules.helps_per_helper), CounterMove(day, 1, max(rules.helps_per_day, 1)))
    turn.follow(Decision(claims=(claim,), counters=moves))
    _pending(turn, until)


def _pending(turn: Turn, until: datetime) -> None:
    helper, unit = turn.facts.job.actor, turn.facts.job.unit
    turn.add(UnitHelped(helper, until))
    turn.tell_player(helper, HelpGiven(unit, PENDING, until))
    turn.timer(f"hold:{helper}", until + LATE, HelpHeld(unit, helper, until))


def _confirm(turn: Turn) -> bool:
    """The helper stayed. A timer of an older hold does nothing."""
    helper = turn.facts.job.actor
    help = turn.unit.helps.get(helper)
    if help is None or help.state != PENDING or help.until != turn.facts.job.params.get("until", help.until):
        return False
    turn.add(UnitHelpConfirmed(helper))
    turn.tell_player(helper, HelpGiven(turn.facts.job.unit, CONFIRMED, help.until))
    return True


def _revoke(turn: Turn) -> bool:
    """The helper left, or was found out. Only what the plan's leave policy takes back is taken back (§7)."""
    job = turn.facts.job
    key = str(job.params.get("key", job.unit))
    reason = str(job.params.get("reason", Reason.LEFT))
    player: PlayerState = turn.view.state(player_stream(turn.facts.frame.campaign, job.actor))
    help = player.helps.get(key)
    if help is None or not revocable(turn.facts.campaign, help, reason, turn.message.at):
        return False
    if key == job.unit:
        turn.add(UnitHelpRevoked(job.actor, reason))
        turn.timer_off(f"hold:{job.actor}")
    turn.tell_player(job.actor, HelpGiven(key, REVOKED, help.until))
    return True


def _return(turn: Turn) -> bool:
    """Who left and came back helps again with a new hold; counted once all the same (§0.4)."""
    helper = turn.facts.job.actor
    help = turn.unit.helps.get(helper)
    person = participant(turn.facts, turn.view)
    if help is None or help.state != REVOKED or person is None or not person.groups or turn.unit.unit in _barred(turn):
        return False
    _pending(turn, turn.message.at + timedelta(hours=turn.facts.frame.hold_hours))
    return True


def _barred(turn: Turn) -> tuple[str, ...]:
    player: PlayerState = turn.view.state(player_stream(turn.facts.frame.campaign, turn.facts.job.actor))
    return player.barred


def _owner_left(turn: Turn) -> bool:
    """Who is removed loses the unit; who left has a day to come back (§7), or as long as the model gives."""
    if turn.unit.status != "open":
        return False
    if turn.facts.job.params.get("reason") == Reason.KICKED:
        end = replace(turn.facts.job, move="expire", params={"reason": "cancelled"})
        turn.facts = replace(turn.facts, job=end)
        return True
    turn.ask_model = False
    hours = turn.facts.model.frozen_hours
    if not hours:
        turn.add(UnitFrozen(turn.unit.expires_at or turn.message.at + FROZEN_FOR))
        return True
    until = turn.message.at + timedelta(hours=hours)
    turn.add(UnitFrozen(until))
    turn.timer("thaw", until + LATE, UnitTick(turn.facts.job.unit, "expire", {"reason": "owner_left"}))
    return True


def _owner_back(turn: Turn) -> bool:
    if turn.unit.status != "frozen":
        return False
    turn.add(UnitThawed())
    turn.timer_off("thaw")
    turn.ask_model = False
    restocked = turn.facts.model.restocked
    if restocked is not None:  # who comes back to a list may find there what nobody was there to take
        again = Play(restocked.move, turn.facts.job.unit, {}, "system")
        turn.follow(Decision(commands=((turn.stream, again),)))
    return True


def _expire(turn: Turn) -> bool:
    """A deadline that was moved, and an owner who came back, leave their old timers without effect."""
    reason = turn.facts.job.params.get("reason")
    if reason == "owner_left":
        return turn.unit.status == "frozen"
    at, until = turn.message.at, turn.unit.expires_at
    return reason != "expired" or (until is not None and at >= until)


def _reverse(turn: Turn) -> bool:
    """Found to be fraud, also after the end: what was earned is taken back by compensating entries (I9)."""
    if turn.unit.reversed:
        return False
    turn.add(UnitReversed(str(turn.facts.job.params.get("reason", Reason.FRAUD))))
    turn.ask_model = False
    return True


HOST: Mapping[str, Callable[[Turn], bool]] = {
    "open": _open,
    "confirm": _confirm,
    "revoke": _revoke,
    "return": _return,
    "owner_left": _owner_left,
    "owner_back": _owner_back,
    "expire": _expire,
    "reverse": _reverse,
}
