"""Codes of a closed campaign: each is closed once, and its contact code is given back."""

from __future__ import annotations

from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.domain.actions import CloseContactCode
from qunflow.domain.events import CodesDone
from qunflow.features.livecodes.closing import decide_done, need_done
from qunflow.features.livecodes.model import CodeState, code_stream
from qunflow.features.livecodes.workflow import LIVECODES


def test_open_codes_are_closed_once_and_unknown_ones_left_alone() -> None:
    paper = Paper.of(LIVECODES.streams)
    paper.states[code_stream("a")] = CodeState("a", "pool", "wx", "winter", "ann", True, "config-a")
    paper.states[code_stream("b")] = CodeState("b", "pool", "wx", "winter", "bob")  # leads straight to a room
    done = message(CodesDone(("a", "b", "gone")), campaign="winter")
    assert need_done(done, None).streams == (code_stream("a"), code_stream("b"), code_stream("gone"))
    decision = decide_done(done, None, paper, CHANCE)
    paper.take(done, decision)
    assert [wish.action for wish in decision.wishes] == [CloseContactCode("config-a")]
    assert paper.state(code_stream("a")).closed and paper.state(code_stream("b")).closed
    again = decide_done(done, None, paper, CHANCE)
    assert (again.events, again.wishes) == ((), ())
