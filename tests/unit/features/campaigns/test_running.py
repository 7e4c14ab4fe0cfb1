"""What may change while a campaign runs: a later end, never an earlier one; and notes from the groups."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.features.campaigns.cast import Cast
from tests.unit.features.campaigns.plans import END, START, make_plan
from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.decisions import Decision
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns import entering, life, notes
from qunflow.features.campaigns.model import CampaignState, RemindDue, SetStatus, campaign_stream, participation_stream
from qunflow.features.campaigns.notes import MarkNote, NoteState, TakeNote, note_stream
from qunflow.features.campaigns.running import ExtendEnd
from qunflow.features.campaigns.workflow import CAMPAIGNS

HOUR = timedelta(hours=1)


def paper(status: str = "running") -> Paper:
    sheet = Paper.of(CAMPAIGNS.streams)
    state = CampaignState("winter", status, 1, make_plan(), "winter", "code", launched_at=START, budget=100)
    sheet.states[campaign_stream("winter")] = state
    return sheet


def extend(sheet: Paper, ends_at: datetime) -> Decision:
    cause = message(ExtendEnd(ends_at), START + HOUR, campaign="winter")
    decision = life.decide_extend(cause, None, sheet, CHANCE)
    sheet.take(cause, decision)
    return decision


def test_a_later_end_moves_the_timer_and_the_plan() -> None:
    sheet = paper()
    assert extend(sheet, END + HOUR).rejection is None
    timer = sheet.timers[(campaign_stream("winter"), "end")]
    assert (timer.due_at, timer.body) == (END + HOUR, SetStatus("ended"))
    assert sheet.state(campaign_stream("winter")).plan.ends_at == END + HOUR
    assert extend(sheet, END + HOUR).events == ()


@pytest.mark.parametrize(
    ("status", "ends_at", "reason"),
    [
        ("running", END - HOUR, Reason.WORSE_FOR_PEOPLE),
        ("paused", END - timedelta(seconds=1), Reason.WORSE_FOR_PEOPLE),
        ("running", END + timedelta(days=400), Reason.OUT_OF_WINDOW),
        ("ended", END + HOUR, Reason.WRONG_STATE),
        ("draft", END + HOUR, Reason.WRONG_STATE),
        ("stopped", END + HOUR, Reason.WRONG_STATE),
    ],
)
def test_any_other_end_is_refused(status: str, ends_at: datetime, reason: Reason) -> None:
    decision = extend(paper(status), ends_at)
    assert decision.rejection is not None and decision.rejection.reason is reason
    assert (decision.events, decision.timers) == ((), ())


def test_the_last_call_waits_for_the_new_end() -> None:
    cast = Cast()
    cast.enter("a")
    cast.join("a")
    stream = participation_stream("winter", "a")
    cause = message(RemindDue("last_call"), END - 2 * HOUR, person="a", campaign="winter")
    told = entering.decide_remind(cause, cast.campaign, cast.paper, CHANCE)
    assert len(told.events) == 1
    sheet = paper()
    extend(sheet, END + 5 * HOUR)
    later: Any = sheet.state(campaign_stream("winter"))
    waiting = entering.decide_remind(cause, later, cast.paper, CHANCE)
    assert waiting.events == ()
    assert [(timer.stream, timer.due_at) for timer in waiting.timers] == [(stream, END + 3 * HOUR)]


def take(sheet: Paper, body: Any) -> Decision:
    decide = notes.decide_take_note if isinstance(body, TakeNote) else notes.decide_mark_note
    cause = message(body, START, campaign="winter")
    decision = decide(cause, None, sheet, CHANCE)
    sheet.take(cause, decision)
    return decision


def note_of(sheet: Paper) -> NoteState:
    state: NoteState = sheet.state(note_stream("winter", "n1"))
    return state


@pytest.mark.parametrize("status", ["draft", "running", "ended", "closed"])
def test_a_note_is_taken_at_any_time_and_its_words_stay_out_of_the_log(status: str) -> None:
    sheet = paper(status)
    decision = take(sheet, TakeNote("n1", "now", "g1", "老王", "有人问奖励"))
    assert note_of(sheet) == NoteState("n1", "now", START)
    assert "有人问奖励" not in repr(decision.events) and "老王" not in repr(decision.events)
    assert take(sheet, TakeNote("n1", "now", "g1", "老王", "又一次")).events == ()


@pytest.mark.parametrize(("due", "words"), [("later", "x"), ("now", ""), ("now", "x" * 1001)])
def test_a_note_out_of_bounds_is_refused(due: str, words: str) -> None:
    assert take(paper(), TakeNote("n1", due, "", "a", words)).rejection is not None


def test_a_note_is_done_and_undone_once_each() -> None:
    sheet = paper()
    assert take(sheet, MarkNote("n1")).rejection is not None
    take(sheet, TakeNote("n1", "next_time", "", "a", "x"))
    assert len(take(sheet, MarkNote("n1")).events) == 1
    assert note_of(sheet).done_at == START
    assert take(sheet, MarkNote("n1")).events == ()
    take(sheet, MarkNote("n1", done=False))
    assert note_of(sheet).done_at is None
