"""Scripts: every one in both languages fills all its variables, in the plan's words where it has some."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.actions import SendText, SendWelcome
from qunflow.domain.decisions import Decision
from qunflow.domain.events import ScriptDue
from qunflow.domain.facts import CampaignVoice, ParticipantProgress
from qunflow.domain.inbound import ActionEnded
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.plan import SCRIPTS
from qunflow.features.scripts.decide import (
    MAX_TEXT_BYTES,
    WELCOME_LIFE,
    ScriptFacts,
    decide_due,
    decide_ended,
    decide_page_seen,
    decide_settle,
    render,
)
from qunflow.features.scripts.model import SettleScripts
from qunflow.features.scripts.texts import DEFAULTS, REASONS, fill, fit_bytes, reason_text, segments_of
from qunflow.features.scripts.workflow import scripts_feature
from qunflow.features.tasks.decide import REJECT_REASONS

LANGUAGES = ("zh", "en")
PROGRESS = ParticipantProgress(2, 1, 1500, "2026-12-04T14:00:00+00:00")
PARAMS = {"reason": "too_small", "left": 2, "reward": 200}


def facts(language: str = "zh", **scripts: tuple[str, ...]) -> ScriptFacts:
    voice = CampaignVoice(
        "winter", "冬日邀请季", "wx", language, "Asia/Shanghai", ("amy",), tuple(scripts.items()), 20, True
    )
    return ScriptFacts(voice, "小北", PROGRESS, "https://q.example/p/page", "https://q.example/p/entry", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", [*SCRIPTS, "digest", "link"])
def test_every_script_fills_all_its_variables(script: str, language: str) -> None:
    text = render(script, facts(language), PARAMS)
    assert text and not re.search(r"\{\w+\}", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_variable_of_the_seed_text_can_stand_in_a_script_of_ones_own(language: str) -> None:
    own = facts(language, remind=("{nick} {done} {need} {left} {deadline} {reason} {link} {reward} {title}",))
    text = render("remind", own, PARAMS)
    assert not re.search(r"\{\w+\}", text)
    assert text.startswith("小北 2 1 2 2026-12-04") and "2.00" in text and reason_text("too_small", language) in text


def test_both_languages_have_the_same_scripts_with_the_same_variables() -> None:
    assert DEFAULTS["zh"].keys() == DEFAULTS["en"].keys()
    assert set(DEFAULTS["zh"]) == {*SCRIPTS, "digest", "link"}
    assert REASONS["zh"].keys() == REASONS["en"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_rejection_has_words(language: str) -> None:
    assert {str(reason) for reason in REJECT_REASONS} <= set(REASONS[language])


def test_the_plans_own_segments_go_before_the_defaults_and_an_empty_script_does_not() -> None:
    assert segments_of("join", {"join": ("a", "b")}, "zh") == ("a", "b")
    assert segments_of("join", {"join": ()}, "zh") == DEFAULTS["zh"]["join"]


def test_somebody_without_a_name_is_greeted_all_the_same() -> None:
    nameless = ScriptFacts(facts("en").voice, "", None, "", "", "")
    assert render("join", nameless, {}).startswith("Hello, welcome")


def test_names_that_are_not_known_stay_as_they_are_written() -> None:
    assert fill("{nick} {coupon}", {"nick": "b"}) == "b {coupon}"


@given(st.text(max_size=60), st.integers(0, 120))
def test_a_text_is_cut_at_a_character_and_never_over_its_bytes(text: str, most: int) -> None:
    cut = fit_bytes(text, most)
    assert len(cut.encode()) <= most and text.startswith(cut)


# --- which way a script takes -----------------------------------------------------------------------------------------


class Book:
    """The scripts of one person on paper."""

    def __init__(self) -> None:
        self.paper = Paper.of(scripts_feature(lambda *parts: "/".join(parts)).streams)

    def due(self, body: ScriptDue, voice: ScriptFacts | None = None) -> Decision:
        cause = message(body, person="b", campaign="winter")
        decision = decide_due(cause, voice or facts(), self.paper, CHANCE)
        self.paper.take(cause, decision)
        return decision

    def outcomes(self) -> dict[str, str]:
        return {key: wish.outcome for key, wish in self.paper.state("scripts:winter:b").wishes.items()}


def test_the_join_script_is_the_welcome_with_both_links_and_ends_after_twenty_seconds() -> None:
    wish = Book().due(ScriptDue("join", "join", "ext-b", {}, "welcome-1")).wishes[0]
    assert isinstance(wish.action, SendWelcome)
    assert wish.expires_at == NOW + WELCOME_LIFE
    assert [item.url for item in wish.action.attachments] == ["https://q.example/p/entry", "https://q.example/p/page"]


def test_a_key_is_wished_once_however_often_it_is_due() -> None:
    book = Book()
    book.due(ScriptDue("join", "join", "ext-b", {}, "welcome-1"))
    again = book.due(ScriptDue("join", "join", "ext-b", {}, "welcome-2"))
    assert (again.wishes, again.events, again.stop) == ((), (), Reason.ALREADY_DONE)


@pytest.mark.parametrize(("outcome", "wished"), [("", 0), (Outcome.DELIVERED, 0), (Outcome.REFUSED_BY_PLATFORM, 1)])
def test_a_second_welcome_goes_out_only_when_the_first_one_was_refused(outcome: str, wished: int) -> None:
    book = Book()
    book.due(ScriptDue("join", "join", "ext-b", {}, "welcome-1"))
    if outcome:
        cause = message(ActionEnded("winter:b:join", outcome))
        book.paper.take(cause, decide_ended(cause, None, book.paper, CHANCE))
    assert len(book.due(ScriptDue("join", "join@2", "ext-b", {}, "welcome-2")).wishes) == wished


def test_a_script_in_a_room_is_a_message_there_and_any_other_waits_on_the_page() -> None:
    book = Book()
    spoken = book.due(ScriptDue("remind", "remind", "ext-b", {"chat": "room"})).wishes[0].action
    assert isinstance(spoken, SendText) and spoken.chat == "room"
    assert book.due(ScriptDue("submitted", "submitted:1", "ext-b", {})).wishes == ()
    assert book.paper.state("scripts:winter:b").open_on_page() == ("submitted:1",)


def test_a_very_long_welcome_is_cut_to_what_the_platform_takes() -> None:
    long = facts("zh", join=("字" * 1000, "字" * 1000))
    wish = Book().due(ScriptDue("join", "join", "ext-b", {}, "welcome-1"), long).wishes[0]
    assert len(wish.action.text.encode()) <= MAX_TEXT_BYTES


def test_looking_at_the_page_ends_what_waited_there_once() -> None:
    book = Book()
    book.due(ScriptDue("join", "join", "ext-b", {}, "welcome-1"))
    book.due(ScriptDue("submitted", "submitted:1", "ext-b", {}))
    cause = message(None, person="b", campaign="winter")
    assert len(book.paper.take(cause, decide_page_seen(cause, None, book.paper, CHANCE))) == 1
    assert book.paper.take(cause, decide_page_seen(cause, None, book.paper, CHANCE)) == []
    assert book.outcomes() == {"join": "", "submitted:1": Outcome.SHOWN_ON_PAGE}


def test_the_first_outcome_counts_and_a_second_one_changes_nothing() -> None:
    book = Book()
    book.due(ScriptDue("join", "join", "ext-b", {}, "welcome-1"))
    for outcome in (Outcome.DELIVERED, Outcome.REFUSED_BY_PLATFORM):
        cause = message(ActionEnded("winter:b:join", outcome))
        book.paper.take(cause, decide_ended(cause, None, book.paper, CHANCE))
    assert book.outcomes() == {"join": Outcome.DELIVERED}


def test_the_digest_settles_only_what_was_open_when_it_was_filed() -> None:
    book = Book()
    book.due(ScriptDue("submitted", "submitted:1", "ext-b", {}))
    before = SettleScripts("winter", "b", Outcome.STAFF_CONFIRMED, NOW.replace(hour=0))
    after = SettleScripts("winter", "b", Outcome.STAFF_CONFIRMED, NOW)
    for body, expected in ((before, ""), (after, Outcome.STAFF_CONFIRMED)):
        cause = message(body)
        book.paper.take(cause, decide_settle(cause, None, book.paper, CHANCE))
        assert book.outcomes() == {"submitted:1": expected}
