"""The plan as steps of declared fields: what the wizard asks, in which order, with which bounds.

The names are those of the plan file; its readers have the last word, the bounds here only tell them beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qunflow.domain.money import MAX_FEN
from qunflow.features.campaigns.console_fields_rewards import prize_fields, risk_fields
from qunflow.features.campaigns.console_words import known_words
from qunflow.features.campaigns.plan import POSTER_ELEMENTS, SCRIPTS
from qunflow.features.campaigns.plan_file import MAX_SEGMENTS
from qunflow.web.desk import Desk
from qunflow.web.widgets.forms import Field, Kind

STEPS = ("goal", "model", "channel", "reward", "task", "poster", "scripts", "groups")
#: Zones that are offered; a plan's own is offered besides.
ZONES = (
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Bangkok",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Dubai",
    "Australia/Sydney",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "UTC",
)
#: Profile and hold; the single rules stand behind a line that opens.
RISK_SHOWN = 2
_TEXT = "console.campaigns.field."
_CHOICE = "console.campaigns.choice."


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together; an ``optional`` one is a part of the plan that is there or not.

    The first ``shown`` fields are drawn at once, the others behind a line that opens; 0: all at once.
    """

    name: str
    fields: tuple[Field, ...]
    optional: bool = False
    shown: int = 0


def plan_steps(desk: Desk, channels: Mapping[str, str], tz: str = ZONES[0]) -> dict[str, tuple[Section, ...]]:
    """The sections of every step; ``channels`` are names with what they are called, ``tz`` is the plan's zone.

    The step of the model has none: its fields follow from the model that is chosen (``console_models.py``).
    """
    return {
        "goal": (_goal(desk), _window(desk, tz)),
        "model": (),
        "channel": (_channel(channels),),
        "reward": (
            _budget(),
            _ladder(desk),
            _lists(),
            Section("prizes", prize_fields(desk)),
            _ranking(),
            _race(desk),
            _counting(desk),
            Section("risk", risk_fields(desk), optional=True, shown=RISK_SHOWN),
        ),
        "task": (_task(desk), _reminding()),
        "poster": (
            Section("poster", tuple(_field(f"poster.{name}", most=60, required=True) for name in POSTER_ELEMENTS)),
        ),
        "scripts": (Section("scripts", tuple(_script(name) for name in SCRIPTS)), _rules()),
        "groups": (_pool(desk),),
    }


def all_fields(steps: Mapping[str, Sequence[Section]]) -> list[Field]:
    """Every field of every step."""
    return [field for sections in steps.values() for section in sections for field in section.fields]


def step_of(steps: Mapping[str, Sequence[Section]], path: str) -> str:
    """The step in which an error's path is mended; empty for one that the wizard does not show."""
    top = path.partition("[")[0].partition(".")[0]
    if top == "model":
        return top
    for name, sections in steps.items():
        for section in sections:
            if any(field.name == path or field.name.partition(".")[0] == top for field in section.fields):
                return name
    return ""


def _field(name: str, kind: Kind = Kind.TEXT, least: int = 1, most: int = 0, **given: object) -> Field:
    return Field(name, _TEXT + name, kind, least, most, **given)  # type: ignore[arg-type]


def _choices(desk: Desk, name: str, *values: str) -> dict[str, str]:
    return {value: desk.say(f"{_CHOICE}{name}.{value}") for value in values}


def _money(name: str, least: int = 0, **given: object) -> Field:
    return _field(name, Kind.MONEY, least, MAX_FEN, **given)


def _column(name: str, text: str, kind: Kind, least: int, most: int) -> Field:
    return Field(name, f"{_TEXT}column.{text}", kind, least, most, required=True)


def _goal(desk: Desk) -> Section:
    languages = _choices(desk, "language", "zh", "en")
    return Section(
        "goal",
        (
            _field("campaign", least=2, most=40, required=True),
            _field("title", most=60, required=True),
            _field("goal", Kind.LONG, most=500, required=True),
            _field("expected_joins", Kind.NUMBER, 1, 1_000_000, default=100),
            _field("language", Kind.CHOICE, options=languages, default="zh"),
        ),
    )


def _window(desk: Desk, tz: str) -> Section:
    zones = {name: known_words(desk, f"{_CHOICE}tz.{name}", name) for name in dict.fromkeys((*ZONES, tz))}
    return Section(
        "window",
        (
            _field("tz", Kind.CHOICE, options=zones, default=tz),
            _field("starts_at", Kind.TIME, required=True),
            _field("ends_at", Kind.TIME, required=True),
        ),
    )


def _channel(channels: Mapping[str, str]) -> Section:
    return Section(
        "channel",
        (
            _field("channel", Kind.CHOICE, options=dict(channels), required=True),
            _field("staff", Kind.TEXTS, 1, 100, required=True),
            _field("promotion", Kind.TEXTS, 0, 20),
        ),
    )


def _budget() -> Section:
    return Section(
        "budget",
        (
            _money("budget_total_fen", 1, required=True),
            _money("reward_per_user_max_fen", 1, required=True),
            _money("budget_daily_fen", 1),
        ),
    )


def _ladder(desk: Desk) -> Section:
    modes = _choices(desk, "ladder_mode", "marginal", "step", "whole")
    columns = (
        _column("from", "from", Kind.NUMBER, 1, 100_000),
        _column("to", "to", Kind.NUMBER, 1, 100_000),
        _column("amount_fen", "amount", Kind.MONEY, 1, MAX_FEN),
    )
    fields = (
        _field("ladder.mode", Kind.CHOICE, options=modes),
        _field("ladder.bands", Kind.RECORDS, 1, 20, columns=columns, required=True),
    )
    return Section("ladder", fields, optional=True)


def _lists() -> Section:
    steps = (_column("at", "at", Kind.NUMBER, 1, 100_000), _column("amount_fen", "amount", Kind.MONEY, 1, MAX_FEN))
    stages = (
        _column("name", "stage", Kind.TEXT, 2, 40),
        _column("amount_fen", "amount", Kind.MONEY, 1, MAX_FEN),
        Field("ttl_days", f"{_TEXT}column.ttl_days", Kind.NUMBER, 0, 366, default=0),
        Field("min_order_fen", f"{_TEXT}column.min_order", Kind.MONEY, 0, MAX_FEN, default=0),
        Field("skip_ok", f"{_TEXT}column.skip_ok", Kind.SWITCH, default=False),
    )
    return Section(
        "more",
        (
            _field("breakthrough", Kind.RECORDS, 0, 20, columns=steps),
            _field("stages", Kind.RECORDS, 0, 10, columns=stages),
        ),
    )


def _ranking() -> Section:
    fields = (
        _field("ranking.prizes", Kind.MONEYS, 1, 100, required=True),
        _field("ranking.min_count", Kind.NUMBER, 1, 100_000),
        _field("ranking.show", Kind.NUMBER, 3, 50),
    )
    return Section("ranking", fields, optional=True)


def _race(desk: Desk) -> Section:
    every = _choices(desk, "race_every", "daily", "weekly")
    fields = (
        _field("race.at", Kind.CLOCK, required=True),
        _field("race.every", Kind.CHOICE, options=every),
        _field("race.first_on", Kind.DAY),
        _field("race.times", Kind.NUMBER, 1, 60),
        _field("race.minutes", Kind.NUMBER, 5, 720),
        _field("race.group", most=128),
        _money("race.per_head_fen"),
        _field("race.max_heads_each", Kind.NUMBER, 1, 1000),
        _field("race.max_heads", Kind.NUMBER, 1, 5000),
        _field("race.prizes", Kind.MONEYS, 0, 3),
        _field("race.min_count", Kind.NUMBER, 1, 1000),
    )
    return Section("race", fields, optional=True)


def _counting(desk: Desk) -> Section:
    leaving = _choices(desk, "leave_policy", "revoke_until_confirmed", "revoke_until_end", "never")
    return Section(
        "counting",
        (
            _field("hold_hours", Kind.NUMBER, 0, 720, default=24),
            _field("leave_policy", Kind.CHOICE, options=leaving, default="revoke_until_confirmed"),
            _field("helper_scope", Kind.CHOICE, options=_choices(desk, "helper_scope", "new_only", "any")),
            _field("max_invitees", Kind.NUMBER, 1, 100_000, default=100),
        ),
    )


def _task(desk: Desk) -> Section:
    fields = (
        _field("task.kind", Kind.CHOICE, options=_choices(desk, "task_kind", "screenshot", "likes")),
        _money("task.reward_fen"),
        _field("task.attempts", Kind.NUMBER, 1, 10),
        _field("task.min_height", Kind.NUMBER, 200, 5000),
        _field("task.audit_bps", Kind.NUMBER, 0, 10_000),
        _field("task.likes_required", Kind.NUMBER, 0, 10_000),
        _field("task.posted_minutes", Kind.NUMBER, 0, 2_880),
    )
    return Section("task", fields, optional=True)


def _reminding() -> Section:
    return Section(
        "reminding",
        (
            _field("remind_after_hours", Kind.NUMBER, 1, 336, default=20),
            _field("digest_hour", Kind.NUMBER, 0, 23, default=20),
        ),
    )


def _element(name: str) -> Field:
    return _field(f"poster.{name}", most=60, required=True)


def _script(name: str) -> Field:
    return _field(f"scripts.{name}", Kind.TEXTS, 0, MAX_SEGMENTS, long=True)


def _rules() -> Section:
    return Section("rules", (_field("rules", Kind.LONG, 0, 4000),))


def _pool(desk: Desk) -> Section:
    refill = _choices(desk, "refill", "request", "auto_create", "none")
    return Section(
        "groups",
        (
            _field("pool.base_name", most=30, required=True),
            _field("pool.soft_limit", Kind.NUMBER, 2, 500),
            _field("pool.low_at", Kind.NUMBER, 0, 5000),
            _field("pool.refill", Kind.CHOICE, options=refill),
        ),
    )
