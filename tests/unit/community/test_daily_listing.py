"""Once a day all groups are listed: a group whose hints were all lost is found that way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.community import decide
from qunflow.community.decide import GroupFacts
from qunflow.community.model import RelistGroups, channel_stream, group_stream
from qunflow.community.workflow import COMMUNITY
from qunflow.domain.actions import ListGroups, ReadGroup
from qunflow.domain.decisions import Decision, Timer
from qunflow.domain.inbound import GroupRead, GroupsListed


def read(paper: Paper, chat: str, version: str, at: datetime = NOW) -> Decision:
    stream = group_stream("wx", chat)
    cause = message(GroupRead(chat, at, version=version), at, group=stream)
    decision = decide.decide_read(cause, GroupFacts(stream, {}), paper, CHANCE)
    paper.take(cause, decision)
    return decision


def listings(decision: Decision) -> list[Timer]:
    return [timer for timer in decision.timers if isinstance(timer.body, RelistGroups)]


def test_the_first_reading_of_a_group_sets_the_daily_listing_and_later_ones_leave_it() -> None:
    paper = Paper.of(COMMUNITY.streams)
    (timer,) = listings(read(paper, "g1", "v1"))
    assert (timer.stream, timer.name) == (channel_stream("wx"), "relist")
    assert NOW < timer.due_at <= NOW + timedelta(days=1)
    (again,) = listings(read(paper, "g2", "v1", NOW + timedelta(minutes=1)))
    assert again == timer, "the same row, so that new groups never push it away"
    assert listings(read(paper, "g1", "v2", NOW + timedelta(minutes=2))) == []


def test_a_platform_whose_hints_are_kept_needs_no_listing() -> None:
    assert listings(read(Paper.of(COMMUNITY.streams), "!room", "")) == []


@pytest.mark.parametrize("hour", [19, 20, 21])
def test_the_listing_comes_at_four_in_the_morning_in_china(hour: int) -> None:
    now = datetime(2026, 12, 1, hour, 30, tzinfo=UTC)
    (timer,) = listings(read(Paper.of(COMMUNITY.streams), "g1", "v1", now))
    assert timer.due_at == datetime(2026, 12, 1 if hour < 20 else 2, 20, tzinfo=UTC)


def test_the_timer_asks_for_the_list_and_sets_itself_anew() -> None:
    at = datetime(2026, 12, 1, 20, tzinfo=UTC)
    facts: Any = None
    told = message(RelistGroups("wx"), at)
    decision = decide.decide_relist(told, facts, Paper.of(COMMUNITY.streams), CHANCE)
    (wish,) = decision.wishes
    assert wish.action == ListGroups() and wish.channel == "wx"
    assert [timer.due_at for timer in decision.timers] == [at + timedelta(days=1)]
    listed = decide.decide_listed(message(GroupsListed(("g1", "g2")), at), facts, Paper.of(COMMUNITY.streams), CHANCE)
    assert [wish.action for wish in listed.wishes] == [ReadGroup("g1"), ReadGroup("g2")]
