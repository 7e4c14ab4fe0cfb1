"""Recorded events: the envelope, and the events that more than one feature reads (campaigns.md §12, §13.2).

A type's schema never changes: a new shape gets a new number and a pure upcaster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from qunflow.domain.merging import MERGE_EVENTS
from qunflow.domain.payments import PAYMENT_EVENTS
from qunflow.domain.prizes import PRIZE_EVENTS


@dataclass(frozen=True, slots=True)
class Event:
    """An event as stored (architecture.md §4). ``at`` is domain time, ``recorded_at`` wall time, both UTC."""

    event_id: str
    workspace: str
    stream: str
    version: int
    body: Any
    at: datetime
    local_date: date
    tz: str
    recorded_at: datetime
    actor: str = ""
    person: str = ""
    group: str = ""
    campaign: str = ""
    channel: str = ""
    cause: str = ""
    command_id: str = ""


# --- community --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupFound:
    """A group of a channel is known from now on."""

    KIND: ClassVar[str] = "group_found"
    SCHEMA: ClassVar[int] = 1
    chat: str
    owner: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class GroupGone:
    """A group was dissolved."""

    KIND: ClassVar[str] = "group_gone"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """A person is in a group. ``size`` is the number of members after it, staff among them."""

    KIND: ClassVar[str] = "member_joined"
    SCHEMA: ClassVar[int] = 1
    external: str
    size: int
    first: bool  # never in this group before
    joined_at: datetime
    state: str = ""
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A person is no longer in a group. ``removed`` only when the platform said so."""

    KIND: ClassVar[str] = "member_left"
    SCHEMA: ClassVar[int] = 1
    external: str
    size: int
    removed: bool = False
    is_staff: bool = False


# --- live codes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scanned:
    """A visitor opened a live code; ``placed`` is the entry that was reserved, empty when the pool was."""

    KIND: ClassVar[str] = "scanned"
    SCHEMA: ClassVar[int] = 1
    code: str
    visitor: str
    placed: str = ""


@dataclass(frozen=True, slots=True)
class PoolWanted:
    """A campaign needs a pool of groups behind its code; made unless it is there."""

    KIND: ClassVar[str] = "pool_wanted"
    SCHEMA: ClassVar[int] = 1
    pool: str
    base_name: str
    staff: tuple[str, ...]
    soft_limit: int
    hard_limit: int
    low_at: int
    refill: str
    contact: bool  # the way in leads over a staff contact (WeCom), else straight into a room


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """A campaign needs its live code; made unless it has one."""

    KIND: ClassVar[str] = "code_wanted"
    SCHEMA: ClassVar[int] = 1
    pool: str
    contact: bool
    has_code: bool = False


@dataclass(frozen=True, slots=True)
class CodeMade:
    """A live code exists; the directory of public codes is kept from these."""

    KIND: ClassVar[str] = "code_made"
    SCHEMA: ClassVar[int] = 1
    code: str
    pool: str
    channel: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class CodeReady:
    """A personal or campaign code can be shown: its contact code exists on the platform."""

    KIND: ClassVar[str] = "code_ready"
    SCHEMA: ClassVar[int] = 1
    code: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class PoolLow:
    """A pool has fewer free places than it should; ``asked`` groups were requested."""

    KIND: ClassVar[str] = "pool_low"
    SCHEMA: ClassVar[int] = 1
    pool: str
    free: int
    asked: int


# --- campaigns: the funnel events, shared by every model --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignLaunched:
    """A campaign runs from now on."""

    KIND: ClassVar[str] = "campaign_launched"
    SCHEMA: ClassVar[int] = 1
    version: int


@dataclass(frozen=True, slots=True)
class CampaignClosed:
    """A campaign is over and settled."""

    KIND: ClassVar[str] = "campaign_closed"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class CodesDone:
    """Nobody needs these codes of a closed campaign any more; at most 200 in one event."""

    KIND: ClassVar[str] = "codes_done"
    SCHEMA: ClassVar[int] = 1
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Participating:
    """A person takes part in a campaign; ``parent`` is who brought them, empty for the organic ones."""

    KIND: ClassVar[str] = "participating"
    SCHEMA: ClassVar[int] = 1
    external: str
    code: str
    parent: str = ""
    config_version: int = 1
    new_user: bool = True
    pool: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """A participant is in a group of the campaign for the first time, or again (``again``)."""

    KIND: ClassVar[str] = "joined"
    SCHEMA: ClassVar[int] = 1
    parent: str = ""
    again: bool = False
    help: str = ""  # what the help for the parent is now: pending | confirmed, empty when there is none
    hold_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Departed:
    """A participant is in no group of the campaign any more."""

    KIND: ClassVar[str] = "departed"
    SCHEMA: ClassVar[int] = 1
    parent: str = ""
    reason: str = "left"
    help: str = ""  # revoked, when this ends a help


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A help is confirmed: the invited person stayed through the hold."""

    KIND: ClassVar[str] = "confirmed"
    SCHEMA: ClassVar[int] = 1
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Spreading:
    """A participant opened the personal poster for the first time: one more launcher (启动)."""

    KIND: ClassVar[str] = "spreading"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Completed:
    """The participant's task is approved: the last step of the funnel."""

    KIND: ClassVar[str] = "completed"
    SCHEMA: ClassVar[int] = 1
    submission: str


@dataclass(frozen=True, slots=True)
class Rewarded:
    """``amount`` fen became available and ``pending`` fen reserved (negative: taken back) for ``rule``."""

    KIND: ClassVar[str] = "rewarded"
    SCHEMA: ClassVar[int] = 1
    rule: str
    amount: int
    revision: int
    pending: int = 0


@dataclass(frozen=True, slots=True)
class ScriptDue:
    """A script is due to a person (M05–M08). ``key`` makes it once; ``params`` are numbers and codes, no text."""

    KIND: ClassVar[str] = "script_due"
    SCHEMA: ClassVar[int] = 1
    script: str
    key: str
    external: str
    params: Mapping[str, Any]
    welcome_code: str = ""


# --- proofs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submitted:
    """A participant handed in a proof."""

    KIND: ClassVar[str] = "submitted"
    SCHEMA: ClassVar[int] = 1
    submission: str
    attempt: int
    blob: str


@dataclass(frozen=True, slots=True)
class Approved:
    """A proof was approved; ``by`` is ``auto`` or a reviewer."""

    KIND: ClassVar[str] = "approved"
    SCHEMA: ClassVar[int] = 1
    submission: str
    attempt: int
    by: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A proof was rejected with a reason of campaigns.md §8; ``left`` attempts remain."""

    KIND: ClassVar[str] = "refused"
    SCHEMA: ClassVar[int] = 1
    submission: str
    attempt: int
    by: str
    reason: str
    left: int = 0


# --- orders of campaign models: what a payment part acts on -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderMade:
    """A person may pay ``fen`` for the order until ``until``; answered by the move ``pay`` on ``unit``."""

    KIND: ClassVar[str] = "order_made"
    SCHEMA: ClassVar[int] = 1
    order: str
    unit: str
    buyer: str
    fen: int
    until: datetime


@dataclass(frozen=True, slots=True)
class RefundOwed:
    """Give the payer ``fen`` back, whatever it takes; answered by the move ``refund_done`` on ``unit``. Once by id."""

    KIND: ClassVar[str] = "refund_owed"
    SCHEMA: ClassVar[int] = 1
    refund: str
    order: str
    unit: str
    payer: str
    fen: int
    reason: str


SHARED_EVENTS: tuple[type, ...] = (
    GroupFound,
    GroupGone,
    MemberJoined,
    MemberLeft,
    Scanned,
    PoolWanted,
    CodeWanted,
    CodeMade,
    CodeReady,
    PoolLow,
    CampaignLaunched,
    CampaignClosed,
    CodesDone,
    Participating,
    Joined,
    Departed,
    Confirmed,
    Spreading,
    Completed,
    Rewarded,
    ScriptDue,
    Submitted,
    Approved,
    Refused,
    OrderMade,
    RefundOwed,
    *PAYMENT_EVENTS,
    *PRIZE_EVENTS,
    *MERGE_EVENTS,
)
