"""What campaigns say on the console's pages: codes of the domain in the operator's language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qunflow.analytics.diagnosis import Cause
from qunflow.analytics.funnel import Funnel
from qunflow.domain.errors import QunflowError
from qunflow.features.campaigns.gate import GateCheck, GateFacts, liability
from qunflow.features.campaigns.plan import Plan
from qunflow.web.desk import Desk
from qunflow.web.widgets.formats import money_words, number_words, percent_words, rate_parts, span_words

STATUSES = ("draft", "running", "paused", "ended", "stopped", "settling", "closed", "cancelled")
TONES: Mapping[str, str] = {
    "draft": "grey-8",
    "running": "positive",
    "paused": "warning",
    "ended": "info",
    "stopped": "negative",
    "settling": "info",
    "closed": "grey-8",
    "cancelled": "grey-8",
}
_SHARES = {
    "middle_page": "middle_page_drop",
    "groups_full": "waiting_rate",
    "leave_at_once": "left_1h_rate",
    "task_too_hard": "submit_rate",
    "many_rejects": "reject_rate",
}


def status_words(desk: Desk, status: str) -> str:
    """A status of campaigns.md §0.2."""
    return desk.say(f"console.campaigns.status.{status}")


def error_words(desk: Desk, error: QunflowError) -> str:
    """A refusal of the plan's readers, in the words for its field or for its code; else it is told as it is."""
    field = re.sub(r"\[\d+\]", "", error.field).rpartition(".")[2]
    otherwise = known_words(desk, f"console.campaigns.plan_error.{error.code}", f"{error.rule} {error.way_out}".strip())
    return known_words(desk, f"console.campaigns.plan_error.{error.code}.{field}", otherwise)


def known_words(desk: Desk, code: str, otherwise: str) -> str:
    """A text, or ``otherwise`` where no catalogue has it (a script or outcome of a newer part)."""
    try:
        return desk.say(code)
    except KeyError:
        return otherwise


def measured_words(desk: Desk, check: GateCheck, plan: Plan, facts: GateFacts) -> str:
    """What a check of the launch gate measured."""
    code = f"console.campaigns.gate.{check.check}.measured"
    room, poster, staff = facts.room, facts.poster, facts.staff
    if check.check == "groups":
        free, groups = (room.free, room.groups) if room is not None else (0, 0)
        words = desk.say(code, free=number_words(free), groups=groups, joins=number_words(plan.expected_joins))
        refills = room is not None and room.refills and room.groups > 0
        return words + (desk.say("console.campaigns.gate.groups.refills") if refills else "")
    if check.check == "live_code":
        if poster is None:
            return desk.say("console.campaigns.gate.live_code.no_poster")
        missing = "、".join(
            known_words(desk, f"console.campaigns.field.poster.{name}", name) for name in poster.missing
        )
        words = desk.say(code, codes=len(poster.qr_texts))
        return words + (desk.say("console.campaigns.gate.live_code.missing", names=missing) if missing else "")
    if check.check == "no_mix_up":
        others = sum(text != facts.code_url for text in poster.qr_texts) if poster is not None else 0
        return desk.say(code, count=others)
    if check.check == "self_test":
        return desk.say(code, count=facts.tested)
    if check.check == "staff_inside":
        groups, without = (staff.groups, len(staff.without_staff)) if staff is not None else (0, 0)
        return desk.say(code, covered=groups - without, groups=groups)
    if check.check == "budget":
        budget, worst = money_words(plan.budget_total_fen), money_words(liability(plan))
        return desk.say(code, budget=budget, worst=worst, joins=number_words(plan.expected_joins))
    if check.check == "prizes":
        return f"{desk.say(code, count=len(plan.prizes))} {check.way_out}".strip()
    return check.measured


def gate_words(desk: Desk, check: GateCheck, part: str) -> str:
    """The name, the sense (``why``) or the way to mend (``mend``) of a check."""
    otherwise = check.check if part == "name" else check.way_out if part == "mend" else ""
    return known_words(desk, f"console.campaigns.gate.{check.check}.{part}", otherwise)


def evidence_words(desk: Desk, cause: Cause, funnel: Funnel) -> str:
    """What was measured for a cause of the diagnosis."""
    code = f"console.campaigns.cause.{cause.code}.evidence"
    if cause.code in _SHARES:
        rate = funnel.rates[_SHARES[cause.code]]
        return desk.say(code, share=percent_words(rate.value), parts=rate_parts(rate))
    if cause.code == "few_launchers":
        return desk.say(code, count=number_words(funnel.launched))
    if cause.code == "low_reach":
        return desk.say(code, scans=f"{funnel.scans / funnel.launched:.1f}" if funnel.launched else "0")
    if cause.code == "slow_review":
        return desk.say(code, wait=span_words(desk.say, funnel.review_wait_median))
    if cause.code == "reward_too_early":
        return desk.say(code, count=funnel.early_rewards)
    return cause.evidence


def cause_words(desk: Desk, cause: Cause, part: str) -> str:
    """The name of a cause, or what to do next (``next``)."""
    return known_words(
        desk, f"console.campaigns.cause.{cause.code}.{part}", cause.next if part == "next" else cause.code
    )
