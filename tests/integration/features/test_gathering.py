"""One click makes a group of the active or the paying: who is asked, each once, by the channel itself or by staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.features.conftest import CHANNEL, WORKSPACE, Stage, person_of
from tests.integration.features.platform import DONE, ScriptedPlatform

from qunflow.connectors.matrix.settings import WAYS as MATRIX_WAYS
from qunflow.connectors.wecom.settings import WAYS as WECOM_WAYS
from qunflow.domain import actions
from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.domain.events import Event, OrderMade, RefundOwed
from qunflow.domain.inbound import ActionEnded, GroupCreated, MemberEntered, MemberWent, MessagePosted
from qunflow.domain.outcomes import Outcome, Way
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result
from qunflow.features.gathering import acts
from qunflow.features.gathering.acts import Spec
from qunflow.storage.event_log import append_events

WAYS = {"wecom": WECOM_WAYS, "matrix": MATRIX_WAYS}
DAY = timedelta(days=1)


async def add_channel(stage: Stage, kind: str, limit: int = 200) -> None:
    async with stage.application.home.database.directory() as connection:
        await connection.execute(
            "INSERT INTO channels (name, workspace_id, kind, settings, secrets, created_at) "
            "VALUES ($1, 'main', $2, $3::jsonb, '', now())",
            CHANNEL,
            kind,
            f'{{"staff": ["amy"], "group_limit": {limit}}}',
        )


async def say(stage: Stage, *externals: str, text: str = "今天几点开始？", chat: str = "old") -> None:
    await stage.tell(*(MessagePosted(chat, external, text) for external in externals))
    await stage.settle()


@dataclass
class Rooms(ScriptedPlatform):
    """A platform that makes rooms and invites by itself, as Matrix does; who is in ``closed`` cannot be invited."""

    closed: tuple[str, ...] = ()

    @property
    def ways(self) -> Mapping[str, Way]:
        return MATRIX_WAYS

    def _do(self, action: Any) -> Receipt:
        if isinstance(action, actions.CreateGroup):
            chat = f"!{action.request}"
            return Receipt(Result.DONE, answers=(GroupCreated(chat, action.name, action.request),))
        if isinstance(action, actions.InviteMember):
            self.asked[f"invite {action.external}"] += 1
            refused = action.external in self.closed
            outcome = Outcome.REFUSED_BY_PLATFORM if refused else Outcome.DELIVERED
            return replace(DONE, answers=(ActionEnded(action.wish, outcome, Reason.QUOTA if refused else ""),))
        return super()._do(action)


def spec(**changes: Any) -> Spec:
    return replace(Spec(CHANNEL, "活跃群", "active", 30, "", ("amy",), "来新群领早鸟价"), **changes)


async def test_who_spoke_lately_is_active_and_others_are_left_out_with_their_reason(stage: Stage) -> None:
    await add_channel(stage, "matrix")
    await stage.tell(MemberEntered("old", "amy", "Amy", True), *(MemberEntered("old", who) for who in "abcdz"))
    await stage.tell(MemberWent("old", "z", True, True))
    await stage.settle()
    await say(stage, "late")
    await stage.wait(31 * DAY)
    await say(stage, "amy", "a", "b", "z")
    await say(stage, "c", text="?!")
    found = await acts.preview(stage.application.door, WORKSPACE, spec(), WAYS)
    assert found.people == {"a": person_of("a"), "b": person_of("b")}
    assert (found.found, found.left_out["staff"], found.left_out["blacklist"]) == (4, 1, 1)
    assert (found.make, found.invite, found.groups) == (Way.AUTOMATIC, Way.AUTOMATIC, 1)
    assert await stage.rows("SELECT 1 FROM outbox WHERE kind IN ('create_group', 'invite_member')") == []
    assert "late" in (await acts.preview(stage.application.door, WORKSPACE, spec(days=60), WAYS)).people
    await stage.check()


async def test_a_person_who_talks_much_is_noted_once_in_some_hours_and_never_with_words(stage: Stage) -> None:
    for _ in range(5):
        await say(stage, "a")
    await stage.wait(timedelta(hours=6))
    await say(stage, "a")
    rows = await stage.rows("SELECT data::text FROM events WHERE type = 'person_spoke'")
    assert rows == [("{}",), ("{}",)]


async def test_rooms_are_made_and_everybody_is_invited_once_by_the_channel_itself(stage: Stage) -> None:
    await add_channel(stage, "matrix", limit=3)
    rooms = Rooms(stage.application.home.clock, closed=("d",))
    stage.platform, stage.sender = rooms, stage.application.sender(rooms)
    await stage.tell(MemberEntered("old", "amy", "Amy", True), *(MemberEntered("old", who) for who in "abcdefg"))
    await say(stage, *"abcd")
    door = stage.application.door
    state = await acts.gather(door, WORKSPACE, spec(), WAYS, "op")
    again = await acts.gather(door, WORKSPACE, spec(), WAYS, "op")
    assert state.gathering == again.gathering
    await stage.settle()
    invited = {name: count for name, count in rooms.asked.items() if name.startswith("invite ")}
    assert invited == {f"invite {who}": 1 for who in "abcd"}
    progress = await acts.read_progress(door, WORKSPACE, state.gathering)
    assert (progress.asked, progress.done, dict(progress.refused), len(progress.chats)) == (4, 3, {"quota": 1}, 2)
    chat = progress.chats[0]
    await stage.tell(MemberEntered(chat, next(iter(state.people))))
    await stage.settle()
    assert (await acts.read_progress(door, WORKSPACE, state.gathering)).inside == 1

    await say(stage, *"efg")  # three more became active: they go on filling the second room, then a third one
    planned = await acts.preview(door, WORKSPACE, spec(), WAYS)
    assert set(planned.people) == set("efg")
    assert planned.left_out["inside"] + planned.left_out["asked"] == 4
    await acts.gather(door, WORKSPACE, spec(), WAYS, "op")
    await stage.settle()
    assert rooms.asked["create_group"] == 3
    assert {name for name, count in rooms.asked.items() if name.startswith("invite ") and count != 1} == set()
    assert (await acts.read_progress(door, WORKSPACE, state.gathering)).asked == 7
    await stage.check()


async def test_on_wecom_staff_make_the_group_and_confirm_one_message_to_each(stage: Stage) -> None:
    await add_channel(stage, "wecom")
    door = stage.application.door
    for who in "abc":
        await stage.add(who, "")
    await say(stage, *"abc")
    planned = await acts.preview(door, WORKSPACE, spec(), WAYS)
    assert (planned.make, planned.invite, len(planned.people)) == (Way.TODO, Way.STAFF_CONFIRMS, 3)
    with pytest.raises(InvalidInput):
        await acts.gather(door, WORKSPACE, spec(text=""), WAYS, "op")
    state = await acts.gather(door, WORKSPACE, spec(), WAYS, "op")
    await stage.settle()
    assert any("活跃群1" in card.text for card in stage.platform.cards), "a card for a named person"
    assert stage.platform.broadcasts == [], "nobody is told of a group that is not there"
    assert (await acts.read_progress(door, WORKSPACE, state.gathering)).waiting == 3

    await stage.make_group("new", "活跃群1")
    (sent,) = stage.platform.broadcasts
    code = (await acts.find_gathering(door, WORKSPACE, state.gathering)).code
    assert sorted(sent.externals) == ["a", "b", "c"]
    assert sent.text.endswith(f"/c/{code}") and sent.text.startswith("来新群领早鸟价")
    await stage.make_group("other", "别的群")
    await acts.gather(door, WORKSPACE, spec(), WAYS, "op")
    await stage.settle()
    assert len(stage.platform.broadcasts) == 1

    stage.platform.confirmed = {"a": "sent", "b": "quota"}
    await stage.wait(timedelta(minutes=15))
    progress = await acts.read_progress(door, WORKSPACE, state.gathering)
    assert (progress.done, progress.under_way, dict(progress.refused)) == (1, 1, {"quota": 1})
    await stage.join("a", "new")
    await say(stage, "d")
    await stage.add("d", "")
    await acts.gather(door, WORKSPACE, spec(), WAYS, "op")
    await stage.settle()
    assert [sorted(task.externals) for task in stage.platform.broadcasts] == [["a", "b", "c"], ["d"]]
    assert (await acts.read_progress(door, WORKSPACE, state.gathering)).inside == 1
    await stage.check()


async def test_a_sender_that_dies_after_filing_tells_nobody_twice(stage: Stage) -> None:
    await add_channel(stage, "wecom")
    await stage.add("a", "")
    await say(stage, "a")
    await acts.gather(stage.application.door, WORKSPACE, spec(), WAYS, "op")
    await stage.settle()
    stage.platform.die_after = actions.Broadcast.KIND
    with pytest.raises(BaseException):  # noqa: B017 - the scripted process ends itself
        await stage.make_group("new", "活跃群1")
    stage.platform.die_after = ""
    await stage.new_sender()
    await stage.settle()
    assert len(stage.platform.broadcasts) == 1
    await stage.check()


async def test_who_paid_and_was_not_paid_back_is_gathered_as_paying(stage: Stage) -> None:
    await add_channel(stage, "matrix")
    door, now = stage.application.door, stage.now
    await say(stage, *"abc")
    for number, who in enumerate("abc"):
        buyer, order = person_of(who), f"o{number}"
        made = OrderMade(order, "u1", buyer, 900, now + DAY)
        await keep_event(stage, made, person=buyer)
        if who != "c":
            await keep_posting(stage, f"play:winter:u1:paid:{order}", 900)
    await keep_event(stage, RefundOwed("r-o1", "o1", "u1", person_of("b"), 900, "x"), person=person_of("b"))
    found = await acts.preview(door, WORKSPACE, spec(who="paying"), WAYS)
    assert set(found.people) == {"a"}
    assert (await acts.preview(door, WORKSPACE, spec(who="paying", campaign="summer"), WAYS)).found == 0
    with pytest.raises(Conflict, match="nobody fits"):
        await acts.gather(door, WORKSPACE, spec(who="paying", campaign="summer"), WAYS, "op")


async def keep_event(stage: Stage, body: Any, person: str) -> None:
    """An event of the log, as the campaign's models write it."""
    dice = stage.application.engine.dice
    event = Event(
        dice.event_id(),
        WORKSPACE,
        f"unit:winter:{dice.event_id()}",
        1,
        body,
        stage.now,
        stage.now.date(),
        "Asia/Shanghai",
        dice.wall(),
        person=person,
        campaign="winter",
    )
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await append_events(unit, [event])


async def keep_posting(stage: Stage, key: str, fen: int) -> None:
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await unit.execute(
            "INSERT INTO postings (workspace_id, key, debit, credit, unit, amount, at, event_id) "
            "VALUES ($1, $2, 'external:winter', 'escrow:winter:u1', 'fen', $3, $4, $5)",
            *(WORKSPACE, key, fen, stage.now, stage.application.engine.dice.event_id()),
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"who": "rich"}, "who"), ({"days": 0}, "days"), ({"name": ""}, "name"), ({"staff": ()}, "staff")],
)
async def test_a_wrong_wish_is_refused_by_its_field(stage: Stage, changes: dict[str, Any], field: str) -> None:
    await add_channel(stage, "matrix")
    with pytest.raises(InvalidInput) as told:
        await acts.preview(stage.application.door, WORKSPACE, spec(**changes), WAYS)
    assert told.value.field == field
