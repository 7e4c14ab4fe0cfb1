"""The arguments of the adviser: one row for each, with where it comes from (mission.md M16–M37, M132)."""

from __future__ import annotations

from qunflow.features.campaigns.adviser import (
    Advised,
    Argument,
    Candidate,
    Situation,
    aim,
    audience,
    check,
    margin,
    people,
    price,
    season,
    weigh,
)

_GROW = Argument("brings_people", 20, aim("grow"))
_FEW = Argument("needs_many", -20, people(1, 199))
_OWN = Argument("needs_own_people", -15, audience("strangers"))

CANDIDATES = (
    Candidate(
        "invitation",  # M29–M32: nested and graded rewards, a bonus on top
        "invite",
        (
            _GROW,
            Argument("pays_by_quality", 10, aim("sell")),
            Argument("friends_trust", 10, audience("members", "buyers", "promoters")),
            Argument("small_works", 10, people(1, 499)),
            Argument("dear_needs_advice", 10, price(50_000)),
            Argument("thin_margin_pays_little", -10, margin(0, 1_500)),
        ),
        ("cash_hunters", "nested_against_brush"),
    ),
    Candidate(
        "bargain",  # M17, M18
        "boost",
        (
            _GROW,
            Argument("near_success", 10, price(5_000)),
            Argument("high_margin_carries", 10, margin(4_000)),
            Argument("cheap_is_no_goal", -20, price(0, 999)),
            Argument("thin_margin_loses", -20, margin(0, 1_500)),
            _FEW,
        ),
        ("first_cut_shown", "worst_case_stock"),
    ),
    Candidate(
        "red-packet",  # M19, M20
        "boost",
        (
            _GROW,
            Argument("cash_reaches_strangers", 10, audience("strangers")),
            Argument("fast_contacts", 10, aim("contacts")),
            Argument("cash_needs_no_goods", 5, price(0, 0)),
            Argument("cash_sells_nothing", -20, aim("sell")),
            _FEW,
        ),
        ("cash_hunters", "small_tier_first"),
    ),
    Candidate(
        "likes",  # M21
        "likes",
        (
            Argument("adds_contacts", 30, aim("contacts")),
            Argument("seen_by_strangers", 15, audience("members", "buyers")),
            Argument("seed_list", 10, season("launch")),
            Argument("likes_sell_nothing", -15, aim("sell", "wake")),
        ),
        ("forged_screenshots", "moments_rules"),
    ),
    Candidate(
        "voting",  # M22
        "likes",
        (
            Argument("honour_draws", 35, aim("honour")),
            Argument("own_works", 10, audience("members")),
            Argument("votes_bring_few", -15, aim("sell", "contacts")),
            Argument("needs_entries", -15, people(1, 99)),
            _OWN,
        ),
        ("bought_votes",),
    ),
    Candidate(
        "distribution",  # M23–M25
        "distribution",
        (
            Argument("pays_for_sales", 25, aim("sell")),
            Argument("sellers_there", 20, audience("promoters")),
            Argument("buyers_recommend", 10, audience("buyers")),
            Argument("margin_for_commission", 15, margin(5_000)),
            Argument("no_room_for_commission", -40, margin(0, 2_999)),
            _OWN,
        ),
        ("two_levels_only", "refunds_take_back"),
    ),
    Candidate(
        "cards",  # M26, M27
        "cards",
        (
            Argument("comes_back_daily", 25, aim("wake")),
            Argument("holiday_game", 25, season("holiday")),
            Argument("newcomers_draw_double", 5, aim("grow")),
            Argument("swaps_need_many", -25, people(1, 499)),
            Argument("no_occasion", -10, season("ordinary")),
        ),
        ("needs_a_week", "odds_published"),
    ),
    Candidate(
        "mutual",  # M28
        "invite",
        (
            Argument("both_gain", 15, aim("grow", "sell")),
            Argument("gift_in_own_name", 15, audience("buyers", "members")),
            Argument("gift_leads_to_order", 10, margin(3_000)),
            Argument("thin_margin_loses", -10, margin(0, 1_500)),
            _OWN,
        ),
        ("gift_must_be_used",),
    ),
    Candidate(
        "flash-sale",  # M34, M35
        "special",
        (
            Argument("offer_draws", 15, aim("grow", "sell")),
            Argument("new_goods_tried", 15, season("launch")),
            Argument("low_price_bears_it", 10, price(1, 5_000)),
            Argument("dear_to_give_away", -15, price(20_000)),
        ),
        ("bargain_hunters", "stock_is_fixed"),
    ),
    Candidate(
        "group-buy",  # M36, M37
        "special",
        (
            Argument("sells_and_invites", 25, aim("sell")),
            Argument("many_want_it", 10, price(1, 10_000)),
            Argument("margin_fills_seats", 10, margin(2_000)),
            Argument("no_margin_for_seats", -40, margin(0, 999)),
            Argument("too_dear_to_share", -10, price(30_000)),
            Argument("brings_fewer", -5, aim("contacts", "honour")),
        ),
        ("more_persons_broader_goods", "seats_labelled"),
    ),
    Candidate(
        "check-in",  # M33
        "invite",
        (
            Argument("daily_habit", 30, aim("wake")),
            Argument("own_people_stay", 10, audience("members", "buyers")),
            Argument("habit_sells_late", -10, aim("sell")),
            _OWN,
        ),
        ("needs_a_week",),
    ),
    Candidate(
        "lucky-packet",  # campaigns.md §1.3
        "boost",
        (
            Argument("livens_groups", 20, aim("wake")),
            Argument("holiday_habit", 10, season("holiday")),
            Argument("brings_nobody", -20, aim("grow", "contacts")),
            _OWN,
        ),
        ("short_effect",),
    ),
    Candidate(
        "rain",  # M33
        "boost",
        (
            Argument("livens_groups", 20, aim("wake")),
            Argument("holiday_game", 15, season("holiday")),
            Argument("brings_nobody", -20, aim("grow", "contacts")),
            Argument("needs_many", -15, people(1, 199)),
        ),
        ("short_effect", "budget_at_once"),
    ),
)

#: What holds whatever model is chosen; the points mean nothing here.
GENERAL = (
    Argument("too_few_people", 0, people(1, 49)),
    Argument("many_groups", 0, people(2_000)),
    Argument("refer_personally", 0, price(100_000)),
    Argument("margin_thin", 0, margin(0, 1_499)),
    Argument("holiday_rush", 0, season("holiday")),
    Argument("strangers_leave", 0, audience("strangers")),
)


def advise(situation: Situation) -> Advised:
    """Every model with its points, the best first. Raises InvalidInput naming the field."""
    check(situation)
    models = sorted((weigh(candidate, situation) for candidate in CANDIDATES), key=lambda advice: -advice.points)
    return Advised(tuple(models), tuple(item.code for item in GENERAL if item.holds(situation)))
