"""Commands and timers of the risk rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from qunflow.features.campaigns.risk.model import Flagged


@dataclass(frozen=True, slots=True)
class Sight:
    """The message's person moves from these handles, or is paid or sent parcels to them."""

    KIND: ClassVar[str] = "risk_sight"
    device: str = ""
    ip: str = ""
    payee: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class CompareHelps:
    """Two people share an account or an address (``rule``): helps of the one for the other are looked at again."""

    KIND: ClassVar[str] = "risk_compare"
    helper: str
    owner: str
    rule: str


@dataclass(frozen=True, slots=True)
class RaiseFlag:
    """A rule found something; the flag of this name is raised, once."""

    KIND: ClassVar[str] = "risk_raise"
    flag: str
    what: Flagged
    challenge: bool = False


@dataclass(frozen=True, slots=True)
class WaitForFlag:
    """A help's own hold is over, and a flag is in its way."""

    KIND: ClassVar[str] = "risk_wait"
    flag: str
    unit: str
    helper: str


@dataclass(frozen=True, slots=True)
class FlagDue:
    """A timer: the hold ends by itself."""

    KIND: ClassVar[str] = "risk_due"
    flag: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DecideFlag:
    """An operator approves or denies; ``words`` are kept apart, for the person and for other operators."""

    KIND: ClassVar[str] = "risk_decide"
    flag: str
    approve: bool
    by: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    """The message's person answered the question ``nonce``; whether rightly was found out by who asked it."""

    KIND: ClassVar[str] = "risk_answer"
    flag: str
    nonce: str
    right: bool


@dataclass(frozen=True, slots=True)
class AppealFlag:
    """The message's person asks to be looked at again."""

    KIND: ClassVar[str] = "risk_appeal"
    flag: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ScreenHelp:
    """What a flag on an owner says about one invited friend: held, cleared or denied."""

    KIND: ClassVar[str] = "risk_screen"
    flag: str
    person: str
    verdict: str


BODIES = (
    Sight,
    CompareHelps,
    RaiseFlag,
    WaitForFlag,
    FlagDue,
    DecideFlag,
    AnswerChallenge,
    AppealFlag,
    ScreenHelp,
)
