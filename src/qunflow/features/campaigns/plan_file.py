"""Reading a plan from YAML: every field is checked, every refusal names the field, the rule and the way out.

``FIELDS`` is the schema; ``docs/campaign-plan.md`` documents it and a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import MAX_FEN
from qunflow.features.campaigns.mechanics.breakthrough import check_steps
from qunflow.features.campaigns.mechanics.ladder import check_bands
from qunflow.features.campaigns.mechanics.race import check_windows
from qunflow.features.campaigns.mechanics.ranking import check_prizes
from qunflow.features.campaigns.mechanics.stages import check_stages, check_terms
from qunflow.features.campaigns.plan import (
    POSTER_ELEMENTS,
    SCRIPTS,
    Ladder,
    Plan,
    PoolPlan,
    PrizePlan,
    RacePlan,
    RankingPlan,
    StagePlan,
    TaskPlan,
)
from qunflow.features.campaigns.plan_model import check_model, read_model
from qunflow.features.campaigns.prizes import RULES, check_item_prizes
from qunflow.features.campaigns.risk.reading import read_risk

MAX_FILE_BYTES = 256 * 1024
MAX_SEGMENTS = 5
MAX_SEGMENT = 1000
YEARS = range(2000, 2100)
_STORABLE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
#: Stands in the console's addresses where a campaign's name does.
RESERVED = "new"


def parse_plan(text: str) -> Plan:
    """A plan from the text of a YAML file. Raises InvalidInput for the first thing that is wrong."""
    if len(text.encode(errors="replace")) > MAX_FILE_BYTES:
        raise InvalidInput("plan_size", "a plan file is at most 256 KiB", field="file")
    try:
        data = yaml.safe_load(text)
    except RecursionError as error:
        raise InvalidInput("plan_yaml", "the file is nested too deeply", field="file") from error
    except (yaml.YAMLError, ValueError) as error:  # a date that is none is a ValueError
        raise InvalidInput("plan_yaml", f"the file is no YAML: {error}", field="file") from error
    return plan_from(data)


def plan_from(data: Any) -> Plan:
    """A plan from data with the file's field names."""
    values = _fields("", data, FIELDS)
    plan = Plan(**values)
    if plan.ends_at <= plan.starts_at:
        raise InvalidInput("plan_window", "the end lies after the start", field="ends_at")
    if plan.reward_per_user_max_fen > plan.budget_total_fen:
        raise InvalidInput("plan_cap", "one person's cap fits into the budget", field="reward_per_user_max_fen")
    if plan.budget_daily_fen and not plan.reward_per_user_max_fen <= plan.budget_daily_fen <= plan.budget_total_fen:
        raise InvalidInput(
            "plan_daily",
            "a day carries one person's cap, and is not above the budget",
            field="budget_daily_fen",
            way_out="Raise it to reward_per_user_max_fen, or leave it out: then a day has no bound.",
        )
    if plan.ladder is not None:
        check_bands(plan.ladder.mode, plan.ladder.bands)
    check_stages([(stage.name, stage.amount_fen) for stage in plan.stages], plan.headline_fen)
    check_terms([(stage.ttl_days, stage.min_order_fen, stage.skip_ok) for stage in plan.stages])
    _check_contests(plan)
    _check_task(plan)
    check_model(plan)
    check_item_prizes(plan)
    rewards = (plan.ladder, plan.stages, plan.task, plan.ranked, plan.race, plan.model, plan.prizes)
    if not any(rewards):
        raise InvalidInput(
            "plan_no_reward",
            "a campaign rewards something",
            field="ladder",
            way_out="Give ladder, stages, task, prizes or model.",
        )
    return plan


def _check_task(plan: Plan) -> None:
    """Likes are counted where they are asked for, and only there."""
    if plan.task is not None and (plan.task.kind == "likes") != bool(plan.task.likes_required):
        raise InvalidInput(
            "task_likes",
            "a task of kind likes says how many, and no other does",
            field="task.likes_required",
            way_out="Give likes_required from 1, or another kind.",
        )


def _check_contests(plan: Plan) -> None:
    """Bonus, ranking and races: steps rise, places fall, windows lie within the campaign."""
    check_steps(plan.breakthrough, plan.max_invitees)
    if plan.ranking is not None:
        check_prizes(plan.ranking.prizes, "ranking.prizes")
    if plan.race is None:
        return
    check_prizes(plan.race.prizes, "race.prizes")
    if not plan.race.per_head_fen and not plan.race.prizes:
        raise InvalidInput("race_reward", "a race pays something", field="race", way_out="Give per_head_fen or prizes.")
    check_windows(plan.windows, plan.starts_at, plan.ends_at)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the file: how to read it, and its default (``...`` = must be given)."""

    read: Callable[[str, Any], Any]
    default: Any = ...


def _fields(where: str, data: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidInput("plan_shape", "here stands a mapping of names to values", field=where or "file")
    prefix = f"{where}." if where else ""
    for name in data:
        if name not in fields:
            known = ", ".join(sorted(fields))
            raise InvalidInput(
                "plan_unknown", "this field is not known", field=f"{prefix}{name}", way_out=f"Known here: {known}."
            )
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in data:
            values[name] = field.read(f"{prefix}{name}", data[name])
        elif field.default is ...:
            raise InvalidInput("plan_missing", "this field must be given", field=f"{prefix}{name}")
    return values


def _text(most: int, least: int = 1) -> Callable[[str, Any], str]:
    def read(where: str, value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value.strip()) <= most:
            raise InvalidInput("plan_text", f"a text of {least} to {most} characters", field=where)
        if not _STORABLE.fullmatch(value):
            raise InvalidInput("plan_text", "a text without control characters", field=where)
        return value.strip()

    return read


def _whole(least: int, most: int) -> Callable[[str, Any], int]:
    def read(where: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidInput("plan_number", f"a whole number from {least} to {most}", field=where)
        return value

    return read


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("plan_flag", "true or false", field=where)
    return value


def _choice(*names: str) -> Callable[[str, Any], str]:
    def read(where: str, value: Any) -> str:
        if value not in names:
            raise InvalidInput("plan_choice", f"one of {', '.join(names)}", field=where)
        return str(value)

    return read


def _name(where: str, value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidInput("plan_name", "2 to 40 small letters, digits and hyphens", field=where)
    return value


def _campaign(where: str, value: Any) -> str:
    if value == RESERVED:
        raise InvalidInput("plan_name_taken", f"a campaign cannot be called {RESERVED}", field=where)
    return _name(where, value)


def _instant(where: str, value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise InvalidInput("plan_time", "a time like 2026-12-01T09:00:00+08:00", field=where) from error
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput("plan_time", "a time with its offset, like 2026-12-01T09:00:00+08:00", field=where)
    if value.year not in YEARS:
        raise InvalidInput("plan_time", f"a year from {YEARS.start} to {YEARS.stop - 1}", field=where)
    return value.astimezone(UTC)


def _zone(where: str, value: Any) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput("plan_zone", "a time zone like Asia/Shanghai", field=where) from error


def _day(where: str, value: Any) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError as error:
            raise InvalidInput("plan_day", "a day like 2026-12-01", field=where) from error
    if not isinstance(value, date) or isinstance(value, datetime) or value.year not in YEARS:
        raise InvalidInput("plan_day", "a day like 2026-12-01", field=where)
    return value


def _time_of_day(where: str, value: Any) -> int:
    """Minutes after midnight; YAML itself reads an unquoted 20:30 as the number 1230, which is the same."""
    if isinstance(value, str) and (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)):
        return int(found[1]) * 60 + int(found[2])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 24 * 60:
        raise InvalidInput("plan_clock", "a time of day like 20:30", field=where)
    return value


def _list(read_one: Callable[[str, Any], Any], least: int, most: int) -> Callable[[str, Any], tuple[Any, ...]]:
    def read(where: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise InvalidInput("plan_list", f"a list of {least} to {most}", field=where)
        return tuple(read_one(f"{where}[{number}]", item) for number, item in enumerate(value))

    return read


def _record(build: Callable[..., Any], fields: Mapping[str, Field]) -> Callable[[str, Any], Any]:
    return lambda where, value: build(**_fields(where, value, fields))


def _band(where: str, value: Any) -> tuple[int, int, int]:
    found = _fields(where, value, BAND_FIELDS)
    return found["from"], found["to"], found["amount_fen"]


def _step(where: str, value: Any) -> tuple[int, int]:
    found = _fields(where, value, BREAKTHROUGH_FIELDS)
    return found["at"], found["amount_fen"]


def _scripts(where: str, value: Any) -> dict[str, tuple[str, ...]]:
    segments = _list(_text(MAX_SEGMENT), 1, MAX_SEGMENTS)
    return _fields(where, value, {name: Field(segments, None) for name in SCRIPTS})


FEN = _whole(0, MAX_FEN)
PRIZE = _whole(1, MAX_FEN)
BAND_FIELDS = {"from": Field(_whole(1, 100_000)), "to": Field(_whole(1, 100_000)), "amount_fen": Field(FEN)}
LADDER_FIELDS = {
    "mode": Field(_choice("marginal", "step", "whole"), "marginal"),
    "bands": Field(_list(_band, 1, 20)),
}
STAGE_FIELDS = {
    "name": Field(_name),
    "amount_fen": Field(FEN),
    "ttl_days": Field(_whole(0, 366), 0),
    "min_order_fen": Field(FEN, 0),
    "skip_ok": Field(_flag, False),
}
TASK_FIELDS = {
    "kind": Field(_choice("screenshot", "likes"), "screenshot"),
    "reward_fen": Field(FEN, 0),
    "attempts": Field(_whole(1, 10), 3),
    "min_height": Field(_whole(200, 5000), 600),
    "audit_bps": Field(_whole(0, 10_000), 500),
    "likes_required": Field(_whole(0, 10_000), 0),
    "posted_minutes": Field(_whole(0, 2_880), 0),
}
BREAKTHROUGH_FIELDS = {"at": Field(_whole(1, 100_000)), "amount_fen": Field(FEN)}
PRIZE_FIELDS = {
    "rule": Field(_choice(*RULES)),
    "item": Field(_name),
    "at": Field(_whole(0, 100_000), 0),
    "stage": Field(_name, ""),
    "place": Field(_whole(0, 100), 0),
    "name": Field(_name, ""),
    "cost_fen": Field(FEN, 0),
    "limit": Field(_whole(0, 1_000_000), 0),
    "freeze_hours": Field(_whole(0, 24 * 60), 0),
    "review": Field(_flag, False),
}
RANKING_FIELDS = {
    "prizes": Field(_list(FEN, 1, 100)),
    "min_count": Field(_whole(1, 100_000), 1),
    "show": Field(_whole(3, 50), 10),
}
RACE_FIELDS = {
    "at": Field(_time_of_day),
    "every": Field(_choice("daily", "weekly"), "daily"),
    "first_on": Field(_day, None),
    "times": Field(_whole(1, 60), 7),
    "minutes": Field(_whole(5, 720), 30),
    "group": Field(_text(128, 0), ""),
    "per_head_fen": Field(FEN, 0),
    "max_heads_each": Field(_whole(1, 1000), 20),
    "max_heads": Field(_whole(1, 5000), 500),
    "prizes": Field(_list(PRIZE, 0, 3), ()),
    "min_count": Field(_whole(1, 1000), 1),
}
POOL_FIELDS = {
    "base_name": Field(_text(30)),
    "soft_limit": Field(_whole(2, 500), 150),
    "low_at": Field(_whole(0, 5000), 50),
    "refill": Field(_choice("request", "auto_create", "none"), "request"),
}
POSTER_FIELDS = {name: Field(_text(60)) for name in POSTER_ELEMENTS}

#: The schema of a plan file.
FIELDS: dict[str, Field] = {
    "campaign": Field(_campaign),
    "title": Field(_text(60)),
    "goal": Field(_text(500)),
    "channel": Field(_name),
    "starts_at": Field(_instant),
    "ends_at": Field(_instant),
    "tz": Field(_zone, "Asia/Shanghai"),
    "staff": Field(_list(_text(64), 1, 100)),
    "budget_total_fen": Field(_whole(1, MAX_FEN)),
    "reward_per_user_max_fen": Field(_whole(1, MAX_FEN)),
    "budget_daily_fen": Field(FEN, 0),
    "hold_hours": Field(_whole(0, 24 * 30), 24),
    "leave_policy": Field(_choice("revoke_until_confirmed", "revoke_until_end", "never"), "revoke_until_confirmed"),
    "helper_scope": Field(_choice("new_only", "any"), "new_only"),
    "expected_joins": Field(_whole(1, 1_000_000), 100),
    "max_invitees": Field(_whole(1, 100_000), 100),
    "headline_fen": Field(FEN, 0),
    "pool": Field(_record(PoolPlan, POOL_FIELDS)),
    "poster": Field(lambda where, value: _fields(where, value, POSTER_FIELDS)),
    "ladder": Field(_record(Ladder, LADDER_FIELDS), None),
    "stages": Field(_list(_record(StagePlan, STAGE_FIELDS), 1, 10), ()),
    "task": Field(_record(TaskPlan, TASK_FIELDS), None),
    "breakthrough": Field(_list(_step, 1, 20), ()),
    "ranking": Field(_record(RankingPlan, RANKING_FIELDS), None),
    "race": Field(_record(RacePlan, RACE_FIELDS), None),
    "model": Field(read_model, None),
    "risk": Field(read_risk, None),
    "prizes": Field(_list(_record(PrizePlan, PRIZE_FIELDS), 1, 50), ()),
    "scripts": Field(_scripts, None),
    "promotion": Field(_list(_text(100), 0, 20), ()),
    "rules": Field(_text(4000, 0), ""),
    "language": Field(_choice("zh", "en"), "zh"),
    "remind_after_hours": Field(_whole(1, 24 * 14), 20),
    "digest_hour": Field(_whole(0, 23), 20),
}
