"""Members on the console: find one, see who they are, and say that two of them are the same person."""

from __future__ import annotations

from nicegui import ui

from qunflow.domain.money import yuan
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.merging import acts
from qunflow.features.merging.acts import MAX_ID, Member, MergePreview
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.look import block, dress, faint, link, steady


def pages(door: Door) -> Pages:
    """``/members`` with its search, and ``/members/{member}``."""

    async def show_search(desk: Desk) -> None:
        dress()
        link(desk.say("console.groups.title"), "/groups")
        ui.label(desk.say("console.members.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.members.text"))
        with block():
            await SearchBox(desk, door, None).draw()

    async def show_member(desk: Desk, member: str) -> None:
        dress()
        found = await acts.find_member(door, desk.workspace, member)
        await MemberPage(desk, door, found).draw()

    see = Right.SEE_GROUPS
    return (
        ConsolePage(
            "/members", "console.members.title", see, show_search, "console.members.title", "person_search", 52
        ),
        ConsolePage("/members/{member}", "console.members.one", see, show_member),
    )


class MemberPage:
    """One member: what is known, and beside it the search for the other account."""

    def __init__(self, desk: Desk, door: Door, member: Member) -> None:
        self._desk, self._door, self._member = desk, door, member

    async def draw(self) -> None:
        """Everything."""
        desk, member = self._desk, self._member
        link(desk.say("console.members.title"), "/members")
        ui.label(member.name or member.person).classes("text-h6").props('role=heading aria-level="1"')
        with ui.element("div").classes("qf-two"):
            with block(desk.say("console.members.known")):
                self._facts()
            if desk.may(Right.RUN_GROUPS) and not member.staff:
                with block(desk.say("console.members.same")):
                    faint(desk.say("console.members.same.text"))
                    await SearchBox(desk, self._door, member).draw()

    def _facts(self) -> None:
        desk, member = self._desk, self._member
        ids = "\n".join(f"{channel} · {value}" for channel, value in member.identities)
        campaigns = "\n".join(text for _, text in member.campaigns)
        told = [
            ("met_at", desk.local(member.met_at)),
            ("identities", ids),
            ("campaigns", campaigns),
            ("available", f"¥ {yuan(member.available_fen)}"),
            ("debt", f"¥ {yuan(member.debt_fen)}" if member.debt_fen else ""),
            ("staff", desk.say("console.members.yes") if member.staff else ""),
            ("went_in", str(len(member.went_in)) if member.went_in else ""),
            ("person", member.person),
        ]
        with ui.element("table").classes("qf-plain"):
            for name, value in told:
                if value:
                    with ui.element("tr").props(f'data-fact="{name}"'):
                        with ui.element("td"):
                            faint(desk.say(f"console.members.fact.{name}"))
                        with ui.element("td"):
                            ui.label(value).style("white-space: pre-line; overflow-wrap: anywhere")


class SearchBox:
    """A search for people; found ones open, or are merged with ``member``."""

    def __init__(self, desk: Desk, door: Door, member: Member | None) -> None:
        self._desk, self._door, self._member = desk, door, member

    async def draw(self) -> None:
        """The field, and below it what was found."""
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            self._words = ui.input(desk.say("console.members.search")).props(f"outlined dense maxlength={MAX_ID}")
            self._words.style("flex: 1 1 220px").mark("member-search").on("keydown.enter", steady(self._search))
            look = ui.button(desk.say("console.members.find"), icon="search").props("outline no-caps")
            look.on_click(steady(self._search)).mark("member-find")
        self._found = ui.element("div").classes("qf-stack w-full").props('role="status"')

    async def _search(self) -> None:
        desk = self._desk
        found = await acts.search_members(self._door, desk.workspace, str(self._words.value or ""))
        found = [one for one in found if self._member is None or one.person != self._member.person]
        self._found.clear()
        with self._found:
            if not found:
                faint(desk.say("console.members.none"))
            for one in found:
                self._row(one)

    def _row(self, one: Member) -> None:
        desk = self._desk
        ids = ", ".join(value for _, value in one.identities[:3])
        with ui.element("div").classes("qf-row w-full").props(f'data-member="{one.person}"'):
            with ui.element("div").style("flex: 1 1 200px; min-width: 0"):
                link(one.name or one.person, f"/members/{one.person}")
                faint(ids).style("overflow-wrap: anywhere")
            if one.staff:
                faint(desk.say("console.members.fact.staff"))
            elif self._member is not None:
                same = ui.button(desk.say("console.members.merge"), icon="merge").props("outline no-caps dense")
                same.on_click(steady(lambda: self._merge(one))).mark(f"merge-{one.person}")

    async def _merge(self, other: Member) -> None:
        desk, member = self._desk, self._member
        assert member is not None
        planned = await acts.preview(self._door, desk.workspace, member.person, other.person)
        heading = desk.say("console.members.merge.ask")
        if not await ask_first(desk, heading, merge_words(desk, planned), desk.say("console.members.merge")):
            return

        async def work() -> MergePreview:
            return await acts.merge(
                self._door, desk.workspace, member.person, other.person, desk.operator.account[:MAX_ID]
            )

        done = await desk.act(Right.RUN_GROUPS, "member.merge", member.person, work, other=other.person)
        if done is not None:
            ui.notify(desk.say("console.members.merged"), type="positive")
            ui.navigate.to(f"/members/{done.kept.person}")


def merge_words(desk: Desk, planned: MergePreview) -> str:
    """What a merge would do, in words for whoever has to say yes."""
    kept, gone = planned.kept, planned.gone
    names = {"kept": kept.name or kept.person, "gone": gone.name or gone.person}
    lines = [desk.say("console.members.merge.who", **names, at=desk.local(kept.met_at))]
    if planned.both:
        lines.append(desk.say("console.members.merge.both", campaigns=_titles(planned.both)))
    if planned.only_gone:
        lines.append(desk.say("console.members.merge.only", campaigns=_titles(planned.only_gone)))
    if gone.available_fen or gone.debt_fen:
        money = {"has": yuan(gone.available_fen), "owes": yuan(gone.debt_fen)}
        lines.append(desk.say("console.members.merge.money", **money))
    lines.append(desk.say("console.members.merge.final"))
    return "\n".join(lines)


def _titles(campaigns: tuple[tuple[str, str], ...]) -> str:
    return "、".join(text for _, text in campaigns[:10])
