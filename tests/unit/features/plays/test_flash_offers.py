"""Flash sale on paper: who is next in the line is told of the offer once, alone, and with its deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.unit.features.plays.table import NAME, Table
from tests.unit.features.plays.test_flash_line import MINUTE, queued, rights, sale, table

from qunflow.domain.events import Event, ScriptDue
from qunflow.features.campaigns.model import CampaignState, campaign_stream


def told(made: Table) -> list[Event]:
    """Events that tell somebody of an offer."""
    log = [event for event in made.paper.log if isinstance(event.body, ScriptDue)]
    return [event for event in log if event.body.script == "piece_offered"]


def people(made: Table) -> list[str]:
    return [event.person for event in told(made)]


def test_each_who_is_offered_a_piece_is_told_once_until_when() -> None:
    made = table(offer_min=10)
    units = queued(made, "abc")
    assert told(made) == [], "who only waits hears nothing"
    made.wait(14 * MINUTE)
    (first,) = told(made)
    assert first.person == "b" and first.stream == f"participation:{NAME}:b" and first.body.external == "b"
    assert datetime.fromisoformat(first.body.params["until"]) == sale(made, units[1]).until
    made.wait(5 * MINUTE)
    assert people(made) == ["b"]
    made.wait(7 * MINUTE)
    assert people(made) == ["b", "c"], "the offer was over, and went to the next"
    made.play("c", "reserve", units[2])
    made.wait(timedelta(hours=1))
    assert people(made) == ["b", "c"]
    made.check()


def test_who_waits_again_is_told_again_and_no_key_comes_twice() -> None:
    made = table(offer_min=10)
    units = queued(made, "ab")
    made.play("a", "release", units[0])
    made.settle()
    made.play("b", "stop_waiting", units[1])
    made.settle()
    made.play("a", "reserve", units[0])
    assert made.play("b", "wait", units[1]) is None
    made.play("a", "release", units[0])
    made.settle()
    assert people(made) == ["b", "b"] and sale(made, units[1]).line == "offered"
    assert len({event.body.key for event in told(made)}) == 2, "the same instant, but another offer"


def test_the_same_message_decided_again_says_the_same_key() -> None:
    keys = []
    for _ in range(2):
        made = table()
        units = queued(made, "ab")
        made.play("a", "release", units[0], key="release")
        made.settle()
        keys += [event.body.key for event in told(made)]
    assert len(keys) == 2 and len(set(keys)) == 1


def test_the_offer_ends_with_the_right_and_so_says_the_message() -> None:
    made = table(offer_min=1440, unit_ttl_hours=24)
    units = queued(made, "ab")
    made.play("a", "release", units[0])
    made.settle()
    (event,) = told(made)
    until = datetime.fromisoformat(event.body.params["until"])
    assert until == min(made.now + timedelta(days=1), made.unit(units[1]).expires_at or made.now)


def test_where_the_channel_writes_to_people_it_goes_to_the_direct_chat_else_it_waits_on_the_page() -> None:
    for contact, direct in ((True, None), (False, True)):
        made = table()
        state: CampaignState = made.paper.state(campaign_stream(NAME))
        made.paper.states[campaign_stream(NAME)] = replace(state, contact=contact)
        units = queued(made, "ab")
        made.play("a", "release", units[0])
        made.settle()
        (event,) = told(made)
        assert event.body.params.get("direct") == direct and "chat" not in event.body.params


def test_a_sale_without_a_line_tells_nobody() -> None:
    made = table(waitlist=False)
    units = rights(made, "ab")
    made.play("a", "reserve", units[0])
    made.play("a", "release", units[0])
    made.play("b", "reserve", units[1])
    made.settle()
    assert told(made) == []
