"""What one feature may ask another: typed questions and answers, published through the engine's door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PoolRoom:
    """How much room a pool of groups has: free places now, groups, and whether it refills itself.

    ``sizes`` are (chat, members); ``overfull`` counts groups above the platform's hard limit.
    """

    pool: str
    free: int
    groups: int
    refills: bool
    overfull: int = 0
    sizes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StaffPresence:
    """Groups of a pool, and those of them without a staff member inside (M13)."""

    pool: str
    groups: int
    without_staff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PosterFinding:
    """What the poster of a campaign carries: the texts of its QR codes and the elements that are missing (M12)."""

    qr_texts: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """The pool that a group (by its stream) belongs to, empty when it belongs to none."""

    pool: str


@dataclass(frozen=True, slots=True)
class CodeFact:
    """A live code: the pool behind it, the campaign and the person it belongs to, and its contact code."""

    code: str
    pool: str
    campaign: str
    owner: str
    channel: str
    qr_image: str


@dataclass(frozen=True, slots=True)
class ParticipantStanding:
    """What a proof is judged by: the participant's place in the campaign and the campaign's task rules."""

    accepts_proofs: bool
    in_group: bool
    test: bool
    code: str
    parent: str
    attempts: int
    min_height: int
    audit_bps: int
    likes_required: int = 0
    reward_fen: int = 0
    posted_minutes: int = 0
    pays: bool = False  # something of worth follows from the pass: fen, or an item


@dataclass(frozen=True, slots=True)
class ParticipantRisk:
    """The highest score of 0 to 100 of what the risk rules hold or denied against ``campaign:person`` now."""

    score: int


@dataclass(frozen=True, slots=True)
class CampaignVoice:
    """What scripts need of a campaign: its texts, its people and its hours."""

    campaign: str
    title: str
    channel: str
    language: str
    tz: str
    staff: tuple[str, ...]
    scripts: tuple[tuple[str, tuple[str, ...]], ...]
    digest_hour: int
    open: bool


@dataclass(frozen=True, slots=True)
class ParticipantProgress:
    """Numbers that a script may show: confirmed and needed invites, fen earned, hours left."""

    done: int
    need: int
    reward_fen: int
    ends_at: str


@dataclass(frozen=True, slots=True)
class PosterBrief:
    """What a campaign's poster is made of: its texts by element, and its live code."""

    elements: tuple[tuple[str, str], ...]
    code: str


@dataclass(frozen=True, slots=True)
class InvitedThrough:
    """The codes through which a person asked to be invited, the first one first."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaymentsOpen:
    """What of a campaign's payments is not over: orders that may still be paid, refunds, and payouts under way."""

    campaign: str
    orders: int
    refunds: int
    payouts: int


@dataclass(frozen=True, slots=True)
class GrantsOpen:
    """How many prizes of a campaign are promised and neither given nor called off; parcels that did not leave too."""

    campaign: str
    grants: int


@dataclass(frozen=True, slots=True)
class WithdrawalTerms:
    """What a campaign asks of those who withdraw what they earned in it: the least fen, and a fee in basis points."""

    campaign: str
    least_fen: int
    fee_bps: int


@dataclass(frozen=True, slots=True)
class GroupCampaign:
    """The campaign that a person takes part in through a group, empty when there is none."""

    campaign: str


@dataclass(frozen=True, slots=True)
class RewardItemFact:
    """An item of the reward inventory: its kind, fen that one costs and who sponsors it (empty: nobody)."""

    item: str
    kind: str
    unit_cost: int
    sponsor: str
    expires_at: datetime | None
    open: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class PrizeCosts:
    """What a campaign's things cost, set aside or given: ``own`` fen out of its budget, and fen of each sponsor.

    ``own_count`` and ``sponsored_count`` say for how many prizes.
    """

    campaign: str
    own: int
    sponsors: tuple[tuple[str, int], ...]
    own_count: int
    sponsored_count: int

    @property
    def sponsored(self) -> int:
        """Fen of all sponsors."""
        return sum(fen for _, fen in self.sponsors)


@dataclass(frozen=True, slots=True)
class OpenUnits:
    """The open units of one person in a campaign (asked by ``campaign:person``) that more draws may go to."""

    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order that was paid here, asked by its number: who paid, when, and what of the price was not given back."""

    number: str
    payer: str
    net_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class AccountPersons:
    """The people of the workspace that an account of the console is, asked by its id; with merges, all their ids."""

    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SamePerson:
    """Who a person is after merges, asked by any of their ids: the one that goes on, and those that went into it."""

    kept: str
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakesPart:
    """The campaigns that a person takes part in, as (name, title), and whether a plan names them as its staff."""

    campaigns: tuple[tuple[str, str], ...]
    staff: bool = False
