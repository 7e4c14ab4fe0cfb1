"""The parts of a campaign's board and report: charts' data, tables, named values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from nicegui import ui

from qunflow.analytics.diagnosis import Finding, diagnose
from qunflow.analytics.funnel import Funnel
from qunflow.features.campaigns.board import BoardSheet
from qunflow.features.campaigns.board_numbers import Arrivals, Money, Spread
from qunflow.features.campaigns.console_words import cause_words, evidence_words, known_words
from qunflow.features.campaigns.leaderboard import Board
from qunflow.web.desk import Desk
from qunflow.web.widgets.charts import ChartData
from qunflow.web.widgets.figures import named_value, plain_row, rate_note
from qunflow.web.widgets.formats import (
    Rate,
    factor_words,
    money_words,
    number_words,
    rate_parts,
    rate_words,
    span_words,
)
from qunflow.web.widgets.look import faint

_FIGURE = "console.campaigns.figure."
_VERDICTS = {"low": ("trending_down", "negative"), "fine": ("check_circle", "positive")}
_ICON = ("hourglass_empty", "grey")


def funnel_data(desk: Desk, funnel: Funnel) -> ChartData:
    """The four steps of the funnel."""
    names = ("launched", "scanned", "joined", "completed")
    labels = [desk.say(_FIGURE + name) for name in names]
    return ChartData(
        tuple(labels), {desk.say("console.campaigns.board.people"): tuple(getattr(funnel, n) for n in names)}
    )


def arrival_data(desk: Desk, arrivals: Arrivals | None) -> ChartData:
    """Scans, joins and completions over time."""
    if arrivals is None:
        return ChartData((), {})
    daily = arrivals.step >= timedelta(days=1)
    labels = tuple(desk.local(at)[:10] if daily else desk.local(at)[5:] for at in arrivals.at)
    names = ("scans", "joined", "completed")
    series = (arrivals.scans, arrivals.joins, arrivals.completions)
    said = [desk.say(f"console.campaigns.board.series.{name}") for name in names]
    return ChartData(labels, dict(zip(said, series, strict=True)))


def draw_diagnosis(desk: Desk, funnel: Funnel) -> None:
    """Every judged rate: fine, low with ranked causes and their evidence, or too few people to say."""
    for finding in diagnose(funnel):
        icon, tone = _VERDICTS.get(finding.verdict, _ICON)
        with ui.element("div").style("display: flex; gap: 12px; align-items: flex-start; width: 100%"):
            ui.icon(icon, color=tone, size="22px")
            with ui.element("div").classes("qf-stack").style("gap: 4px"):
                ui.label(_judged(desk, finding))
                for cause in finding.causes:
                    name, evidence = cause_words(desk, cause, "name"), evidence_words(desk, cause, funnel)
                    ui.label(f"{name}：{evidence}").style("line-height: 1.5")
                    faint(cause_words(desk, cause, "next"))


def _judged(desk: Desk, finding: Finding) -> str:
    rate = desk.say(_FIGURE + finding.metric)
    limit = f"{finding.threshold:.0f}" if finding.threshold >= 1 else f"{finding.threshold:.0%}"
    return desk.say(f"console.campaigns.verdict.{finding.verdict}", rate=rate, limit=limit)


def rate_shown(desk: Desk, name: str, rate: Rate) -> tuple[str, str]:
    """A rate of the funnel and what stands beside it; scans for each launcher are a factor, not a share."""
    if name == "scan_yield":
        return factor_words(rate), rate_parts(rate)
    return rate_words(rate), rate_note(desk, rate)


def money_lines(money: Money) -> dict[str, str]:
    """Rewards and budget by figure."""
    fen = ("budget", "used", "left", "due", "posted", "pending", "held")
    lines = {name: money_words(getattr(money, name)) for name in fen}
    return lines | {"held_people": number_words(money.held_people)}


def cost_lines(costs: Mapping[str, Any]) -> dict[str, str]:
    """What the rewards cost: the own money, and what sponsors gave, by sponsor where there are some (M128)."""
    by_sponsor = "".join(f" · {name} {money_words(fen)}" for name, fen in costs["sponsors"].items())
    return {
        "cost_own": money_words(costs["own"]),
        "cost_prizes": money_words(costs["own_prizes"]),
        "cost_sponsored": money_words(costs["sponsored"]) + by_sponsor,
    }


def spread_lines(desk: Desk, spread: Spread) -> dict[str, str]:
    """K with its factors and the cycle time."""

    def with_note(rate: Rate) -> str:
        return f"{rate_words(rate)} {rate_note(desk, rate)}"

    def plain(rate: Rate) -> str:
        return f"{factor_words(rate)} {rate_parts(rate)}"

    return {
        "k": plain(spread.k),
        "invited_each": plain(spread.invited_each),
        "confirmed_share": with_note(spread.confirmed_share),
        "k_realised": plain(spread.k_realised),
        "cycle": span_words(desk.say, spread.cycle_seconds),
    }


def draw_groups(desk: Desk, sheet: BoardSheet) -> None:
    """Members of every group against the soft limit, and the places that are free."""
    plan = sheet.campaign.plan
    limit = plan.pool.soft_limit if plan is not None else 0
    with ui.element("table").classes("qf-plain"):
        for group in sheet.groups:
            with ui.element("tr"):
                with ui.element("td"):
                    ui.label(group.name or group.chat)
                with ui.element("td").style("width: 40%; vertical-align: middle"):
                    share = min(1.0, group.members / limit) if limit else 0.0
                    bar = ui.linear_progress(value=share, show_value=False).props("rounded size=8px")
                    bar.props(f"color={'negative' if share >= 1 else 'warning' if share >= 0.9 else 'positive'}")
                with ui.element("td").classes("qf-right"):
                    ui.label(f"{group.members:,} / {limit:,}")
        named_value(desk, f"{_FIGURE}free", number_words(sheet.free), 2)
        named_value(desk, f"{_FIGURE}overfull", number_words(sheet.overfull), 2)
        named_value(desk, f"{_FIGURE}bypass", number_words(sheet.bypass), 2)
    if not sheet.groups:
        faint(desk.say("console.campaigns.board.no_groups"))


def draw_scripts(desk: Desk, sheet: BoardSheet) -> None:
    """What became of every script, and of the to-dos of staff."""
    with ui.element("table").classes("qf-plain"):
        for line in sheet.script_lines:
            script = known_words(desk, f"console.campaigns.script.{line.script}", line.script)
            outcome = known_words(desk, f"console.campaigns.outcome.{line.outcome}", line.outcome)
            reason = known_words(desk, f"console.campaigns.reason.{line.reason}", line.reason)
            outcome += f" ({reason})" if line.reason else ""
            plain_row(script, outcome, number_words(line.count))
        named_value(desk, f"{_FIGURE}missing", number_words(sheet.scripts.missing), 2)
        named_value(desk, f"{_FIGURE}duplicate", number_words(sheet.scripts.duplicate), 2)
        named_value(desk, f"{_FIGURE}proofs_open", number_words(sheet.open_proofs), 2)
        named_value(desk, f"{_FIGURE}review_wait", span_words(desk.say, sheet.funnel.review_wait_median), 2)
        named_value(desk, f"{_FIGURE}todos_open", number_words(sheet.todos.open), 2)
        median = sheet.todos.median_minutes
        worked = span_words(desk.say, None if median is None else median * 60)
        named_value(desk, f"{_FIGURE}todos_median", worked, 2)


def draw_leaderboard(desk: Desk, boards: Sequence[Board]) -> None:
    """The first places of the ranking and of the race that runs."""
    for board in boards:
        state = "frozen" if board.frozen else "live"
        race = board.board.removeprefix("race-")
        code = "ranking" if race == board.board else "race"
        faint(desk.say(f"console.campaigns.leaderboard.{code}.{state}", number=race))
        if not board.lines:
            ui.label(desk.say("console.campaigns.leaderboard.nobody"))
        with ui.element("table").classes("qf-plain"):
            for line in board.lines:
                prize = money_words(line.fen) if line.fen else ""
                count = desk.say("console.campaigns.leaderboard.invites", count=number_words(line.count))
                plain_row(str(line.place), line.name, count, prize)
