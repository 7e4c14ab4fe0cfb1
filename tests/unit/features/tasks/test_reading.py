"""What the text of a screenshot says: Chinese samples as an engine gives them, and what follows from each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.features.paper import CHANCE, message
from tests.unit.features.tasks.test_checks import FACTS, GOOD, NAME, Desk

from qunflow.domain.decisions import Decision
from qunflow.domain.events import Approved, Refused
from qunflow.domain.reasons import Reason
from qunflow.features.tasks.decide import ProofFacts
from qunflow.features.tasks.model import TEXT, SubmissionState, TextFound, TextOver
from qunflow.features.tasks.reading import TextFindings, Wanted, find_in_text, words_of
from qunflow.features.tasks.reading_verdict import decide_found, decide_over, text_failure

POSTER = ("春日童书节", "0 元领绘本", "原价 128 元 现在免费", "三百位妈妈推荐", "扫码进群")
WANTED = Wanted(POSTER, "小雨同学", 120, 38)
POST = [
    "朋友圈",
    "小雨同学",
    "邀请三位好友免费领取经典童书礼盒",
    "春日童书节",
    "0元领绘本",
    "原价128元 现在免费",
    "三百位妈妈推荐",
    "扫码进群",
    "2小时前",
    "38人觉得很赞",
]


def test_a_whole_post_is_read_as_such() -> None:
    found = find_in_text(POST, WANTED)
    assert (found.nick, found.newest, found.oldest, found.likes, found.likes_stated) == (True, 120, 120, 38, True)
    assert (found.words, found.score, found.hidden, found.deleted) == (found.words_of, 100, 0, 0)


def test_words_are_the_pieces_of_the_poster_from_two_letters_on() -> None:
    assert words_of(("0 元领绘本", "Ｆree · 免费！", "免费")) == ("元领绘本", "free", "免费")


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("5分钟前", 5),
        ("5 分钟前", 5),
        ("１小时前", 60),
        ("23小时前 删除", 23 * 60),
        ("刚刚", 0),
        ("3天前", 2 * 1440),
        ("2 hours ago", 120),
        ("昨天 21:13", -1),
        ("刚刚好", -1),
        ("小时候", -1),
    ],
)
def test_how_long_ago(line: str, minutes: int) -> None:
    assert find_in_text([line], WANTED).newest == minutes


@pytest.mark.parametrize(
    ("lines", "likes", "stated"),
    [
        (["38人赞"], 38, True),
        (["等38人觉得很赞"], 38, True),
        (["♡ 38"], 38, True),
        (["赞 40"], 40, True),
        (["12 个朋友点了赞"], 12, True),
        (["52 likes"], 52, True),
        (["♡阿明，小红，Lily"], 3, False),
        (["♡阿明，小红，", "老王，Tom", "老王：恭喜"], 4, False),
        (["❤ 阿明、小红 等20人"], 20, True),
        (["点赞送好礼"], -1, False),
        (["集 38 赞 领花茶"], -1, False),
        (["老王：我也有 38 个赞"], -1, False),
        (["小雨同学"], -1, False),
    ],
)
def test_how_many_likes(lines: list[str], likes: int, stated: bool) -> None:
    found = find_in_text(lines, Wanted())
    assert (found.likes, found.likes_stated) == (likes, stated)


def test_what_the_own_poster_asks_for_is_not_what_the_post_has() -> None:
    wanted = Wanted(("集 38 赞 领花茶",), "", 0, 38)
    assert find_in_text(["集38赞领花茶", "♡阿明，小红"], wanted).likes == 2


@pytest.mark.parametrize(
    ("line", "hidden", "deleted"),
    [
        ("私密", 2, 0),
        ("部分可见", 2, 0),
        ("分组可见", 2, 0),
        ("该内容已被删除", 0, 2),
        ("这条朋友圈部分可见，不是所有人都能看到哦", 1, 0),
        ("公开", 0, 0),
    ],
)
def test_words_that_hide_or_delete(line: str, hidden: int, deleted: int) -> None:
    found = find_in_text([*POST, line], WANTED)
    assert (found.hidden, found.deleted) == (hidden, deleted)


def test_the_own_poster_may_say_private() -> None:
    assert find_in_text(["私密社群"], Wanted(("私密社群 限时开放",))).hidden == 0


def test_six_in_ten_words_are_needed_and_name_and_time_as_well() -> None:
    wanted = Wanted(("一一 二二 三三 四四 五五",), "小雨同学", 60)
    both = ["小雨同学", "2小时前"]
    assert find_in_text(["一一", "二二", "三三", *both], wanted).score == 80
    assert find_in_text(["一一", "二二", *both], wanted).score == 59
    assert find_in_text(["一一", "二二", "三三", "四四", "五五", "2小时前"], wanted).score == 70
    assert find_in_text(["一一", "二二", "三三", "五五", "小雨同学", "5分钟前"], wanted).score < 80
    assert find_in_text(both, Wanted((), "小雨同学")).score == 0


def test_one_wrong_letter_in_a_long_word_does_not_lose_it() -> None:
    assert find_in_text(["邀清三位好友免费领取"], Wanted(("邀请三位好友免费领取",))).words == 1
    assert find_in_text(["元领绘木"], Wanted(("元领绘本",))).words == 0


def test_thousands_of_lines_of_anything_are_bounded() -> None:
    assert find_in_text(["♡" + "，" * 100_000] * 5_000, WANTED).likes < 500
    assert find_in_text([], WANTED) == TextFindings(words_of=len(words_of(POSTER)))


# --- what follows -------------------------------------------------------------------------------------------------

READS = replace(FACTS, reads=True)
SEEN = find_in_text(POST, WANTED)
NO_CODE = replace(GOOD, qr_texts=())


def asked(facts: ProofFacts, seen: object = NO_CODE) -> Desk:
    desk = Desk(facts)
    desk.submit()
    desk.examine(seen)  # type: ignore[arg-type]
    return desk


def read(desk: Desk, found: TextFindings | None) -> SubmissionState:
    desk._take(decide_found, TextFound(NAME, desk.state().attempt, found), "b")
    return desk.state()


def test_a_good_text_approves_where_nothing_of_worth_follows() -> None:
    desk = asked(READS)
    assert (desk.state().status, desk.state().asked) == ("checking", True)
    assert (TEXT, NAME) in desk.paper.claims and desk.paper.timers
    assert read(desk, SEEN).status == "approved"
    assert not desk.paper.timers and (TEXT, NAME) not in desk.paper.claims


def test_a_screenshot_alone_never_pays() -> None:
    state = read(asked(replace(READS, pays=True)), SEEN)
    assert (state.status, state.findings[0]) == ("queued", "no_qr")


def test_under_the_own_code_likes_and_time_are_read_and_it_may_pay() -> None:
    facts = replace(READS, pays=True, likes_required=38, posted_minutes=120)
    assert read(asked(facts, GOOD), SEEN).status == "approved"
    few = read(asked(facts, GOOD), replace(SEEN, likes=37))
    assert (few.status, few.reason) == ("rejected", Reason.TOO_FEW_LIKES)
    named = read(asked(facts, GOOD), replace(SEEN, likes=12, likes_stated=False))
    assert (named.status, named.findings[0]) == ("queued", "count_likes:38")
    assert "text_likes:12" in named.findings


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"hidden": 2}, Reason.GROUPED_VISIBILITY),
        ({"deleted": 2}, Reason.DELETED_OR_TOO_SHORT),
        ({"newest": 5, "oldest": 119}, Reason.DELETED_OR_TOO_SHORT),
        ({"likes": 37}, Reason.TOO_FEW_LIKES),
        ({"newest": 5, "oldest": 120}, None),
        ({"newest": -1, "oldest": -1}, None),
        ({"hidden": 1, "deleted": 1}, None),
        ({}, None),
    ],
)
def test_what_the_text_alone_rejects(seen: dict[str, int], reason: Reason | None) -> None:
    facts = replace(READS, likes_required=38, posted_minutes=120)
    assert text_failure(replace(SEEN, **seen), facts) is reason  # type: ignore[arg-type]


@pytest.mark.parametrize("found", [None, replace(SEEN, score=79), replace(SEEN, hidden=1)])
def test_what_was_not_read_or_not_well_goes_to_a_person(found: TextFindings | None) -> None:
    state = read(asked(READS), found)
    assert state.status == "queued" and ("no_text" in state.findings) is (found is None)


def test_an_engine_that_does_not_answer_in_time_leaves_the_proof_to_a_person_once() -> None:
    desk = asked(READS)
    desk._take(decide_over, TextOver(NAME, 1), "")
    assert (desk.state().status, desk.state().findings) == ("queued", ("no_qr", "no_text"))
    assert read(desk, SEEN).status == "queued"  # too late
    assert (TEXT, NAME) not in desk.paper.claims


def test_who_left_or_became_a_risk_while_the_text_was_read_is_not_approved() -> None:
    desk = asked(READS)
    desk.facts = replace(READS, in_group=False)
    assert read(desk, SEEN).reason == Reason.NOT_GROUP_MEMBER
    desk = asked(READS)
    desk.facts = replace(READS, risk=75)
    assert (read(desk, SEEN).status, desk.state().findings[0]) == ("queued", "risk")


def test_a_second_look_at_the_same_picture_changes_nothing() -> None:
    desk = asked(READS)
    assert desk.examine(NO_CODE) == Decision()


def test_a_risk_needs_a_person_whatever_the_picture_shows() -> None:
    for seen in (GOOD, NO_CODE):
        desk = asked(replace(READS, risk=60), seen)
        assert (desk.state().status, "risk" in desk.state().findings) == ("queued", True)
    desk = asked(replace(READS, risk=59), GOOD)
    assert desk.state().status == "approved"


def test_some_that_the_text_approves_are_drawn_for_a_second_look() -> None:
    desk = asked(replace(READS, audit_bps=10_000))
    cause = message(TextFound(NAME, 1, SEEN), person="b", campaign="winter")
    kinds = {type(event.body) for event in decide_found(cause, desk.facts, desk.paper, CHANCE).events}
    assert Approved in kinds and Refused not in kinds
    assert read(desk, SEEN).audit
