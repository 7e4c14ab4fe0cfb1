"""Asking before an act that hurts, and offering to take one back."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.forms import Field, Form
from qunflow.web.widgets.look import dress, faint, title


async def ask_first(desk: Desk, heading: str, text: str, act: str, *, danger: bool = True, typed: str = "") -> bool:
    """Ask whether to go on; all texts are said already. With ``typed`` the operator has to write that name first."""
    dress()
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("max-width: 480px"):
        title(heading)
        ui.label(text).style("white-space: pre-line")
        field = ui.input(desk.say("console.widgets.ask.type", name=typed)) if typed else None
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.widgets.ask.no"), on_click=lambda: dialog.submit(False)).props("flat autofocus")
            yes = ui.button(act, on_click=lambda: dialog.submit(True)).props("unelevated")
            yes.props("color=negative" if danger else "color=primary")
        if field is not None:
            field.props("outlined dense").classes("w-full")
            yes.bind_enabled_from(field, "value", lambda value: value == typed)
    answer = await dialog
    _put_away(dialog)
    return bool(answer)


async def ask_for(
    desk: Desk,
    heading: str,
    text: str,
    act: str,
    fields: Sequence[Field],
    *,
    data: dict[str, Any] | None = None,
    tz: str = "Asia/Shanghai",
    danger: bool = False,
) -> dict[str, Any] | None:
    """Ask for fields before an act, ``data`` filled in; None when the operator turns back. Nothing wrong passes."""
    dress()
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("width: 520px; max-width: 95vw"):
        title(heading)
        if text:
            faint(text).style("white-space: pre-line")
        form = Form(desk, fields, data, tz=tz)
        form.draw()
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.widgets.ask.no"), on_click=lambda: dialog.submit(None)).props("flat")
            go = ui.button(act, on_click=lambda: dialog.submit(form.data) if form.check() else None)
            go.props(f"unelevated color={'negative' if danger else 'primary'}")
    answer = await dialog
    _put_away(dialog)
    return answer if isinstance(answer, dict) else None


def offer_undo(desk: Desk, text: str, undo: Callable[[], Awaitable[object]], seconds: int = 10) -> None:
    """Say what was done, and offer for some seconds (10, or 60 for what is hard to see) to take it back."""
    dress()
    end = time.monotonic() + seconds
    with ui.context.client.layout, ui.element("div").classes("qf-undo").props('role="status"') as snack:
        ui.label(text)
        back = ui.button(desk.say("console.widgets.undo", seconds=seconds)).props("flat dense color=yellow no-caps")

        async def take_back() -> None:
            timer.cancel()
            snack.set_visibility(False)
            await undo()
            snack.delete()

        def count() -> None:
            left = round(end - time.monotonic())
            if left <= 0:
                timer.cancel()
                snack.delete()
            else:
                back.text = desk.say("console.widgets.undo", seconds=left)

        back.on_click(take_back)
        timer = ui.timer(1.0, count, immediate=False)


def _put_away(dialog: ui.dialog) -> None:
    if not dialog.is_deleted:  # whoever was asked may have closed the page
        dialog.delete()
