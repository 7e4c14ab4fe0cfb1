"""One's own account: password, who one is in the workspace, and the browsers that are signed in."""

from __future__ import annotations

from nicegui import ui

from qunflow.console.office import Office
from qunflow.console.open_desk import OpenDesk
from qunflow.console.seats import IDLE
from qunflow.console.self_part import SelfPart, Whose
from qunflow.domain.errors import NotFound
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.storage.sessions import SessionRow, end_session, list_sessions
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.look import block, faint

#: The first sign that occurs counts: most browsers also name those that came before them.
_BROWSERS = (
    ("wxwork", "WeCom"), ("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def pages(office: Office, door: Door) -> Pages:
    """The page ``/me``."""

    async def show(desk: Desk) -> None:
        assert isinstance(desk, OpenDesk)  # the shell's own pages know their desk
        ui.label(desk.say("console.me.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.me.who", name=desk.operator.name, role=desk.say(f"console.role.{desk.operator.role}")))
        _password(desk, office)
        with block(desk.say("console.self")):
            who = Whose(desk.operator.account, desk.operator.name, Right.OWN_ACCOUNT, desk.may(Right.RUN_ACCOUNTS))
            await SelfPart(desk, door, who).draw()
        await _sessions(desk, office)

    return (ConsolePage("/me", "console.me.title", Right.OWN_ACCOUNT, show),)


def _password(desk: OpenDesk, office: Office) -> None:
    async def change() -> None:
        if new.value != again.value:
            desk.tell(desk.say("error.password_differs"), "negative")
            return

        async def work() -> bool:
            await office.accounts.change_password(desk.visitor, str(old.value), str(new.value))
            office.seats.forget()
            return True

        if await desk.act(Right.OWN_ACCOUNT, "account.password", "", work):
            for field in (old, new, again):
                field.value = ""
            desk.tell(desk.say("console.me.password_changed"), "positive")

    with block(desk.say("console.me.password")), ui.element("form").classes("qf-form").on("submit.prevent", change):
        faint(desk.say("console.link.rule"))
        whose = ui.element("input").props('type=text name=username autocomplete="username" readonly hidden')
        whose.props["value"] = desk.operator.name  # tells a password store which account this is
        old = _secret(desk.say("console.me.old_password"), "current-password", "old_password")
        new = _secret(desk.say("console.me.new_password"), "new-password", "new_password")
        again = _secret(desk.say("console.link.again"), "new-password", "again")
        ui.button(desk.say("console.me.change_password")).props("no-caps type=submit")


def _secret(label: str, autocomplete: str, name: str) -> ui.input:
    field = ui.input(label, password=True)
    return field.props(f'outlined dense maxlength=256 autocomplete="{autocomplete}" name="{name}"').classes("w-80")


async def _sessions(desk: OpenDesk, office: Office) -> None:
    own = desk.visitor.session.session
    with block(desk.say("console.me.sessions")):
        faint(desk.say("console.me.sessions_text"))
        table = ui.element("table").classes("qf-plain qf-sessions")

    async def draw() -> None:
        async with office.database.directory() as connection:
            rows = await list_sessions(connection, desk.operator.account, office.now() - IDLE)
        table.clear()
        with table:
            _heads(desk)
            with ui.element("tbody"):
                for row in rows:
                    _session(desk, row, own, _end(desk, office, row, draw))

    await draw()


def _heads(desk: OpenDesk) -> None:
    with ui.element("thead"), ui.element("tr"):
        for name in ("browser", "address", "since", "seen"):
            with ui.element("th"):
                ui.label(desk.say(f"console.me.{name}"))
        ui.element("th")


def _session(desk: OpenDesk, row: SessionRow, own: str, end: object) -> None:
    with ui.element("tr"):
        for text in (browser_name(row.browser), row.address, desk.local(row.created_at), desk.local(row.seen_at)):
            with ui.element("td"):
                ui.label(text)
        with ui.element("td"):
            if row.session == own:
                ui.label(desk.say("console.me.this_one")).classes("qf-faint")
            else:
                ui.button(desk.say("console.me.end"), on_click=end).props("flat dense no-caps")  # type: ignore[arg-type]


def browser_name(agent: str) -> str:
    """A browser's description of itself in two words, as far as it is a known one."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (browser, system) if part) or agent[:60] or "–"


def _end(desk: OpenDesk, office: Office, row: SessionRow, draw: object) -> object:
    async def end() -> None:
        async def work() -> bool:
            async with office.database.directory() as connection:
                if not await end_session(connection, desk.operator.account, row.session):
                    raise NotFound("session_unknown", "this browser is signed out already")
            office.seats.forget()
            return True

        await desk.act(Right.OWN_ACCOUNT, "session.revoke", row.session, work)
        await draw()  # type: ignore[operator]

    return end
