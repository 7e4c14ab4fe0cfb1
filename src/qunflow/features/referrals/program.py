"""A standing referral program: what it pays, how long the first recommender keeps a friend, its budget. Frozen; fen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, Posting, reject
from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.inbound import Message
from qunflow.domain.money import BPS, MAX_FEN, share_bps
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.ledger.accounts import external

MAX_RULES = 2_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program promises. Either ``reward_fen`` for each deal, or ``reward_bps`` of its net paid price.

    No deal earns more than ``cap_fen``, and none whose net price is below ``least_order_fen`` earns anything. A reward
    waits ``hold_days``. For ``protect_days`` a friend belongs to the first recommender. From ``four_eyes_fen`` of net
    price on, a deal that staff enter by hand needs a second person. ``leads_per_day`` bounds one recommender.
    With a ``channel`` friends may add its ``staff``; without one they leave a phone number.
    """

    title: str
    product: str
    budget_total_fen: int
    budget_daily_fen: int
    reward_fen: int = 0
    reward_bps: int = 0
    cap_fen: int = 0
    least_order_fen: int = 1
    hold_days: int = 15
    protect_days: int = 90
    four_eyes_fen: int = 500_000
    leads_per_day: int = 20
    channel: str = ""
    staff: tuple[str, ...] = ()
    rules: str = ""
    tz: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class ProgramState:
    """A program; ``closed`` takes no new friends, what is under way goes on."""

    name: str = ""
    terms: Terms | None = None
    made_at: datetime | None = None
    closed: bool = False

    @property
    def open(self) -> bool:
        """Whether friends can be recommended."""
        return self.terms is not None and not self.closed


@dataclass(frozen=True, slots=True)
class ProgramSet:
    """A program has these terms from now on; friends who are recommended already keep theirs."""

    KIND: ClassVar[str] = "referral_program_set"
    SCHEMA: ClassVar[int] = 1
    name: str
    terms: Terms
    by: str = ""


@dataclass(frozen=True, slots=True)
class ProgramClosed:
    """No more friends are taken, or they are again."""

    KIND: ClassVar[str] = "referral_program_closed"
    SCHEMA: ClassVar[int] = 1
    name: str
    closed: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class SetProgram:
    """Make a program, or change one; its budget can only grow."""

    KIND: ClassVar[str] = "set_referral_program"
    name: str
    terms: Terms
    by: str = ""


@dataclass(frozen=True, slots=True)
class CloseProgram:
    """Take no more friends, or take them again."""

    KIND: ClassVar[str] = "close_referral_program"
    name: str
    closed: bool
    by: str = ""


PROGRAM_EVENTS = (ProgramSet, ProgramClosed)
PROGRAM_BODIES = (SetProgram, CloseProgram)


def program_stream(name: str) -> str:
    """The stream of a program."""
    return stream_id("referral_program", name)


def purse_of(name: str) -> str:
    """Under which name a program stands in the ledger; a campaign's name has no dot, so they never meet."""
    return f"referral.{name}"


def budget_account(name: str) -> str:
    """What of a program's budget is not promised."""
    return f"budget:{purse_of(name)}"


def reward_of(terms: Terms, net_fen: int) -> int:
    """What a deal earns: a fixed sum, or ``floor(net · bps / 10,000)``, never above the cap; 0 for less."""
    if net_fen < max(1, terms.least_order_fen):
        return 0
    amount = terms.reward_fen or share_bps(net_fen, terms.reward_bps)
    return min(amount, terms.cap_fen) if terms.cap_fen else amount


def check_terms(name: str, terms: Terms) -> None:
    """Raises InvalidInput naming the first field that breaks its rule."""
    if not _NAME.fullmatch(name):
        raise InvalidInput("referral_name", "2 to 40 small letters, digits and hyphens", field="name")
    for field, text, most in (("title", terms.title, 60), ("product", terms.product, 60)):
        if not 1 <= len(text.strip()) <= most or not text.isprintable():
            raise InvalidInput(f"referral_{field}", f"1 to {most} printable characters", field=field)
    if len(terms.rules) > MAX_RULES or "\x00" in terms.rules:
        raise InvalidInput("referral_rules", f"at most {MAX_RULES} characters", field="rules")
    bounds = {
        "reward_fen": (0, MAX_FEN),
        "reward_bps": (0, BPS),
        "cap_fen": (0, MAX_FEN),
        "least_order_fen": (1, MAX_FEN),
        "hold_days": (0, 180),
        "protect_days": (1, 730),
        "four_eyes_fen": (1, MAX_FEN),
        "leads_per_day": (1, 1_000),
        "budget_total_fen": (1, MAX_FEN),
        "budget_daily_fen": (1, MAX_FEN),
    }
    for field, (low, high) in bounds.items():
        if not low <= getattr(terms, field) <= high:
            raise InvalidInput(f"referral_{field}", f"a whole number from {low} to {high}", field=field)
    _check_reward(terms)
    if bool(terms.channel) != bool(terms.staff) or len(terms.staff) > 100:
        raise InvalidInput("referral_staff", "a channel needs 1 to 100 staff, and staff need a channel", field="staff")
    if any(not 1 <= len(one) <= 64 for one in terms.staff):
        raise InvalidInput("referral_staff", "names of 1 to 64 characters", field="staff")
    try:
        ZoneInfo(terms.tz)
    except (ValueError, OSError, KeyError) as error:
        raise InvalidInput("referral_tz", "the name of a time zone, such as Asia/Shanghai", field="tz") from error


def _check_reward(terms: Terms) -> None:
    if bool(terms.reward_fen) == bool(terms.reward_bps):
        rule = "either a fixed reward or a share of the net price, not both"
        raise InvalidInput("referral_reward", rule, field="reward_fen", way_out="Set the other one to 0.")
    if terms.reward_bps and not terms.cap_fen:
        rule = "a share of the price needs the most that one deal may earn"
        raise InvalidInput("referral_cap_fen", rule, field="cap_fen")
    most = min(terms.reward_fen or terms.cap_fen, terms.cap_fen or terms.reward_fen)
    if most > min(terms.budget_total_fen, terms.budget_daily_fen):
        rule = f"one deal may earn {most} fen, so both budgets must hold that much"
        raise InvalidInput("referral_budget", rule, field="budget_daily_fen", way_out="Raise it or lower the cap.")


def need_program(message: Message, facts: object) -> Needs:
    """The program and the accounts of its budget."""
    name = message.body.name
    return Needs(streams=(program_stream(name),), accounts=(budget_account(name), external(purse_of(name))))


def decide_set(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Make or change a program; what its budget grew by is put into the ledger."""
    body: SetProgram = message.body
    stream = program_stream(body.name)
    state: ProgramState = view.state(stream)
    before = state.terms.budget_total_fen if state.terms is not None else 0
    if state.terms == body.terms:
        return Decision(answer=body.name)
    more = body.terms.budget_total_fen - before
    if more < 0:
        return reject(Reason.WORSE_FOR_PEOPLE, budget_total_fen=before)
    key = f"{purse_of(body.name)}:fund:{body.terms.budget_total_fen}"
    funded = (Posting(key, external(purse_of(body.name)), budget_account(body.name), more),) if more else ()
    event = NewEvent(stream, ProgramSet(body.name, body.terms, body.by), channel=body.terms.channel)
    return Decision(events=(event,), postings=funded, answer=body.name)


def decide_close(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Take no more friends, or take them again."""
    body: CloseProgram = message.body
    state: ProgramState = view.state(program_stream(body.name))
    if state.terms is None:
        return reject(Reason.NOT_RUNNING, program=body.name)
    if state.closed == body.closed:
        return Decision(answer=body.name)
    event = NewEvent(program_stream(body.name), ProgramClosed(body.name, body.closed, body.by))
    return Decision(events=(event,), answer=body.name)


def evolve_program(state: ProgramState, event: Event) -> ProgramState:
    """Fold one event of a program."""
    body = event.body
    if isinstance(body, ProgramSet):
        return replace(state, name=body.name, terms=body.terms, made_at=state.made_at or event.at)
    if isinstance(body, ProgramClosed):
        return replace(state, closed=body.closed)
    return state
