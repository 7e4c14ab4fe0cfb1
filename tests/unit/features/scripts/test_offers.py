"""An offer is told while it can be taken: with its end in the campaign's zone, to the page on which it is taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.actions import SendText
from qunflow.domain.decisions import Decision
from qunflow.domain.events import ScriptDue
from qunflow.domain.facts import CampaignVoice
from qunflow.features.scripts.decide import ScriptFacts, decide_due, render
from qunflow.features.scripts.workflow import scripts_feature

UNTIL = datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
PARAMS = {"until": UNTIL.isoformat()}


def facts(language: str = "zh") -> ScriptFacts:
    voice = CampaignVoice("winter", "秒杀", "wx", language, "Asia/Shanghai", ("amy",), (), 20, True)
    return ScriptFacts(voice, "小美", None, "https://x.example/p/abc/play", "", "")


def due(**params: object) -> Decision:
    paper = Paper.of(scripts_feature(lambda *names: "/".join(names)).streams)
    body = ScriptDue("piece_offered", "piece_offered@u1:k1", "mei", {**PARAMS, **params})
    asked = message(body, person="p1", campaign="winter", lane_key="x")
    found = decide_due(asked, facts(), paper, CHANCE)
    paper.take(asked, found)
    assert decide_due(asked, facts(), paper, CHANCE).wishes == (), "told once"
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_until_when_by_the_campaigns_clock_and_leads_to_the_page(language: str) -> None:
    words = render("piece_offered", facts(language), PARAMS)
    assert "2026-12-02 00:30" in words and "/p/abc/play" in words and "{" not in words


def test_a_direct_message_is_of_no_use_after_the_end_of_the_offer() -> None:
    (wish,) = due(direct=True).wishes
    assert isinstance(wish.action, SendText) and wish.action.chat == "" and wish.expires_at == UNTIL
    assert wish.expires_at > NOW + timedelta(hours=1)


def test_where_nobody_can_be_written_to_it_waits_on_the_page() -> None:
    found = due()
    assert found.wishes == () and found.events[0].body.way == "page"
