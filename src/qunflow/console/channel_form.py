"""Adding an account step by step, and changing one: what to type, what to paste where, then the doctor."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from qunflow.console.channel_desk import ChannelDesk
from qunflow.console.channel_fields import account_fields, new_callback_secrets, settings_of
from qunflow.console.channel_health import show_health
from qunflow.domain.errors import NotFound
from qunflow.domain.rights import Right
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.forms import Field, Form
from qunflow.web.widgets.look import block, faint, link

KINDS = ("wecom", "matrix")


def add_pages(channels: ChannelDesk) -> Pages:
    """The page that adds an account of a kind, and the one that changes an account."""

    async def add(desk: Desk, kind: str) -> None:
        if kind not in KINDS:
            raise NotFound("channel_kind", "a channel is of kind wecom or matrix", field=kind[:64])
        ui.label(desk.say(f"console.channels.add.{kind}")).classes("text-h6").props('role=heading aria-level="1"')
        _Setting(desk, channels, kind, "", {}).draw()

    async def change(desk: Desk, name: str) -> None:
        row = await channels.row(desk.workspace, name)
        if row is None or row.kind not in KINDS:
            raise NotFound("channel_unknown", "there is no channel of this name", field=name[:64])
        ui.label(f"{name}: {desk.say('console.channels.change')}").classes("text-h6").props(
            'role=heading aria-level="1"'
        )
        _Setting(desk, channels, row.kind, name, dict(row.settings)).draw()

    return (
        ConsolePage("/channels/add/{kind}", "console.channels.add", Right.RUN_CHANNELS, add),
        ConsolePage("/channels/{name}/settings", "console.channels.change", Right.RUN_CHANNELS, change),
    )


class _Setting:
    """One account on its way: a new one without ``name``, else one that is changed."""

    def __init__(self, desk: Desk, channels: ChannelDesk, kind: str, name: str, data: dict[str, Any]) -> None:
        self._desk, self._channels, self._kind, self._name = desk, channels, kind, name
        own = () if name else (Field("name", "console.channels.name", most=64, required=True),)
        known = {item.name for item in account_fields(desk, kind)}
        self._form = Form(
            desk, (*own, *account_fields(desk, kind)), {key: data[key] for key in known if data.get(key) is not None}
        )
        self._secret: ui.input | None = None
        self._renew: ui.switch | None = None

    def draw(self) -> None:
        """Draw the first step."""
        desk = self._desk
        with block(desk.say("console.channels.step.1")) as self._first:
            faint(desk.say(f"console.channels.where.{self._kind}")).style("white-space: pre-line")
            self._form.draw()
            if self._kind == "wecom":
                self._draw_secret()
            save = ui.button(desk.say("console.channels.save"), on_click=self._save).props("no-caps")
            save.mark("save-channel")
        self._next = ui.element("div").classes("qf-stack")

    def _draw_secret(self) -> None:
        desk = self._desk
        ui.label(desk.say("console.channels.wecom.secret") + ("" if self._name else " *")).classes("text-weight-medium")
        why = "console.channels.wecom.secret_kept" if self._name else "console.channels.wecom.secret.why"
        faint(desk.say(why))
        self._secret = ui.input(password=True, password_toggle_button=True)
        self._secret.props('outlined dense maxlength=256 autocomplete="off" data-field="secret"').classes("w-full")
        if self._name:
            self._renew = ui.switch(desk.say("console.channels.wecom.renew"))

    async def _save(self) -> None:
        typed = str(self._secret.value or "").strip() if self._secret is not None else ""
        if not self._form.check():
            return
        if self._kind == "wecom" and not self._name and not typed:
            ui.notify(self._desk.say("console.channels.wecom.secret_missing"), type="negative")
            return
        data = dict(self._form.data)
        name = self._name or str(data.pop("name")).strip()
        given: dict[str, str] = {"secret": typed} if typed else {}
        shown: dict[str, str] = {}
        if self._kind == "wecom" and (not self._name or (self._renew is not None and self._renew.value)):
            shown = new_callback_secrets()
        settings = settings_of(self._kind, data)

        async def work() -> str:
            return await self._channels.save(self._desk.workspace, self._kind, name, settings, {**given, **shown})

        act = "channel.change" if self._name else "channel.add"
        callback = await self._desk.act(Right.RUN_CHANNELS, act, name, work, kind=self._kind)
        if callback:
            self._name = name
            await self._show_next(callback, shown)

    async def _show_next(self, callback: str, shown: dict[str, str]) -> None:
        """What has to be pasted on the platform's side, then the doctor's checks."""
        desk = self._desk
        if self._secret is not None:
            self._secret.value = ""
        self._first.set_visibility(False)
        self._next.clear()
        with self._next:
            with block(desk.say("console.channels.step.2")):
                ui.label(desk.say(f"console.channels.paste.{self._kind}")).style("white-space: pre-line")
                for code, value in (("callback", callback), *shown.items()):
                    self._paste(code, value)
                if shown:
                    faint(desk.say("console.channels.paste.once"))
                if self._kind == "matrix":
                    link(desk.say("console.channels.registration"), f"/files/channels/{self._name}/registration")
            faint(desk.say("console.channels.step.3"))
            await show_health(desk, self._channels, self._name)
            link(desk.say("console.channels.to_one"), f"/channels/{self._name}")

    def _paste(self, code: str, value: str) -> None:
        desk = self._desk
        with ui.row().classes("items-center w-full no-wrap").style("gap:8px"):
            field = ui.input(desk.say(f"console.channels.{code}"), value=value).props("readonly outlined dense")
            field.classes("col").props["data-paste"] = code
            copy = ui.button(icon="content_copy", on_click=lambda: ui.clipboard.write(value)).props("flat dense")
            copy.props["aria-label"] = desk.say("console.channels.copy")
