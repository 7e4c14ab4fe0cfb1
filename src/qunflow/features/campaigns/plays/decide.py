"""Deciding a move: the host's part first, then the model's, then what is due; all of it one decision. Pure."""

from __future__ import annotations

from datetime import timedelta

from qunflow.domain.decisions import NOTHING, Chance, Claim, CounterMove, Decision, Posting, Rejection
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.campaigns.mechanics.mechanic import (
    LATE,
    PENDING,
    Actor,
    Command,
    Context,
    Moves,
    Unit,
)
from qunflow.features.campaigns.plays.admit import actor_of, participant, refusal
from qunflow.features.campaigns.plays.bonds import bond_claim, bonded
from qunflow.features.campaigns.plays.facts import (
    PlayFacts,
    command_of,
    limits_wins,
    model_claim,
    model_counter,
    open_claims,
    own_guards,
    wins_counter,
)
from qunflow.features.campaigns.plays.hosting import HOST, hold
from qunflow.features.campaigns.plays.listing import listed
from qunflow.features.campaigns.plays.model import (
    Bound,
    HelpGiven,
    Play,
    UnitClosed,
    UnitExtended,
    UnitOwned,
    UnitTick,
    player_stream,
    thawed,
    unit_stream,
)
from qunflow.features.campaigns.plays.owing import owing
from qunflow.features.campaigns.plays.screening import put_off, screen
from qunflow.features.campaigns.plays.telling import told
from qunflow.features.campaigns.plays.turn import Turn

MAX_WINS = 1_000_000


def decide_play(message: Message, facts: PlayFacts | None, view: View, chance: Chance) -> Decision:
    """One move of a person, of staff, of the clock or of another part. Clocks are never refused, they do nothing."""
    if facts is None:
        return Decision(rejection=Rejection(Reason.NOT_RUNNING))
    by_clock = not isinstance(message.body, Play)
    if facts.rule is None:
        return NOTHING if by_clock else Decision(rejection=Rejection(Reason.MOVE_UNKNOWN, {"move": facts.job.move}))
    unit = _unit(facts, view)
    refused = refusal(message, facts, facts.rule, unit, view)
    if refused is not None:
        return NOTHING if by_clock else Decision(rejection=refused)
    for other in facts.onward:
        passed = _passed_on(message, other, view, chance)
        if passed is not None:
            return passed + Decision(answer=other.job.unit)
    return _made(Turn(message, facts, facts.rule, view, chance, unit), by_clock)


def _unit(facts: PlayFacts, view: View) -> Unit:
    return thawed(view.state(unit_stream(facts.frame.campaign, facts.job.unit)))


def _passed_on(message: Message, facts: PlayFacts, view: View, chance: Chance) -> Decision | None:
    """The move on a unit of a list, as that unit is now that it is locked; None when it does not take it."""
    unit = _unit(facts, view)
    if facts.rule is None or refusal(message, facts, facts.rule, unit, view) is not None:
        return None
    found = _made(Turn(message, facts, facts.rule, view, chance, unit), True)
    return found if found is not NOTHING and found.rejection is None else None


def _made(turn: Turn, by_clock: bool) -> Decision:
    """A move that may be made: what the host does, then what the model says."""
    facts, before = turn.facts, turn.unit
    screened = screen(turn)
    if screened is not None:
        return screened
    host = HOST.get("open" if turn.rule.opens else facts.job.move)
    if host is not None and not host(turn):
        return NOTHING
    if turn.rule.helps == "listed":
        hold(turn)
    if turn.ask_model:
        answered = _ask(turn)
        if answered is not None:
            return NOTHING if by_clock else put_off(turn, answered)
    return _decided(turn, before)


def _ask(turn: Turn) -> Rejection | None:
    """Let the model decide; its no ends the move."""
    facts, frame = turn.facts, turn.facts.frame
    player = turn.view.state(player_stream(frame.campaign, facts.job.actor)) if facts.job.actor else None
    units = player.units if player is not None else ()
    person = participant(facts, turn.view)
    actor = actor_of(person, units)
    if facts.model.enters is not None and person is not None:
        actor = bonded(actor, player, person)
        if facts.kin:  # bound anew since it was read: the needs do not name this, and the batch starts again
            turn.view.claim(*bond_claim(frame.campaign, actor.person, actor.bound_to))
    command = command_of(turn.message, facts, actor)
    guards = own_guards(facts, command)
    counters = {name: turn.view.counter(model_counter(frame.campaign, name)) for name in guards.counters}
    held = {claim: turn.view.claim(*model_claim(frame.campaign, claim)) for claim in guards.claims}
    claims = {claim: found.holder for claim, found in held.items() if found is not None}
    balances = {name: turn.view.balance(name) for name in guards.accounts}
    context = Context(
        frame,
        turn.chance.token("play"),
        counters,
        claims,
        facts.units,
        balances,
        facts.kin,
        facts.campaign.status,
        _host(turn),
    )
    moves = facts.model.decide(turn.unit, command, context)
    if isinstance(moves, Rejection):
        return moves
    _take(turn, moves, command)
    return None


def _host(turn: Turn) -> Actor:
    """The unit's owner as their bond stands, for models that keep bonds."""
    owner = turn.unit.owner
    if turn.facts.model.enters is None or not owner or turn.facts.owner != owner:
        return Actor()
    return bonded(Actor(owner), turn.view.state(player_stream(turn.facts.frame.campaign, owner)), None)


def _take(turn: Turn, moves: Moves, command: Command) -> None:
    """The model's answer in the engine's words."""
    campaign, stream = turn.facts.frame.campaign, turn.stream
    turn.add(*moves.events)
    if moves.expires_at is not None:
        turn.add(UnitExtended(moves.expires_at))
        turn.timer("expire", moves.expires_at + LATE, UnitTick(turn.facts.job.unit, "expire", {"reason": "expired"}))
    counts = () if turn.unit.test else moves.counts
    transfers = () if turn.unit.test else moves.postings
    head = f"play:{campaign}:{turn.facts.job.unit}"
    holder = turn.facts.job.actor or turn.facts.job.unit
    turn.follow(
        Decision(
            claims=tuple(Claim(*model_claim(campaign, claim), holder=holder) for claim in moves.claims),
            releases=tuple(model_claim(campaign, claim) for claim in moves.releases),
            counters=tuple(
                CounterMove(model_counter(campaign, item.counter), item.delta, item.limit) for item in counts
            ),
            postings=tuple(
                Posting(f"{head}:{item.leg}", item.debit, item.credit, item.fen) for item in transfers if item.fen
            ),
            commands=tuple(
                (unit_stream(campaign, item.unit), Play(item.move, item.unit, item.params, "system", item.actor))
                for item in moves.tell
            ),
            timers_off=tuple((stream, name) for name in moves.timers_off),
            answer=moves.answer,
        )
    )
    turn.follow(told(turn, moves.news))
    if moves.helped:
        until = turn.message.at + timedelta(hours=turn.facts.frame.hold_hours)
        key = f"{turn.facts.job.unit}/{moves.helped}"
        turn.tell_player(turn.facts.job.actor, HelpGiven(key, PENDING, until))
    if moves.binds:
        turn.tell_player(turn.facts.job.actor, Bound(moves.binds))
    for name, due_at in moves.timers:
        turn.timer(name, due_at, UnitTick(turn.facts.job.unit, name))
    if moves.won and turn.unit.owner:
        name = wins_counter(campaign, turn.unit.owner)
        most = turn.facts.frame.rules.wins_per_person if limits_wins(turn.facts.model) else MAX_WINS
        turn.follow(Decision(counters=(CounterMove(name, 1, most),)))
    if moves.close:
        _close(turn, moves.close)


def _close(turn: Turn, outcome: str) -> None:
    """The unit is over: its owner may open another one."""
    turn.add(UnitClosed(outcome))
    mine = [
        key
        for key in open_claims(turn.facts)
        if (claim := turn.view.claim(*key)) is not None and claim.holder == turn.facts.job.unit
    ]
    turn.follow(Decision(releases=tuple(mine)))
    turn.timer_off("expire")
    turn.tell_player(turn.unit.owner, UnitOwned(turn.facts.job.unit, over=True))


def _decided(turn: Turn, before: Unit) -> Decision:
    """Everything that follows, and with it the ledger."""
    turn.follow(listed(turn, before))
    owed = (
        owing(turn.facts, before, turn.unit, turn.view, turn.message.at, turn.more.postings)
        if turn.facts.pays
        else NOTHING
    )
    if owed.rejection is not None:
        return owed
    person = turn.facts.job.actor or turn.unit.owner
    events = tuple(turn.event(turn.stream, body, person) for body in turn.bodies)
    answer = turn.facts.job.unit if turn.rule.opens else turn.more.answer
    return Decision(events=events) + turn.more + owed + turn.noted + Decision(answer=answer)
