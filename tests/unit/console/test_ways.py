"""Which declared page a path means."""

from __future__ import annotations

from typing import Any

import pytest

from qunflow.console.entrance import safe_path
from qunflow.console.ways import OPEN, Ways
from qunflow.domain.rights import Right
from qunflow.web.desk import ConsolePage


async def nothing(*args: Any, **values: Any) -> None:
    return None


def page(path: str, right: Right = Right.SEE_TODAY, order: int = 100) -> ConsolePage:
    return ConsolePage(path, "title", right, nothing, "menu", order=order)


def test_a_plain_path_goes_before_a_pattern_whatever_the_order() -> None:
    ways = Ways((page("/campaigns/{name}", Right.SEE_CAMPAIGNS), page("/campaigns/new", Right.RUN_CAMPAIGNS)))
    new, one = ways.find("/campaigns/new"), ways.find("/campaigns/winter")
    assert new is not None and one is not None
    assert (new.right, one.right) == (Right.RUN_CAMPAIGNS, Right.SEE_CAMPAIGNS)
    assert ways.find("/campaigns/winter/more") is None
    assert ways.find("/campaigns") is None


def test_a_path_is_declared_once() -> None:
    with pytest.raises(ValueError, match="/today"):
        Ways((page("/today"), page("/today")))


def test_the_menu_is_in_its_order() -> None:
    ways = Ways((page("/b", order=2), page("/a", order=3), page("/c", order=1)))
    assert [entry.path for entry in ways.menu] == ["/c", "/b", "/a"]


@pytest.mark.parametrize("path", ["/_nicegui/client/x/upload/1", "/_nicegui_ws/x", "/", "/me", "/login/x", "/link/a/b"])
def test_what_needs_a_session_is_not_open(path: str) -> None:
    assert not OPEN.fullmatch(path)


@pytest.mark.parametrize("path", ["/login", "/link/abc", "/health", "/_nicegui/3.18.0/static/nicegui.js"])
def test_what_stands_before_signing_in_is_open(path: str) -> None:
    assert OPEN.fullmatch(path)


@pytest.mark.parametrize("path", ["", "x", "//evil", "/\\evil", "https://evil/", "/a\nb", "/login?next=/", "/link/x"])
def test_a_way_on_that_is_not_ours_leads_to_the_start(path: str) -> None:
    assert safe_path(path) == "/"


def test_a_way_on_keeps_its_question() -> None:
    assert safe_path("/audit?f.act=x&page=2") == "/audit?f.act=x&page=2"
