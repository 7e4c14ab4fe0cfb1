"""Who may do what in the console: rights, roles and the fixed table between them."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """One thing that an account may do. Every page and act of the console names exactly one."""

    SEE_TODAY = "see_today"
    SEE_CAMPAIGNS = "see_campaigns"
    RUN_CAMPAIGNS = "run_campaigns"  # plan, launch, pause, raise, end, close
    SEE_REVIEWS = "see_reviews"
    REVIEW = "review"
    SEE_GROUPS = "see_groups"  # live codes, pools, groups, members
    RUN_GROUPS = "run_groups"
    DO_TODOS = "do_todos"
    SEE_NUMBERS = "see_numbers"
    EXPORT = "export"
    SEE_REWARDS = "see_rewards"
    PAY_REWARDS = "pay_rewards"
    SEE_CHANNELS = "see_channels"
    RUN_CHANNELS = "run_channels"
    RETRY_DELIVERIES = "retry_deliveries"
    SEE_AUDIT = "see_audit"
    RUN_ACCOUNTS = "run_accounts"
    OWN_ACCOUNT = "own_account"  # password, language, signing out


class Role(StrEnum):
    """What an account is in one workspace; an account may be something else in another."""

    OWNER = "owner"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    GROUP_STAFF = "group_staff"
    ANALYST = "analyst"


_EVERYBODY = frozenset({Right.SEE_TODAY, Right.OWN_ACCOUNT})

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.OPERATOR: frozenset(Right) - {Right.RUN_ACCOUNTS, Right.SEE_AUDIT, Right.PAY_REWARDS, Right.RUN_CHANNELS},
    Role.REVIEWER: _EVERYBODY | {Right.SEE_REVIEWS, Right.REVIEW},
    Role.GROUP_STAFF: _EVERYBODY | {Right.SEE_GROUPS, Right.DO_TODOS},
    Role.ANALYST: _EVERYBODY | {Right.SEE_CAMPAIGNS, Right.SEE_NUMBERS, Right.EXPORT, Right.SEE_REWARDS},
}


def may(role: Role, right: Right) -> bool:
    """Whether a role has a right."""
    return right in RIGHTS[role]
