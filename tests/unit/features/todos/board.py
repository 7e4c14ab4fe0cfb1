"""The to-dos of one channel on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.decisions import Decision
from qunflow.domain.inbound import TodoNeeded
from qunflow.features.todos.card import About
from qunflow.features.todos.decide import Cards, OpeningFacts, decide_proved
from qunflow.features.todos.kinds import proof_of_wish
from qunflow.features.todos.model import MarkTodo, TodoState, TodoStep
from qunflow.features.todos.timing import LaterFacts, decide_mark, step_decider
from qunflow.features.todos.workflow import todos_feature
from qunflow.web.texts import Texts

TEXTS = Texts.load()
ABOUT = About()


def page_of(workspace: str, todo: str) -> str:
    return f"https://qun.example/t/{workspace}/{todo}"


FEATURE = todos_feature(TEXTS.say, page_of)


def need(todo: str, action: str, **data: Any) -> TodoNeeded:
    return TodoNeeded(todo, action, data)


@dataclass
class Board:
    """Opens, proves, steps and marks, each with the facts as they are."""

    order: tuple[str, ...] = ("amy", "lin")
    about: About = ABOUT
    campaign: str = "winter"
    paper: Paper = field(default_factory=lambda: Paper.of(FEATURE.streams))
    cards: Cards = field(default_factory=lambda: Cards(TEXTS.say, page_of))
    chance = CHANCE

    @property
    def open(self) -> dict[str, str]:
        return dict(self.paper.state("todos:wx").proofs)

    def todo(self, todo: str) -> TodoState:
        found: TodoState = self.paper.state(f"todo:{todo}")
        return found

    def status(self, todo: str) -> str:
        return self.todo(todo).status

    def need(self, body: TodoNeeded, at: datetime = NOW) -> Decision:
        older = self.open.get(proof_of_wish(body.action, body.data), "")
        facts = OpeningFacts(older, self.order, self.campaign, self.about)
        return self._take(message(body, at), self.cards.decide_needed, facts)

    def happen(self, body: Any, group: str = "group:wx:g1", at: datetime = NOW) -> Decision:
        return self._take(message(body, at, group=group), decide_proved, self.open)

    def step(self, todo: str, step: str, at: datetime) -> Decision:
        decide = step_decider(self.cards)
        return self._take(message(TodoStep(todo, step), at, channel=""), decide, LaterFacts("wx", self.about))

    def mark(self, todo: str, status: str, at: datetime = NOW) -> Decision:
        return self._take(message(MarkTodo(todo, status, "amy"), at), decide_mark, LaterFacts("wx", self.about))

    def _take(self, cause: Any, decide: Any, facts: Any) -> Decision:
        decision: Decision = decide(cause, facts, self.paper, CHANCE)
        self.paper.take(cause, decision)
        return decision
