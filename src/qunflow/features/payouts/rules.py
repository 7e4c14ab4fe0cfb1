"""The workspace's rules of paying out: the account, the bounds of one payout and of a day. Frozen; amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent
from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.inbound import Message
from qunflow.engine.feature import View

#: A transfer is 0.1 yuan at least; from 2,000 yuan on a real name is needed, and none is kept (wecom-api.md §12).
LEAST_FEN, MOST_FEN = 10, 199_999
RULES_STREAM = stream_id("payrules", "all")


@dataclass(frozen=True, slots=True)
class PayRules:
    """``channel`` is the payment account, empty while staff pay by hand.

    One payout: ``min_fen`` to ``max_fen``, from ``four_eyes_fen`` on two people must agree. A day in ``tz``: at most
    ``person_count`` payouts and ``person_fen`` to one person, ``channel_fen`` over the whole channel.
    """

    channel: str = ""
    min_fen: int = LEAST_FEN
    max_fen: int = 20_000
    four_eyes_fen: int = 5_000
    person_count: int = 3
    person_fen: int = 20_000
    channel_fen: int = 1_000_000
    tz: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class PayRulesSet:
    """The rules are these from now on; payouts that are under way keep theirs."""

    KIND: ClassVar[str] = "pay_rules_set"
    SCHEMA: ClassVar[int] = 1
    rules: PayRules


@dataclass(frozen=True, slots=True)
class SetPayRules:
    """Set the rules."""

    KIND: ClassVar[str] = "set_pay_rules"
    rules: PayRules


def check_rules(rules: PayRules) -> None:
    """Raises InvalidInput for the first field that breaks its bound."""
    bounds = {
        "min_fen": (LEAST_FEN, MOST_FEN),
        "max_fen": (rules.min_fen, MOST_FEN),
        "four_eyes_fen": (0, MOST_FEN + 1),
        "person_count": (1, 100),
        "person_fen": (rules.min_fen, 10_000_000),
        "channel_fen": (rules.min_fen, 1_000_000_000),
    }
    for name, (low, high) in bounds.items():
        if not low <= getattr(rules, name) <= high:
            raise InvalidInput(f"payout_{name}", f"{low} to {high}", field=name)
    try:
        ZoneInfo(rules.tz)
    except (ValueError, OSError, KeyError) as error:
        raise InvalidInput("payout_tz", "the name of a time zone, such as Asia/Shanghai", field="tz") from error


def need_rules(message: Message, facts: object) -> Needs:
    """The rules alone."""
    return Needs(streams=(RULES_STREAM,))


def decide_rules(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Set the rules; the same again changes nothing."""
    body: SetPayRules = message.body
    if view.state(RULES_STREAM) == body.rules:
        return Decision(answer="same")
    return Decision(events=(NewEvent(RULES_STREAM, PayRulesSet(body.rules)),), answer="set")


def evolve(state: PayRules, event: Event) -> PayRules:
    """Fold one event of the rules."""
    return event.body.rules if isinstance(event.body, PayRulesSet) else state
