"""States from stored text: a steady kind is read once for a text, and never shows an older one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from qunflow.domain.events import Event
from qunflow.engine.feature import Feature, Registry, StreamType
from qunflow.engine.stored_states import state_of


@dataclass(frozen=True, slots=True)
class Plan:
    title: str = ""


def _evolve(state: Any, event: Event) -> Any:
    return state


def _registry(steady: bool) -> Registry:
    return Registry([Feature("toy", streams=(StreamType("plan", Plan, Plan(), _evolve, steady),))], (), ())


@pytest.mark.parametrize("steady", [True, False])
def test_a_changed_text_is_a_changed_state(steady: bool) -> None:
    registry = _registry(steady)
    texts = ['{"title": "old"}', '{"title": "new"}', '{"title": "old"}']
    assert [state_of(registry, "plan:a", text).title for text in texts] == ["old", "new", "old"]


def test_only_a_steady_kind_is_kept() -> None:
    text = '{"title": "the same"}'
    for steady in (True, False):
        registry = _registry(steady)
        assert (state_of(registry, "plan:a", text) is state_of(registry, "plan:a", text)) is steady
