"""States and events of campaigns and participations, frozen, and their folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import (
    CampaignClosed,
    CampaignLaunched,
    Completed,
    Confirmed,
    Departed,
    Event,
    Joined,
    Participating,
    Rewarded,
    Spreading,
)
from qunflow.domain.ids import stream_id
from qunflow.features.campaigns.contest import CONTEST_BODIES, CONTEST_EVENTS, BoardsFrozen, Contest, evolve_contest
from qunflow.features.campaigns.merged import EVENTS as MERGED_EVENTS
from qunflow.features.campaigns.merged import HelpVoided, MergeSeats, SeatsMerged, merged_fields
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import with_setting
from qunflow.features.campaigns.running import CampaignExtended, DayBegins, ExtendEnd, RaiseStock, StockRaised
from qunflow.features.campaigns.screening import Screened, screened_fields
from qunflow.features.campaigns.staging import RecordStage, StageReached, staged_fields
from qunflow.ledger.settle import Amounts

LIVE = ("running", "paused", "ended")


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign: ``status`` follows campaigns.md §0.2; ``code`` is its own live code."""

    campaign: str = ""
    status: str = ""
    version: int = 0
    plan: Plan | None = None
    pool: str = ""
    code: str = ""
    launched_at: datetime | None = None
    ended_at: datetime | None = None
    budget: int = 0
    contact: bool = True  # people enter over a staff contact; else by joining a room
    frozen_at: datetime | None = None  # bonus and ranking are fixed since then


@dataclass(frozen=True, slots=True)
class ParticipationState:
    """One person in one campaign. ``groups`` are the campaign's groups that the person is in now."""

    person: str = ""
    campaign: str = ""
    external: str = ""
    channel: str = ""
    parent: str = ""
    test: bool = False
    new_user: bool = True
    code: str = ""  # the personal code, once it can be shown
    groups: tuple[str, ...] = ()
    joined_at: datetime | None = None
    help: str = ""  # of this person for the parent: '' | pending | confirmed | revoked
    hold_until: datetime | None = None
    invitees: Mapping[str, str] = field(default_factory=dict)  # person → pending | confirmed | revoked
    reached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # invitee → stages that hold
    staged: Mapping[str, datetime] = field(default_factory=dict)  # invitee → since when one does
    spreading: bool = False
    completed: bool = False
    posted: Mapping[str, Amounts] = field(default_factory=dict)
    revision: int = 0
    contest: Contest | None = None  # None for everybody who has won nothing, is in no race and waits for no money
    screened: str | None = None  # held | cleared | denied by the risk rules
    seat: str = ""  # after a merge: the person whose participation the human goes on with
    faces: tuple[str, ...] = ()  # after a merge: the others who are the same human
    void: tuple[str, ...] = ()  # prizes that a human gets once and another of them has
    voided: bool = False  # the help for the parent never counts again


@dataclass(frozen=True, slots=True)
class InvolvedState:
    """The campaigns that a person takes part in."""

    campaigns: tuple[str, ...] = ()


# --- events of its own ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignDrafted:
    """A plan was stored, or changed before launch."""

    KIND: ClassVar[str] = "campaign_drafted"
    SCHEMA: ClassVar[int] = 1
    plan: Plan
    pool: str
    contact: bool = True


@dataclass(frozen=True, slots=True)
class CampaignCoded:
    """The campaign has its live code."""

    KIND: ClassVar[str] = "campaign_coded"
    SCHEMA: ClassVar[int] = 1
    code: str


@dataclass(frozen=True, slots=True)
class CampaignStatusSet:
    """Paused, running again, ended, stopped or settling."""

    KIND: ClassVar[str] = "campaign_status_set"
    SCHEMA: ClassVar[int] = 1
    status: str


@dataclass(frozen=True, slots=True)
class BudgetRaised:
    """More money for a campaign; never less (§0.2)."""

    KIND: ClassVar[str] = "budget_raised"
    SCHEMA: ClassVar[int] = 1
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Helped:
    """The state of one invitee as the inviter sees it."""

    KIND: ClassVar[str] = "helped"
    SCHEMA: ClassVar[int] = 1
    invitee: str
    state: str


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """A participant is in one more or one less group of the campaign, without joining or leaving the campaign."""

    KIND: ClassVar[str] = "campaign_group_changed"
    SCHEMA: ClassVar[int] = 1
    group: str
    inside: bool


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """The participant has a personal code that can be shown."""

    KIND: ClassVar[str] = "code_given"
    SCHEMA: ClassVar[int] = 1
    code: str


@dataclass(frozen=True, slots=True)
class Involved:
    """The person takes part in one campaign more."""

    KIND: ClassVar[str] = "involved"
    SCHEMA: ClassVar[int] = 1


# --- commands and timers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DraftCampaign:
    """Store a plan; its pool and live code are made at once, so that the path can be tried before launch (M14)."""

    KIND: ClassVar[str] = "draft_campaign"
    plan: Plan
    contact: bool = True  # the channel leads over a staff contact
    hard_limit: int = 200  # members at which the platform closes a group


@dataclass(frozen=True, slots=True)
class LaunchCampaign:
    """Launch; the gate's findings stand beside it, ``passed`` when all of them hold."""

    KIND: ClassVar[str] = "launch_campaign"
    passed: bool
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Pause, resume, end or settle a campaign (a person's act or a timer)."""

    KIND: ClassVar[str] = "set_status"
    status: str


@dataclass(frozen=True, slots=True)
class RaiseBudget:
    """Add money."""

    KIND: ClassVar[str] = "raise_budget"
    amount_fen: int


@dataclass(frozen=True, slots=True)
class HoldOver:
    """A timer: the hold of a help is over."""

    KIND: ClassVar[str] = "hold_over"
    until: datetime


@dataclass(frozen=True, slots=True)
class RemindDue:
    """A timer: remind somebody who has not finished the task."""

    KIND: ClassVar[str] = "remind_due"
    script: str


@dataclass(frozen=True, slots=True)
class OpenPoster:
    """A participant opened the personal poster."""

    KIND: ClassVar[str] = "open_poster"


@dataclass(frozen=True, slots=True)
class RemoveParticipant:
    """Staff decide that somebody has to leave the campaign's groups (M08, M65); ``reason`` is a code."""

    KIND: ClassVar[str] = "remove_participant"
    reason: str


def campaign_stream(campaign: str) -> str:
    """The stream of a campaign."""
    return stream_id("campaign", campaign)


def participation_stream(campaign: str, person: str) -> str:
    """The stream of one person in one campaign."""
    return stream_id("participation", campaign, person)


def involved_stream(person: str) -> str:
    """The stream of a person's campaigns."""
    return stream_id("involved", person)


# --- folds ------------------------------------------------------------------------------------------------------------


def evolve_campaign(state: CampaignState, event: Event) -> CampaignState:
    """Fold one event of a campaign."""
    body = event.body
    if isinstance(body, CampaignDrafted):
        version = state.version + 1
        status = state.status or "draft"
        return replace(
            state,
            campaign=body.plan.campaign,
            status=status,
            version=version,
            plan=body.plan,
            pool=body.pool,
            contact=body.contact,
        )
    if isinstance(body, CampaignCoded):
        return replace(state, code=body.code)
    if isinstance(body, CampaignLaunched):
        plan = state.plan
        budget = plan.budget_total_fen if plan is not None else 0
        return replace(state, status="running", launched_at=event.at, budget=budget)
    if isinstance(body, CampaignStatusSet):
        ended = event.at if body.status == "ended" else state.ended_at
        return replace(state, status=body.status, ended_at=ended)
    if isinstance(body, BudgetRaised):
        return replace(state, budget=state.budget + body.amount_fen)
    if isinstance(body, CampaignExtended) and state.plan is not None:
        return replace(state, plan=replace(state.plan, ends_at=body.ends_at))
    if isinstance(body, StockRaised) and state.plan is not None:
        return replace(state, plan=with_setting(state.plan, body.field, body.total))
    if isinstance(body, CampaignClosed):
        return replace(state, status="closed")
    if isinstance(body, BoardsFrozen):
        return replace(state, frozen_at=event.at)
    return state


def evolve_participation(state: ParticipationState, event: Event) -> ParticipationState:
    """Fold one event of a participation."""
    body = event.body
    if isinstance(body, Participating):
        return replace(
            state,
            person=event.person,
            campaign=event.campaign,
            channel=event.channel,
            external=body.external,
            parent=body.parent,
            test=body.test,
            new_user=body.new_user,
        )
    if isinstance(body, CodeGiven):
        return replace(state, code=body.code)
    if isinstance(body, Joined | Departed | GroupChanged | Confirmed | Screened):
        state = _evolve_membership(state, event)
    if isinstance(body, HelpVoided | SeatsMerged):
        state = replace(state, **merged_fields(state.person, state.new_user, body))
    if isinstance(body, Helped):
        return replace(state, invitees={**state.invitees, body.invitee: body.state})
    if isinstance(body, StageReached):
        return replace(state, **staged_fields(state.reached, state.staged, event))
    if isinstance(body, Spreading):
        return replace(state, spreading=True)
    if isinstance(body, Completed):
        return replace(state, completed=True)
    if isinstance(body, Rewarded):
        before = state.posted.get(body.rule, Amounts())
        after = Amounts(before.available + body.amount, before.pending + body.pending)
        state = replace(state, posted={**state.posted, body.rule: after}, revision=body.revision)
    contest = evolve_contest(state.contest, event)
    return state if contest is state.contest else replace(state, contest=contest)


def _evolve_membership(state: ParticipationState, event: Event) -> ParticipationState:
    body = event.body
    if isinstance(body, Joined):
        help_state = body.help
        return replace(
            state,
            groups=(*state.groups, event.group),
            joined_at=state.joined_at or event.at,
            help=help_state or state.help,
            hold_until=body.hold_until,
        )
    if isinstance(body, Departed):
        groups = tuple(group for group in state.groups if group != event.group)
        hold_until = None if body.help else state.hold_until  # where leaving revokes nothing the hold goes on
        return replace(state, groups=groups, help=body.help or state.help, hold_until=hold_until)
    if isinstance(body, GroupChanged):
        rest = tuple(group for group in state.groups if group != body.group)
        return replace(state, groups=(*rest, body.group) if body.inside else rest)
    done = screened_fields(body) if isinstance(body, Screened) else {"help": "confirmed", "hold_until": None}
    return replace(state, **done)


def evolve_involved(state: InvolvedState, event: Event) -> InvolvedState:
    """Fold one event of a person's campaigns."""
    if isinstance(event.body, Involved) and event.campaign not in state.campaigns:
        return replace(state, campaigns=(*state.campaigns, event.campaign))
    return state


EVENTS = (
    CampaignDrafted,
    CampaignCoded,
    CampaignStatusSet,
    BudgetRaised,
    CampaignExtended,
    StockRaised,
    Helped,
    StageReached,
    GroupChanged,
    CodeGiven,
    Involved,
    Screened,
    *MERGED_EVENTS,
    *CONTEST_EVENTS,
)
BODIES = (
    DraftCampaign,
    LaunchCampaign,
    SetStatus,
    RaiseBudget,
    ExtendEnd,
    RaiseStock,
    DayBegins,
    HoldOver,
    RemindDue,
    OpenPoster,
    RecordStage,
    RemoveParticipant,
    MergeSeats,
    *CONTEST_BODIES,
)
