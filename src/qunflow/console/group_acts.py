"""Acts on a group: each asks first and says how this channel carries it out, then waits in the log for its end."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from qunflow.community import desk as community_desk
from qunflow.community import set_desk
from qunflow.community.acts import MAX_ID, MAX_NOTE, MAX_TOPIC, Act, ActOnGroup
from qunflow.community.model import group_stream
from qunflow.community.sets import MAX_TITLE
from qunflow.console.group_book import GroupBook, GroupSheet
from qunflow.domain.actions import BanMember, RemoveMember, SetTopic, UnbanMember
from qunflow.domain.errors import Conflict
from qunflow.domain.outcomes import Way
from qunflow.domain.reasons import Reason
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import ask_first, ask_for
from qunflow.web.widgets.forms import Field, Kind
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import faint, steady

WISHES: Mapping[Act, str] = {
    Act.KICK: RemoveMember.KIND,
    Act.BAN: BanMember.KIND,
    Act.UNBAN: UnbanMember.KIND,
    Act.TOPIC: SetTopic.KIND,
}
REASONS = (Reason.KICKED, Reason.FRAUD, Reason.OTHER)
NEW = "+"


class GroupActs:
    """The acts of one group's page."""

    def __init__(self, desk: Desk, door: Door, book: GroupBook, channel: str, chat: str) -> None:
        self._desk, self._door, self._book, self._channel, self._chat = desk, door, book, channel, chat
        self._ways: Mapping[str, Way] = {}

    def draw(self, sheet: GroupSheet) -> None:
        """The buttons, for those who may act."""
        self._ways = sheet.ways
        desk = self._desk
        if not desk.may(Right.RUN_GROUPS):
            return
        with ui.element("div").classes("qf-row"):
            self._button("topic", "campaign", self._topic, Act.TOPIC)
            read = ui.button(desk.say("console.groups.read"), icon="refresh").props("outline no-caps")
            read.on_click(steady(self._read)).mark("read-now")
            self._button("unban", "lock_open", lambda: self._unban(sheet), Act.UNBAN, bool(sheet.bans))
            put = ui.button(desk.say("console.groups.set.choose"), icon="create_new_folder").props("outline no-caps")
            put.on_click(steady(lambda: self._sets(sheet)))
        faint(desk.say("console.groups.rename.why"))

    def _button(self, name: str, icon: str, act: object, kind: Act, there: bool = True) -> None:
        desk = self._desk
        button = ui.button(desk.say(f"console.groups.{name}"), icon=icon).props("outline no-caps")
        button.on_click(steady(act)).mark(f"act-{name}")  # type: ignore[arg-type]
        way = self._way(kind)
        button.set_enabled(there and way is not Way.UNAVAILABLE)
        if way is Way.UNAVAILABLE:
            button.tooltip(desk.say("console.groups.way.unavailable"))

    def _way(self, act: Act) -> Way:
        return self._ways.get(WISHES[act], Way.UNAVAILABLE)

    def _how(self, act: Act) -> str:
        """How this channel carries an act out, in words."""
        return self._desk.say(f"console.groups.way.{self._way(act)}")

    async def remove(self, row: Row) -> None:
        """Remove a member, who reads why; for good where the channel knows bans."""
        desk = self._desk
        reasons = {str(reason): desk.say(f"console.groups.reason.{reason}") for reason in REASONS}
        fields = [
            Field("reason", "console.groups.field.reason", Kind.CHOICE, required=True, options=reasons),
            Field("note", "console.groups.field.note", Kind.LONG, 1, MAX_NOTE, required=True),
        ]
        if self._way(Act.BAN) is not Way.UNAVAILABLE:
            fields.append(Field("for_good", "console.groups.field.for_good", Kind.SWITCH))
        who = str(row["name"] or row["external"])
        words = desk.say("console.groups.kick.why", who=who) + "\n" + self._how(Act.KICK)
        data = {"reason": str(Reason.KICKED), "note": desk.say(f"reason.{Reason.KICKED}")}
        heading = desk.say("console.groups.kick")
        found = await ask_for(desk, heading, words, heading, fields, data=data, danger=True)
        if found is not None:
            act = Act.BAN if found.get("for_good") else Act.KICK
            await self._ask(act, str(row["external"]), reason=str(found["reason"]), note=str(found["note"]))

    async def _topic(self) -> None:
        desk = self._desk
        field = Field("topic", "console.groups.field.topic", Kind.LONG, 0, MAX_TOPIC)
        heading = desk.say("console.groups.topic")
        found = await ask_for(desk, heading, self._how(Act.TOPIC), heading, [field])
        if found is not None:
            await self._ask(Act.TOPIC, "", value=str(found.get("topic") or ""))

    async def _unban(self, sheet: GroupSheet) -> None:
        desk = self._desk
        people = {external: f"{name} · {external}" if name else external for external, name in sheet.bans}
        field = Field("who", "console.groups.field.who", Kind.CHOICE, required=True, options=people)
        heading = desk.say("console.groups.unban")
        data = {"who": next(iter(people))}
        found = await ask_for(desk, heading, self._how(Act.UNBAN), heading, [field], data=data)
        if found is not None:
            await self._ask(Act.UNBAN, str(found["who"]))

    async def _ask(self, act: Act, external: str, *, value: str = "", reason: str = "", note: str = "") -> None:
        desk = self._desk
        name = community_desk.new_act_name()
        by = desk.operator.account[:MAX_ID]
        body = ActOnGroup(name, str(act), self._chat, external, "", value, reason, note, by)

        async def ask() -> bool:
            if self._way(act) is Way.UNAVAILABLE:
                raise Conflict("no_capability", "this channel cannot do that", field=self._channel)
            group = await community_desk.find_group(self._door, desk.workspace, self._chat, self._channel)
            await community_desk.ask_act(self._door, desk.workspace, group, body)
            return True

        if await desk.act(Right.RUN_GROUPS, f"group.{act}", f"{self._channel}/{self._chat}", ask, member=external):
            self._forget()
            ui.notify(desk.say("console.groups.asked", how=self._how(act)), type="positive")

    async def _read(self) -> None:
        desk = self._desk
        heading = desk.say("console.groups.read")
        if not await ask_first(desk, heading, desk.say("console.groups.read.why"), heading, danger=False):
            return

        async def read() -> bool:
            group = await community_desk.find_group(self._door, desk.workspace, self._chat, self._channel)
            return await set_desk.read_now(self._door, desk.workspace, group)

        if await desk.act(Right.RUN_GROUPS, "group.read", f"{self._channel}/{self._chat}", read):
            ui.notify(desk.say("console.groups.read.asked"), type="positive")

    async def _sets(self, sheet: GroupSheet) -> None:
        desk, stream = self._desk, group_stream(self._channel, self._chat)
        inside = {one.name for one in sheet.sets}
        options = {
            one.name: desk.say(
                "console.groups.set.out" if one.name in inside else "console.groups.set.in", title=one.title
            )
            for one in sheet.every_set
        }
        options[NEW] = desk.say("console.groups.set.new")
        fields = [
            Field("set", "console.groups.field.set", Kind.CHOICE, required=True, options=options),
            Field("title", "console.groups.field.title", most=MAX_TITLE, least=1),
        ]
        heading = desk.say("console.groups.set.choose")
        found = await ask_for(desk, heading, "", heading, fields, data={"set": next(iter(options))})
        if found is None:
            return

        async def change() -> bool:
            name = str(found["set"])
            if name == NEW:
                name = await set_desk.make_set(self._door, desk.workspace, str(found.get("title") or ""))
            moved = {"take": [stream]} if name in inside else {"add": [stream]}
            await set_desk.change_set(self._door, desk.workspace, name, **moved)
            return True

        await desk.act(Right.RUN_GROUPS, "group_set.change", str(found["set"]), change)
        self._forget()

    def _forget(self) -> None:
        self._book.forget(self._desk.workspace, self._channel, self._chat)
