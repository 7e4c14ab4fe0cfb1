"""The digest: one mass send a day for those who did not look, settled by what the platform says of each."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.actions import Broadcast, ReadBroadcast
from qunflow.domain.decisions import Decision
from qunflow.domain.events import CampaignLaunched
from qunflow.domain.facts import CampaignVoice
from qunflow.domain.inbound import BroadcastFiled, BroadcastRead
from qunflow.domain.outcomes import Outcome
from qunflow.features.scripts import digest
from qunflow.features.scripts.digest import DigestFacts
from qunflow.features.scripts.model import DigestDue, PollDigest, SettleScripts
from qunflow.features.scripts.workflow import scripts_feature

VOICE = CampaignVoice("winter", "冬日", "wx", "zh", "Asia/Shanghai", ("amy", "lin"), (), 20, True)
EIGHT = NOW.replace(hour=12)  # 20:00 in Shanghai
NAME = "winter@20261201T120000"
PEOPLE = {"ext-b": "b", "ext-c": "c", "ext-d": "d"}


class Desk:
    """The digests of one campaign on paper."""

    def __init__(self) -> None:
        self.paper = Paper.of(scripts_feature(lambda *parts: "/".join(parts)).streams)

    def _take(self, body: object, decision: Decision) -> Decision:
        self.paper.take(message(body, EIGHT, campaign="winter"), decision)
        return decision

    def due(self, people: dict[str, str] | None = None, voice: CampaignVoice = VOICE) -> Decision:
        facts = DigestFacts(voice, PEOPLE if people is None else people)
        cause = message(DigestDue(), EIGHT, campaign="winter")
        return self._take(cause.body, digest.decide_digest(cause, facts, self.paper, CHANCE))

    def filed(self, *refused: str) -> Decision:
        body = BroadcastFiled(NAME, "task-1", refused)
        return self._take(body, digest.decide_filed(message(body, EIGHT), None, self.paper, CHANCE))

    def read(self, **results: str) -> Decision:
        body = BroadcastRead(NAME, {name.replace("_", "-"): result for name, result in results.items()})
        return self._take(body, digest.decide_read(message(body, EIGHT), None, self.paper, CHANCE))

    def poll(self) -> Decision:
        return digest.decide_poll(message(PollDigest(NAME), EIGHT), None, self.paper, CHANCE)


def settled(decision: Decision) -> list[tuple[str, str, str]]:
    bodies = [body for _, body in decision.commands if isinstance(body, SettleScripts)]
    return [(body.person, body.outcome, body.reason) for body in bodies]


def test_the_launch_sets_the_first_evening() -> None:
    cause = message(CampaignLaunched(1), NOW, campaign="winter")
    (timer,) = digest.decide_launched(cause, DigestFacts(VOICE), Paper.of(()), CHANCE).timers
    assert (timer.due_at, timer.campaign) == (EIGHT, "winter")


def test_everybody_who_waits_is_told_in_one_task_and_tomorrow_comes_again() -> None:
    decision = Desk().due()
    (wish,) = decision.wishes
    assert isinstance(wish.action, Broadcast)
    assert wish.action.externals == ("ext-b", "ext-c", "ext-d")
    assert decision.timers[0].due_at == EIGHT + timedelta(days=1)


def test_the_same_evening_twice_files_once() -> None:
    desk = Desk()
    desk.due()
    assert desk.due().wishes == ()


def test_nobody_waiting_means_no_task_but_another_evening() -> None:
    decision = Desk().due({})
    assert (decision.wishes, len(decision.timers)) == ((), 1)


def test_a_closed_campaign_has_no_more_evenings() -> None:
    closed = CampaignVoice("winter", "冬日", "wx", "zh", "Asia/Shanghai", ("amy",), (), 20, False)
    assert Desk().due(voice=closed) == Decision()


def test_those_who_can_never_be_reached_are_settled_when_the_task_is_filed() -> None:
    desk = Desk()
    desk.due()
    assert settled(desk.filed("ext-d")) == [("d", Outcome.REFUSED_BY_PLATFORM, "not_contact")]
    assert desk.filed("ext-d") == Decision()


def test_results_settle_each_person_once_and_the_rest_is_asked_for_again() -> None:
    desk = Desk()
    desk.due()
    desk.filed()
    first = desk.read(ext_b="sent", ext_c="quota", ext_d="waiting")
    assert settled(first) == [
        ("b", Outcome.STAFF_CONFIRMED, ""),
        ("c", Outcome.REFUSED_BY_PLATFORM, "quota"),
    ]
    assert len(first.timers) == 1
    again = desk.read(ext_b="sent", ext_c="quota", ext_d="sent")
    assert settled(again) == [("d", Outcome.STAFF_CONFIRMED, "")]
    assert again.timers == ()


def test_asking_stops_when_everybody_is_settled() -> None:
    desk = Desk()
    desk.due()
    assert desk.poll() == Decision()
    desk.filed()
    assert isinstance(desk.poll().wishes[0].action, ReadBroadcast)
    desk.read(ext_b="sent", ext_c="sent", ext_d="sent")
    assert desk.poll() == Decision()


def test_a_result_about_a_stranger_is_nothing_to_us() -> None:
    desk = Desk()
    desk.due()
    assert settled(desk.read(ext_z="sent")) == []


def test_an_answer_to_an_unknown_task_changes_nothing() -> None:
    desk = Desk()
    assert desk.filed() == Decision()
    assert desk.read(ext_b="sent") == Decision()
