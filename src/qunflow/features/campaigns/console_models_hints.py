"""What a model's numbers come to, told beside its fields while they are typed. Pure sums of the mechanics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS
from qunflow.features.campaigns.mechanics.cards import chance_of_set, draws_but_one, expected_draws
from qunflow.features.campaigns.mechanics.slots import MIN_FIRST_BPS, first_cut
from qunflow.web.desk import Desk
from qunflow.web.widgets.formats import money_words, number_words

_TEXT = "console.campaigns.model.hint."


def model_hints(desk: Desk, data: Mapping[str, Any]) -> list[str]:
    """Lines for the model of a plan's data, as far as its numbers are there."""
    model = data.get("model")
    if not isinstance(model, Mapping):
        return []
    told = _HINTS.get(str(model.get("kind")))
    return told(desk, model, data) if told is not None else []


def _days(data: Mapping[str, Any]) -> int:
    """How many days a plan runs, begun ones counted; 0 while that is not known."""
    try:
        first, last = (datetime.fromisoformat(str(data.get(name))) for name in ("starts_at", "ends_at"))
        return max(0, -((first - last) // timedelta(days=1)))
    except (TypeError, ValueError):
        return 0


def _cards(desk: Desk, model: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """How long a full set takes and how many there may be (campaigns.md §4), and whether the odds are whole."""
    kinds = _rows(model.get("kinds"))
    weights = [_whole(row.get("weight")) for row in kinds]
    if not weights or not all(0 < weight <= BPS for weight in weights):
        return []
    try:
        wild = any(row.get("wild_card") is True for row in kinds)
        draws = draws_but_one(weights) if wild else expected_draws(weights)
    except InvalidInput:
        return []
    words = [desk.say(f"{_TEXT}draws", draws=f"{draws:.1f}")]
    daily = _whole(model.get("daily_draws"))
    if daily:
        words.append(desk.say(f"{_TEXT}days", days=number_words(-(-int(draws * 10) // (daily * 10)))))
    if (drawn := daily * _days(data)) and (joins := _whole(data.get("expected_joins"))):
        own = [cap for row in kinds if (cap := _whole(row.get("cap"))) and row.get("wild_card") is not True]
        more = sum(_whole(row.get("cap")) for row in kinds if row.get("wild_card") is True)
        sets = min(int(joins * chance_of_set(weights, drawn, wild)), min(own, default=joins) + more)
        people = {"people": number_words(joins), "draws": number_words(drawn), "sets": number_words(sets)}
        words.append(desk.say(f"{_TEXT}sets", **people))
    if sum(weights) != BPS:
        words.append(desk.say(f"{_TEXT}weights", sum=number_words(sum(weights))))
    return words


def _bargain(desk: Desk, model: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """The price after the first cut, and what is left for the friends (campaigns.md §1.1)."""
    price, floor = _whole(model.get("original_fen")), _whole(model.get("floor_fen"))
    total, helpers = price - floor, _whole(model.get("helpers"))
    first = _first(total, model)
    if not 0 < first < total or not helpers:
        return []
    left = total - first
    parameters = {"price": money_words(price - first), "left": money_words(left), "count": number_words(helpers)}
    return [desk.say(f"{_TEXT}bargain", **parameters)]


def _red_packet(desk: Desk, model: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """What the first pull of each size gathers, and what the friends add."""
    found = []
    for row in _rows(model.get("tiers")):
        total, helpers = _whole(row.get("target_fen")), _whole(row.get("helpers"))
        first = _first(total, model)
        if 0 < first < total and helpers:
            parameters = {"size": money_words(total), "first": money_words(first), "left": money_words(total - first)}
            found.append(desk.say(f"{_TEXT}red-packet", count=number_words(helpers), **parameters))
    return found


def _first(total: int, model: Mapping[str, Any]) -> int:
    bps = _whole(model.get("first_bps")) or MIN_FIRST_BPS
    return first_cut(total, bps) if total > 0 and MIN_FIRST_BPS <= bps <= BPS else 0


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """The records of a list field; none of what is no list."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


_HINTS: Mapping[str, Callable[[Desk, Mapping[str, Any], Mapping[str, Any]], list[str]]] = {
    "cards": _cards,
    "bargain": _bargain,
    "red-packet": _red_packet,
}
