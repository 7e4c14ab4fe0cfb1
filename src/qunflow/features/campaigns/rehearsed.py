"""What a rehearsal said about a plan: an advice beside the launch gate, and afterwards forecast against fact.

The advice never refuses a launch: a rehearsal knows its assumptions, not the people. It is never silent either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_write import plan_data, write_plan
from qunflow.storage.rehearsals import RehearsalRow, last_done
from qunflow.storage.unit_of_work import UnitOfWork

#: How the last rehearsal stands to the plan.
NONE, STALE, BROKEN, OVER, GATED, WELL = "none", "stale", "broken", "over_budget", "gate", "well"


@dataclass(frozen=True, slots=True)
class Advice:
    """The sixth line of the gate: a state, the figures that it rests on, and what to do."""

    state: str
    people: int = 0
    expected: int = 0
    worst: int = 0
    overrun: int = 0
    broken: int = 0
    at: str = ""

    @property
    def measured(self) -> str:
        """In one line for a terminal."""
        if self.state == NONE:
            return "never rehearsed"
        head = f"{self.people} people on {self.at[:16]}: {self.expected} fen expected, {self.worst} fen at worst"
        tails = {
            STALE: "; the plan has changed since",
            BROKEN: f"; {self.broken} invariants broken",
            OVER: f"; {self.overrun} fen over the budget",
            GATED: "; its gate would have refused the launch",
        }
        return head + tails.get(self.state, "")

    @property
    def way_out(self) -> str:
        """What to do, empty when all is well."""
        ways = {
            NONE: "Rehearse it: qunflow rehearse --campaign, or the console's page.",
            STALE: "Rehearse it again.",
            BROKEN: "Report the broken invariants, they are faults of qunflow.",
            OVER: "Raise the budget, or lower rewards or expected_joins.",
            GATED: "See what the gate refused.",
        }
        return ways.get(self.state, "")


@dataclass(frozen=True, slots=True)
class Forecast:
    """One figure as the rehearsal said it and as it came; None where it says nothing."""

    name: str
    forecast: float | None
    actual: float | None


def plan_key(plan: Plan) -> str:
    """What changes with every change of a plan that a rehearsal could notice."""
    return hashlib.blake2b(write_plan(plan_data(plan)).encode(), digest_size=16).hexdigest()


def advice_of(plan: Plan, row: RehearsalRow | None) -> Advice:
    """What the last rehearsal advises."""
    if row is None or row.result is None:
        return Advice(NONE)
    result = row.result
    reward, broken = result["reward"], len(result["invariants"]["broken"])
    state = WELL
    for name, holds in (
        (STALE, row.plan_key != plan_key(plan)),
        (BROKEN, bool(broken)),
        (OVER, int(result["budget_overrun"]) > 0),
        (GATED, bool(result["gate"])),
    ):
        if holds:
            state = name
            break
    return Advice(
        state,
        row.people,
        int(reward["expected"]),
        int(reward["worst"]),
        int(result["budget_overrun"]),
        broken,
        row.begun_at.isoformat(),
    )


def forecasts(result: Mapping[str, Any], fact: Mapping[str, float | None]) -> tuple[Forecast, ...]:
    """The forecast figures beside the facts: ``fact`` has them under the same names.

    A rehearsal plays another number of people than came: money, groups and minutes are brought to those who joined.
    """
    funnel = result["funnel"]
    joined, real = float(funnel["joined"]), fact.get("joined") or 0.0
    scale = real / joined if joined else None
    most = max((float(day["members"]) / max(1.0, float(day["needed"])) for day in result["groups_needed"]), default=0.0)
    completion = funnel["completed"] / joined if joined else None
    expected = float(result["reward"]["expected"]) * scale if scale is not None else None
    needed = float(max((day["needed"] for day in result["groups_needed"]), default=0)) if most else None
    said: dict[str, float | None] = {
        "reward": expected,
        "groups": max(1.0, round(needed * scale)) if needed is not None and scale is not None else None,
        "k": result["k"],
        "cycle_hours": result["cycle_hours"],
        "completion": completion,
        "join_rate": joined / funnel["scanned"] if funnel["scanned"] else None,
    }
    return tuple(Forecast(name, value, fact.get(name)) for name, value in said.items())


async def load_advice(unit: UnitOfWork, plan: Plan) -> Advice:
    """The advice for a campaign's plan as it stands."""
    return advice_of(plan, await last_done(unit, plan.campaign))


async def load_forecasts(unit: UnitOfWork, campaign: str, fact: Mapping[str, float | None]) -> tuple[Forecast, ...]:
    """Forecast against fact from the newest rehearsal; empty when there was none."""
    row = await last_done(unit, campaign)
    return forecasts(row.result, fact) if row is not None and row.result is not None else ()


def forecast_lines(found: Iterable[Forecast]) -> list[str]:
    """For a terminal."""
    return [f"  {item.name:12} forecast {_told(item.forecast)}, came {_told(item.actual)}" for item in found]


def _told(value: float | None) -> str:
    return "—" if value is None else f"{value:g}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"
