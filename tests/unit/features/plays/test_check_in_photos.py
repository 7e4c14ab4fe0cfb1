"""Check-ins that a picture has to show, on paper: what counts, what is refused, what staff strike out."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.table import HOUR, NAME, Table, plan_with, refused
from tests.unit.features.plays.test_machines import PEOPLE
from tests.unit.features.plays.test_more_machines import FamilyMachine

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Confirmed
from qunflow.features.campaigns.mechanics.check_in import MODEL
from qunflow.features.campaigns.mechanics.check_in_days import CheckIn
from qunflow.features.campaigns.mechanics.check_in_photos import STRIKE_REASONS
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.settings import read
from qunflow.features.campaigns.mechanics.streak import Sheet
from qunflow.features.campaigns.mechanics.streak_photos import PhotoRefused, PhotoShown, PhotoStruck
from qunflow.features.campaigns.plan_model import frame_of

PLAN: dict[str, Any] = {
    "kind": "check-in",
    "people": 4,
    "ladder": [{"days": 2, "amount_fen": 100}, {"days": 3, "amount_fen": 300}],
    "proof": "photo",
    "photos_per_day": 2,
}
DAY = timedelta(days=1)


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}))
    for name, parent in (("a", ""), ("b", "a"), ("c", "a")):
        made.enter(name, parent)
    return made


def hand_in(made: Table, who: str, photo: str, **params: Any) -> Any:
    """What the upload page sends for a person."""
    (unit,) = made.player(who).units
    return made.system("hand_in", unit, who, photo=photo, **params)


def strike(made: Table, who: str, photo: str, reason: str = "edited") -> Any:
    (unit,) = made.player(who).units
    return made.system("strike_out", unit, by="staff", photo=photo, reason=reason)


def sheet(made: Table, who: str) -> Sheet:
    (unit,) = made.player(who).units
    return made.unit(unit).play  # type: ignore[no-any-return]


def fen(made: Table, who: str = "a") -> int:
    return made.balance(f"available:{who}")


def test_a_day_counts_with_a_picture_and_with_nothing_else() -> None:
    made = table()
    unit = made.play("a", "open")
    assert sheet(made, "a").days == (), "the beginning alone is no day"
    assert refused(made.play("a", "check_in", unit)) == "proof_needed"
    assert refused(made.play("a", "make_up", unit, day="2026-12-01")) == "proof_needed"
    assert refused(made.play("a", "hand_in", unit, photo="p1")) == "move_unknown", "nobody saw that picture"
    assert hand_in(made, "a", "p1") == 1
    assert refused(hand_in(made, "a", "p2")) == "already_done"
    made.wait(DAY)
    assert hand_in(made, "a", "p2") == 2 and fen(made) == 100
    made.check()


def test_without_the_setting_there_are_no_pictures() -> None:
    made = table(proof="none")
    made.play("a", "open")
    assert refused(hand_in(made, "a", "p1")) == "move_unknown"


def test_a_picture_counts_once_for_anybody_and_is_one_of_the_days_all_the_same() -> None:
    made = table()
    for who in "ab":
        made.play(who, "open")
    hand_in(made, "a", "p1")
    assert hand_in(made, "b", "p1") == "duplicate_image" and sheet(made, "b").tries == 1
    assert hand_in(made, "b", "p2", flaw="unreadable") == "unreadable"
    assert refused(hand_in(made, "b", "p3")) == "too_many_attempts" and sheet(made, "b").days == ()
    made.wait(DAY)
    assert hand_in(made, "a", "p1") == "duplicate_image", "not the own one of yesterday either"
    assert hand_in(made, "b", "p2") == 1, "what was unreadable is nobody's"
    made.check()


def test_a_look_that_was_there_is_pointed_out_and_refuses_nobody() -> None:
    made = table()
    for who in "ab":
        made.play(who, "open")
    hand_in(made, "a", "p1", look="00ff00ff00ff00ff")
    assert hand_in(made, "b", "p2", look="00ff00ff00ff00ff") == 1
    assert [sheet(made, who).photos[0].alike for who in "ab"] == [False, True]


def test_a_struck_picture_takes_its_day_and_what_it_earned_and_another_one_may_follow_that_day() -> None:
    made = table()
    made.play("a", "open")
    hand_in(made, "a", "p1")
    made.wait(DAY)
    assert hand_in(made, "a", "p2") == 2 and fen(made) == 100
    assert strike(made, "a", "p2") == 1 and fen(made) == 0
    told = MODEL.show(made.unit(made.player("a").units[0]), frame_of(made.plan).settings)["struck"]
    assert told == [{"day": "2026-12-02", "reason": "edited"}]
    assert refused(strike(made, "a", "p2", "fraud")) == "already_done", "the first reason stays"
    assert hand_in(made, "a", "p2") == "duplicate_image", "a struck one stays used"
    made.check()


def test_after_a_strike_the_day_is_open_until_its_pictures_are_spent() -> None:
    made = table()
    made.play("a", "open")
    hand_in(made, "a", "p1")
    strike(made, "a", "p1")
    assert hand_in(made, "a", "p2") == 1
    strike(made, "a", "p2")
    assert refused(hand_in(made, "a", "p3")) == "too_many_attempts"
    made.wait(DAY)
    assert hand_in(made, "a", "p3") == 1
    assert sheet(made, "a").days == (date(2026, 12, 2),)
    made.check()


def test_a_strike_after_the_day_breaks_the_row_unless_a_card_was_there_before() -> None:
    for freezes, days in ((0, 1), (1, 2)):
        made = table(freezes=freezes)
        made.play("a", "open")
        for number in range(3):
            hand_in(made, "a", f"p{number}")
            made.wait(DAY)
        assert fen(made) == 400
        assert strike(made, "a", "p1") == days
        assert sheet(made, "a").frozen == ((date(2026, 12, 2),) if freezes else ())
        assert fen(made) == (100 if freezes else 0)
        made.check()


def test_the_last_day_struck_while_it_runs_is_saved_at_midnight_like_any_missed_day() -> None:
    made = table(freezes=1)
    made.play("a", "open")
    hand_in(made, "a", "p0")
    made.wait(DAY)
    hand_in(made, "a", "p1")
    strike(made, "a", "p1")
    assert sheet(made, "a").frozen == ()
    made.wait(16 * HOUR)
    assert sheet(made, "a").frozen == (date(2026, 12, 2),)
    assert hand_in(made, "a", "p2") == 2
    made.check()


def test_a_make_up_takes_a_picture_and_comes_back_when_that_is_struck() -> None:
    made = table(make_ups=1)
    made.play("a", "open")
    hand_in(made, "a", "p0")
    made.wait(2 * DAY)
    assert hand_in(made, "a", "p1") == 1
    assert refused(hand_in(made, "a", "p2", day="2026-12-03")) == "already_done"
    assert hand_in(made, "a", "p2", day="2026-12-02") == 3 and fen(made) == 400
    assert strike(made, "a", "p2") == 1 and fen(made) == 0 and sheet(made, "a").used_on == ()
    made.wait(HOUR * 20)
    assert hand_in(made, "a", "p3", day="2026-12-02") == 3
    made.check()


def test_after_the_campaign_nothing_is_handed_in_and_what_was_is_struck_until_it_is_closed() -> None:
    made = table()
    made.play("a", "open")
    hand_in(made, "a", "p0")
    made.wait(DAY)
    hand_in(made, "a", "p1")
    made.set_status("ended")
    assert refused(hand_in(made, "a", "p2", day="2026-12-01")) == "not_running"
    made.wait(20 * DAY)
    unit = made.unit(made.units()[0].unit)
    assert unit.status == "closed" and fen(made) == 100
    assert made.system("strike_out", unit.unit, by="staff", photo="p1", reason="fraud") == 1
    assert fen(made) == 0, "by compensating entries"
    made.check()


def test_staff_strike_only_pictures_that_are_there() -> None:
    made = table()
    made.play("a", "open")
    assert refused(strike(made, "a", "nothing")) == "proof_unknown"


@pytest.mark.parametrize(("field", "value"), [("proof", "video"), ("proof", True), ("photos_per_day", 0)])
def test_a_wrong_setting_is_told_by_its_field_and_a_way_out(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(CheckIn, "model", {name: item for name, item in {**PLAN, field: value}.items() if name != "kind"})
    assert caught.value.field == f"model.{field}" and caught.value.rule and caught.value.way_out


class PhotoMachine(FamilyMachine):
    """Few pictures in many hands, staff who strike, friends who bring cards and make-ups."""

    model: ClassVar[dict[str, Any]] = {**PLAN, "make_ups": 1, "freezes": 1, "freezes_per_invite": 1, "people": 5}
    moves = ("check_in",)

    @initialize()
    def begin(self) -> None:
        super().begin()
        for name in "abc":
            self.table.play(name, "open")

    @rule(who=st.sampled_from(PEOPLE), photo=st.integers(0, 30), back=st.integers(0, 4), bad=st.integers(0, 6))
    def show(self, who: str, photo: int, back: int, bad: int) -> None:
        day = local_date(self.table.now, "Asia/Shanghai") - timedelta(days=back)
        more = {"day": day.isoformat()} if back else {}
        flaw = {"flaw": "unreadable"} if not bad else {"look": f"look{photo % 7}"}
        for unit in self.table.player(who).units:
            self.table.system("hand_in", unit, who, photo=f"p{photo}", **more, **flaw)

    @rule(times=st.integers(1, 4))
    def every_day(self, times: int) -> None:
        for _ in range(times):
            for unit in self.units():
                photo = f"{unit.unit[:6]}{self.table.now:%m%d}"
                self.table.system("hand_in", unit.unit, unit.owner, photo=photo)
            self.table.wait(DAY)

    @rule(place=st.integers(0, 30), again=st.booleans(), reason=st.sampled_from(STRIKE_REASONS))
    def strike(self, place: int, again: bool, reason: str) -> None:
        shown = [(unit, photo) for unit in self.units() for photo in unit.play.photos]
        if not shown:
            return
        unit, photo = shown[place % len(shown)]
        for _ in range(2 if again else 1):
            self.table.system("strike_out", unit.unit, by="staff", photo=photo.photo, reason=reason)

    @rule(who=st.sampled_from(PEOPLE))
    def friend(self, who: str) -> None:
        self.table.record(f"participation:{NAME}:{who}", Confirmed("a"), who)

    def kept(self, unit: Unit) -> Any:
        return (unit.status, unit.outcome, unit.owner)  # a strike is a compensating entry (I9)

    def check_unit(self, unit: Unit) -> None:
        own: Sheet = unit.play
        counting = [photo for photo in own.photos if not photo.reason]
        assert sorted(photo.day for photo in counting) == list(own.days), "one picture for each day that counts"
        assert len(own.used_on) == sum(photo.on != photo.day for photo in counting) <= 3
        assert len(own.freezes) <= 2 and own.tries <= 2

    @invariant()
    def no_picture_stands_for_two_days_and_nobody_hands_in_more_than_may_be(self) -> None:
        log = self.table.paper.log if hasattr(self, "table") else []
        shown = Counter(event.body.photo for event in log if isinstance(event.body, PhotoShown))
        struck = Counter(event.body.photo for event in log if isinstance(event.body, PhotoStruck))
        tried = Counter((e.stream, e.body.on) for e in log if isinstance(e.body, PhotoShown | PhotoRefused))
        assert all(count == 1 for count in (*shown.values(), *struck.values()))
        assert all(count <= 2 for count in tried.values())


def test_a_sheet_of_pictures_keeps_its_promises_whatever_happens() -> None:
    run_state_machine_as_test(
        PhotoMachine,
        settings=settings(
            max_examples=25, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_rejection_is_no_answer() -> None:
    made = table()
    made.play("a", "open")
    made.leave("a")
    found = hand_in(made, "a", "p1")
    assert isinstance(found, Rejection) and refused(found) == "not_in_group"
