"""NiceGUI's question about signatures, answered once for each method, is answered the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from nicegui import helpers

from qunflow.console.quicker import expects_arguments, remember_signatures


class Thing:
    def plain(self) -> None: ...

    def wants(self, one: int) -> None: ...

    def may(self, one: int = 1, *more: int, **named: int) -> None: ...

    @classmethod
    def of_class(cls, one: int) -> None: ...


def free(one: int) -> None: ...


THING = Thing()


@pytest.mark.parametrize(
    "handler",
    [THING.plain, THING.wants, THING.may, Thing.of_class, free, functools.partial(free, 1), lambda: None, Thing],
)
def test_the_answer_is_nicegui_s_own(handler: Callable[..., Any]) -> None:
    from nicegui.helpers.functions import expects_arguments as asked

    assert [expects_arguments(handler) for _ in range(2)] == [asked(handler)] * 2


def test_the_console_s_process_asks_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "expects_arguments", helpers.expects_arguments)
    remember_signatures()
    assert helpers.expects_arguments is expects_arguments
