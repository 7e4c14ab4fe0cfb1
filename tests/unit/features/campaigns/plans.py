"""Plans for tests: a whole, valid one, changed where a test needs it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from qunflow.features.campaigns.plan import Ladder, Plan, PoolPlan, StagePlan, TaskPlan

START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
END = datetime(2026, 12, 4, 14, 0, tzinfo=UTC)
BANDS = ((1, 3, 500), (4, 10, 800))
STAGES = (StagePlan("register", 500), StagePlan("first-order", 1500), StagePlan("repurchase", 1000))


def make_plan(**changes: Any) -> Plan:
    """An invitation ladder with a task, 73 yuan at most for one person."""
    values: dict[str, Any] = {
        "campaign": "winter",
        "title": "冬日邀请季",
        "goal": "一千名新成员",
        "channel": "wx",
        "starts_at": START,
        "ends_at": END,
        "staff": ("amy",),
        "budget_total_fen": 7_300_000,
        "reward_per_user_max_fen": 7300,
        "pool": PoolPlan("福利群"),
        "poster": {},
        "ladder": Ladder("marginal", BANDS),
        "task": TaskPlan(reward_fen=200),
    }
    return Plan(**{**values, **changes})
