"""What the funnel says in plain words (M41–M43): ranked causes, each with the evidence measured and the next act.

"Not enough data" is an answer. Thresholds are defaults without data behind them (campaigns.md §14) and are settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qunflow.analytics.funnel import Funnel
from qunflow.analytics.ratio import Ratio

MIN_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Cause:
    """One possible cause: ``evidence`` is what was measured, ``strength`` 0–1 how far beyond its limit it lies."""

    code: str
    evidence: str
    strength: float
    next: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rate judged: ``verdict`` is low | fine | not_enough_data."""

    metric: str
    verdict: str
    value: float | None
    numerator: int
    denominator: int
    threshold: float
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A cause that can be measured: ``measure`` gives (value, words); at or above ``limit`` it speaks."""

    code: str
    limit: float
    measure: Callable[[Funnel], tuple[float, str]]
    next: str
    inverse: bool = False  # speaks when the value is below the limit


@dataclass(frozen=True, slots=True)
class Rule:
    """A rate, when it is low, and the causes to look at."""

    metric: str
    threshold: float
    checks: tuple[Check, ...]


def _share(name: str, words: str) -> Callable[[Funnel], tuple[float, str]]:
    def measure(funnel: Funnel) -> tuple[float, str]:
        found: Ratio = funnel.rates[name]
        shown = "—" if found.value is None else f"{found.value:.1%}"
        return found.value or 0.0, f"{words} {shown}（{found.numerator}/{found.denominator}）"

    return measure


def _launchers(funnel: Funnel) -> tuple[float, str]:
    return float(funnel.launched), f"启动人数 {funnel.launched}"


def _reach(funnel: Funnel) -> tuple[float, str]:
    value = funnel.scans / funnel.launched if funnel.launched else 0.0
    return value, f"每位启动者带来 {value:.1f} 次扫码"


def _wait(funnel: Funnel) -> tuple[float, str]:
    seconds = funnel.review_wait_median or 0.0
    return seconds / 60, f"审核等待中位数 {seconds / 60:.0f} 分钟"


def _early(funnel: Funnel) -> tuple[float, str]:
    return float(funnel.early_rewards), f"未过审先发奖 {funnel.early_rewards} 笔"


RULES: tuple[Rule, ...] = (
    Rule(
        "scan_yield",
        3.0,
        (
            Check("few_launchers", 30, _launchers, "再找种子用户：老客户、员工好友、往期兑奖名单。", inverse=True),
            Check(
                "low_reach", 3.0, _reach, "换发布时间和渠道，请启动者分批转发；海报主标题只讲一个利益点。", inverse=True
            ),
        ),
    ),
    Rule(
        "join_rate",
        0.60,
        (
            Check(
                "middle_page",
                0.30,
                _share("middle_page_drop", "中间页流失"),
                "中间页只留一步：长按加好友，去掉填写项。",
            ),
            Check("groups_full", 0.05, _share("waiting_rate", "只看到等候页"), "马上加备用群，调高补群阈值。"),
            Check(
                "leave_at_once", 0.15, _share("left_1h_rate", "入群 1 小时内退群"), "检查群欢迎语和群规，进群先讲好处。"
            ),
        ),
    ),
    Rule(
        "completion_rate",
        0.30,
        (
            Check(
                "task_too_hard",
                0.5,
                _share("submit_rate", "提交过截图"),
                "降低任务门槛，或拆成两步奖励。",
                inverse=True,
            ),
            Check("many_rejects", 0.40, _share("reject_rate", "被拒截图"), "在话术里放一张合格截图的示例。"),
            Check("slow_review", 60, _wait, "排班加审核员，或开启自动审核。"),
            Check("reward_too_early", 1, _early, "先审核后发奖，检查奖励规则。"),
        ),
    ),
)


def diagnose(funnel: Funnel, rules: tuple[Rule, ...] = RULES, min_sample: int = MIN_SAMPLE) -> list[Finding]:
    """Judge every rate of the rules; causes of a low one are ranked by how far beyond their limit they lie."""
    return [_judge(funnel, rule, min_sample) for rule in rules]


def _judge(funnel: Funnel, rule: Rule, min_sample: int) -> Finding:
    found = funnel.rates[rule.metric]
    numbers = (found.value, found.numerator, found.denominator, rule.threshold)
    # Few launchers with many scans, and many launchers whom nobody scans, both say something.
    sample = max(found.numerator, found.denominator) if rule.metric == "scan_yield" else found.denominator
    if found.value is None or sample < min_sample:
        return Finding(rule.metric, "not_enough_data", *numbers)
    if found.value >= rule.threshold:
        return Finding(rule.metric, "fine", *numbers)
    causes = [cause for check in rule.checks if (cause := _cause(funnel, check)) is not None]
    return Finding(rule.metric, "low", *numbers, tuple(sorted(causes, key=lambda cause: -cause.strength)))


def _cause(funnel: Funnel, check: Check) -> Cause | None:
    value, words = check.measure(funnel)
    if check.inverse:
        speaks, strength = value < check.limit, 1 - value / check.limit
    else:
        speaks, strength = value >= check.limit, 1 - check.limit / value if value else 0.0
    return Cause(check.code, words, round(max(0.0, strength), 3), check.next) if speaks else None
