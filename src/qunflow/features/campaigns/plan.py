"""The plan of a campaign (M11): goal, time, reward, flow and channels in one record. Frozen; amounts are fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from qunflow.features.campaigns.mechanics.breakthrough import Step
from qunflow.features.campaigns.mechanics.ladder import Band
from qunflow.features.campaigns.mechanics.mechanic import PlayRules
from qunflow.features.campaigns.mechanics.race import Window, first_day, list_windows
from qunflow.features.campaigns.risk.rules import RiskPlan

RACE_SCRIPTS = ("race_start", "race_over", "race_result")
#: Told to the holder of a prize of the reward inventory.
PRIZE_SCRIPTS = (
    "reward_code",
    "reward_points",
    "reward_draws",
    "reward_privilege",
    "reward_money",
    "reward_paid",
    "reward_address",
    "reward_shipped",
)
#: Told to the owner of a unit of the campaign's model.
PLAY_SCRIPTS = ("piece_offered",)
SCRIPTS = (
    *("join", "submitted", "approved", "rejected", "remind", "last_call", "kick"),
    *RACE_SCRIPTS,
    *PRIZE_SCRIPTS,
    *PLAY_SCRIPTS,
)
POSTER_ELEMENTS = ("title", "subtitle", "selling_point", "endorsement", "call_to_action")


@dataclass(frozen=True, slots=True)
class Ladder:
    """Reward by number of confirmed invites."""

    mode: str = "marginal"
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage of a nested reward for one invitee.

    ``ttl_days`` is the time for it, counted from the first stage (0: any time); ``skip_ok``: it may be reached although
    one before it is missing.
    """

    name: str
    amount_fen: int
    ttl_days: int = 0
    min_order_fen: int = 0
    skip_ok: bool = False


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The proof that a participant hands in: a screenshot that shows the own poster.

    ``likes`` asks for the likes under it besides: nobody is approved before a reviewer has counted them (M21).
    """

    kind: str = "screenshot"
    reward_fen: int = 0
    attempts: int = 3
    min_height: int = 600
    audit_bps: int = 500
    likes_required: int = 0
    posted_minutes: int = 0


@dataclass(frozen=True, slots=True)
class RankingPlan:
    """Prizes for those with the most valid invites; ``show`` lines stand on the leaderboard while it runs."""

    prizes: tuple[int, ...]
    min_count: int = 1
    show: int = 10


@dataclass(frozen=True, slots=True)
class RacePlan:
    """Short races at a fixed local time (M109); ``group`` is the platform's id of one group, empty for all."""

    at: int  # minutes after local midnight
    every: str = "daily"
    first_on: date | None = None
    times: int = 7
    minutes: int = 30
    group: str = ""
    per_head_fen: int = 0
    max_heads_each: int = 20
    max_heads: int = 500
    prizes: tuple[int, ...] = ()
    min_count: int = 1


@dataclass(frozen=True, slots=True)
class PrizePlan:
    """A thing of the reward inventory that a rule gives beside its fen.

    ``rule`` is invites (with ``at``), task, stage (with ``stage``), ranking (with ``place``) or model (with ``name``,
    the model's own rule). ``cost_fen`` is what one costs the budget; ``limit`` bounds how many there are.
    """

    rule: str
    item: str
    at: int = 0
    stage: str = ""
    place: int = 0
    name: str = ""
    cost_fen: int = 0
    limit: int = 0
    freeze_hours: int = 0
    review: bool = False

    @property
    def milestone(self) -> str:
        """What of the rule it is for; a stage's and a model's go on with the invitee or the unit."""
        return str(self.at or self.place or self.stage or self.name or 1)


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """The model that a campaign plays: its name, what every model shares, and its own settings as data."""

    kind: str
    rules: PlayRules = PlayRules()
    settings: Mapping[str, Any] = field(default_factory=dict)


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
    budget_daily_fen: int = 0  # 0: a day has no bound of its own
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
    breakthrough: tuple[Step, ...] = ()
    ranking: RankingPlan | None = None
    race: RacePlan | None = None
    model: ModelPlan | None = None
    risk: RiskPlan | None = None
    prizes: tuple[PrizePlan, ...] = ()
    scripts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    promotion: tuple[str, ...] = ()
    rules: str = ""
    language: str = "zh"
    remind_after_hours: int = 20
    digest_hour: int = 20

    @property
    def ranked(self) -> bool:
        """Whether valid invites are counted on a board that is frozen once: for a ranking or a breakthrough bonus."""
        return self.ranking is not None or bool(self.breakthrough)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of all races, empty without any."""
        found = self.race
        if found is None:
            return ()
        first = found.first_on or first_day(self.starts_at, found.at, self.tz)
        return list_windows(found.every, first, found.at, found.minutes, found.times, self.tz)
