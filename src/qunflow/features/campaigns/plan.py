"""The plan of a campaign (M11): goal, time, reward, flow and channels in one record. Frozen; amounts are fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qunflow.features.campaigns.mechanics.ladder import Band

SCRIPTS = ("join", "submitted", "approved", "rejected", "remind", "last_call", "kick")
POSTER_ELEMENTS = ("title", "subtitle", "selling_point", "endorsement", "call_to_action")


@dataclass(frozen=True, slots=True)
class Ladder:
    """Reward by number of confirmed invites."""

    mode: str = "marginal"
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage of a nested reward for one invitee."""

    name: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The proof that a participant hands in: a screenshot that shows the own poster."""

    kind: str = "screenshot"
    reward_fen: int = 0
    attempts: int = 3
    min_height: int = 600
    audit_bps: int = 500


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """The groups behind the campaign's live code."""

    base_name: str
    soft_limit: int = 150
    low_at: int = 50
    refill: str = "request"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is fixed at launch; a change during the run may only favour the participants (§0.2)."""

    campaign: str
    title: str
    goal: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    staff: tuple[str, ...]
    budget_total_fen: int
    reward_per_user_max_fen: int
    pool: PoolPlan
    poster: Mapping[str, str]
    tz: str = "Asia/Shanghai"
    hold_hours: int = 24
    leave_policy: str = "revoke_until_confirmed"
    helper_scope: str = "new_only"
    expected_joins: int = 100
    max_invitees: int = 100
    headline_fen: int = 0
    ladder: Ladder | None = None
    stages: tuple[StagePlan, ...] = ()
    task: TaskPlan | None = None
    scripts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    promotion: tuple[str, ...] = ()
    rules: str = ""
    language: str = "zh"
    remind_after_hours: int = 20
    digest_hour: int = 20
