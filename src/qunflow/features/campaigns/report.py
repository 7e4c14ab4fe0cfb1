"""The report of a campaign: funnel, diagnosis, groups, scripts, rewards, ledger; every number from stored facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from qunflow.analytics.diagnosis import diagnose
from qunflow.analytics.funnel import Funnel, load_funnel
from qunflow.analytics.scripts import count_bypass, count_scripts
from qunflow.analytics.todos import count_todos
from qunflow.domain.errors import NotFound
from qunflow.domain.facts import PoolRoom, PrizeCosts
from qunflow.domain.money import BPS
from qunflow.engine.door import Door
from qunflow.features.campaigns.board_numbers import Spread, count_acts, spread_of
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream
from qunflow.features.campaigns.owing import owed
from qunflow.features.campaigns.rehearsed import Forecast, forecast_lines, load_forecasts
from qunflow.ledger.check import check_ledger


async def find_campaign(door: Door, workspace: str, name: str) -> CampaignState:
    """A campaign by its name. Raises NotFound."""
    state: CampaignState | None = await door.look.state(workspace, campaign_stream(name))
    if state is None:
        raise NotFound("campaign_unknown", "there is no campaign of this name", field=name)
    return state


async def campaign_report(door: Door, workspace: str, name: str) -> dict[str, Any]:
    """All figures of a campaign as plain data."""
    state = await find_campaign(door, workspace, name)
    room: PoolRoom | None = await door.look.ask(workspace, PoolRoom, state.pool)
    costs: PrizeCosts | None = await door.look.ask(workspace, PrizeCosts, name)
    people = await door.look.all_of(workspace, "participation", f"participation:{name}:")
    async with door.database.unit(workspace) as unit:
        funnel = await load_funnel(unit, name)
        scripts = await count_scripts(unit, name)
        bypass = await count_bypass(unit, name)
        todos = await count_todos(unit, name)
        ledger = await check_ledger(unit)
        people_acts = await count_acts(unit, name, door.clock.now())
        sizes = room.sizes if room is not None else ()
        paid = rewards(state, people)
        fact = facts_for_forecast(funnel, spread_of(people_acts), paid["due"], len(sizes))
        compared = await load_forecasts(unit, name, fact)
    return {
        "campaign": name,
        "status": state.status,
        "code": state.code,
        "funnel": {key: getattr(funnel, key) for key in ("launched", "scanned", "joined", "completed")},
        "rates": {key: asdict(value) for key, value in funnel.rates.items()},
        "diagnosis": [asdict(finding) for finding in diagnose(funnel)],
        "groups": [{"chat": chat, "members": members} for chat, members in sizes],
        "scripts": asdict(scripts),
        "todos": asdict(todos),
        "rewards": paid,
        "costs": cost_view(paid["posted"], costs),
        "ledger": {"sum": ledger.total, "balanced": ledger.balanced, "wrong": list(ledger.wrong)},
        "overfull_groups": room.overfull if room is not None else 0,
        "bypass_joins": bypass,
        "open_proofs": funnel.proofs - funnel.rejected - funnel.completed,
        "forecast": [asdict(item) for item in compared],
    }


def cost_view(paid: int, prizes: PrizeCosts | None) -> dict[str, Any]:
    """What the campaign's rewards cost, the own money and the sponsors' apart (M128), in fen.

    ``sponsored_bps`` is the sponsors' share of all; ``zero_cost``: it gave something and cost the own budget nothing.
    """
    own = paid + (prizes.own if prizes is not None else 0)
    sponsors = dict(prizes.sponsors) if prizes is not None else {}
    sponsored = sum(sponsors.values())
    given = bool(paid) or (prizes is not None and bool(prizes.own_count + prizes.sponsored_count))
    return {
        "own": own,
        "own_rewards": paid,
        "own_prizes": prizes.own if prizes is not None else 0,
        "sponsored": sponsored,
        "sponsors": sponsors,
        "sponsored_bps": sponsored * BPS // (own + sponsored) if own + sponsored else None,
        "zero_cost": given and own == 0,
    }


def facts_for_forecast(funnel: Funnel, spread: Spread, due: int, groups: int) -> dict[str, float | None]:
    """What came, under the names of ``rehearsed.forecasts``: fen that were due, groups, K, hours, shares."""
    cycle = spread.cycle_seconds
    return {
        "joined": float(funnel.joined),
        "reward": float(due),
        "groups": float(groups),
        "k": spread.k.value,
        "cycle_hours": round(cycle / 3_600, 2) if cycle is not None else None,
        "completion": funnel.rates["completion_rate"].value,
        "join_rate": funnel.rates["join_rate"].value,
    }


def rewards(campaign: CampaignState, people: Iterable[ParticipationState]) -> dict[str, int]:
    """Fen due by the rules, and fen posted; the two are equal when nothing is held for want of budget."""
    due = posted = pending = 0
    for state in people:
        if state.test:
            continue
        amounts = owed(campaign, state)
        due += sum(amount.available for amount in amounts.values())
        posted += sum(amount.available for amount in state.posted.values())
        pending += sum(amount.pending for amount in state.posted.values())
    return {"due": due, "posted": posted, "pending": pending}


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report for a terminal."""
    funnel, scripts = report["funnel"], report["scripts"]
    lines = [
        f"{report['campaign']}: {report['status']}, live code {report['code'] or 'not there yet'}",
        f"funnel: {funnel['launched']} launched → {funnel['scanned']} scanned → {funnel['joined']} joined "
        f"→ {funnel['completed']} completed",
    ]
    for name in ("scan_yield", "join_rate", "completion_rate", "net_join_rate"):
        lines.append(f"  {name:16} {rate_words(report['rates'][name])}")
    for finding in report["diagnosis"]:
        lines.append(f"  {finding['metric']}: {finding['verdict'].replace('_', ' ')}")
        lines += [f"    {cause['code']}: {cause['evidence']} → {cause['next']}" for cause in finding["causes"]]
    lines.append(f"groups: {', '.join(str(group['members']) for group in report['groups']) or 'none'} members")
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(scripts["outcomes"].items()))
    lines.append(f"scripts: {outcomes or 'none'}; missing {scripts['missing']}, duplicate {scripts['duplicate']}")
    lines.append(todo_words(report["todos"]))
    money = report["rewards"]
    lines.append(f"rewards: due {money['due']} fen, posted {money['posted']} fen, on hold {money['pending']} fen")
    lines.append(cost_words(report["costs"]))
    lines.append(f"ledger: sum {report['ledger']['sum']}, {'balanced' if report['ledger']['balanced'] else 'BROKEN'}")
    if report["forecast"]:
        lines += ["rehearsal against fact:", *forecast_lines(Forecast(**item) for item in report["forecast"])]
    return lines


def cost_words(costs: dict[str, Any]) -> str:
    """The own costs and the sponsors' apart, and whether the campaign was given for nothing."""
    sponsors = "".join(f", {name} {fen} fen" for name, fen in costs["sponsors"].items())
    own = f"costs: own {costs['own']} fen ({costs['own_rewards']} paid, {costs['own_prizes']} prizes)"
    zero = "; zero cost" if costs["zero_cost"] else ""
    return f"{own}, sponsored {costs['sponsored']} fen{sponsors}{zero}"


def todo_words(todos: dict[str, Any]) -> str:
    """The to-dos of staff by outcome, and the median minutes of the done ones."""
    counts = ", ".join(f"{name.replace('_', ' ')} {todos[name]}" for name in ("open", "done", "late", "given_up"))
    median = todos["median_minutes"]
    return f"to-dos: {counts}" + (f"; half of them within {median:g} minutes" if median is not None else "")


def rate_words(rate: dict[str, Any]) -> str:
    """A rate with its parts and, for small samples, its interval."""
    if rate["value"] is None:
        return f"— ({rate['numerator']}/{rate['denominator']})"
    if rate["low"] is None:
        return f"{rate['value']:.2f} ({rate['numerator']}/{rate['denominator']})"
    interval = f", 95 % {rate['low']:.1%}–{rate['high']:.1%}"
    return f"{rate['value']:.1%} ({rate['numerator']}/{rate['denominator']}{interval})"
