"""The buttons and keys of a review: approve, reject for a reason, next, previous, take back, help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from qunflow.domain.reasons import Reason
from qunflow.features.tasks.console_words import REASONS, reason_words
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint, steady

Act = Callable[[], Awaitable[None] | None]
#: Keys as they are shown, with the codes of their texts.
SHOWN_KEYS = {"A": "a", "R": "r", "1–9": "digit", "0": "zero", "J": "j", "K": "k", "U": "u", "/": "slash",
              "?": "question"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewActs:
    """What the buttons do."""

    approve: Act
    ask_reason: Act
    reject: Callable[[Reason], Awaitable[None]]
    back: Act
    forth: Act


def draw_acts(desk: Desk, does: ReviewActs) -> ui.element:
    """The buttons, and below them the reasons, hidden until they are asked for; answers the reasons."""
    with ui.element("div").classes("qf-row").style("gap: 8px"):
        _button(desk, "approve", "check", "A", does.approve, "unelevated color=positive")
        _button(desk, "reject", "close", "R", does.ask_reason, "unelevated color=negative")
        _arrow(desk, "back", "chevron_left", "K", does.back)
        _arrow(desk, "next", "chevron_right", "J", does.forth)
        keys = ui.button(icon="help_outline", color=None, on_click=steady(lambda: show_keys(desk)))
        keys.props("flat round dense")
        keys.props["aria-label"] = desk.say("console.reviews.help")
    with ui.element("div").classes("qf-stack") as reasons:
        faint(desk.say("console.reviews.why"))
        with ui.element("div").classes("qf-keys"):
            for place, reason in enumerate(REASONS):
                _reason_button(desk, str((place + 1) % 10) if place < 10 else "", reason, does)
    reasons.set_visibility(False)
    return reasons


def _button(desk: Desk, name: str, icon: str, key: str, act: Act, look: str) -> None:
    with ui.button(on_click=steady(act)).props(f"{look} no-caps").mark(name):
        ui.icon(icon, size="20px")
        ui.label(desk.say(f"console.reviews.{name}")).style("margin-left: 6px")
        ui.label(key).classes("qf-key")


def _arrow(desk: Desk, name: str, icon: str, key: str, act: Act) -> None:
    with (
        ui.button(color=None, on_click=steady(act)).props("outline dense").mark(name).style("padding: 4px 8px") as arrow
    ):
        arrow.props["aria-label"] = desk.say(f"console.reviews.{name}")
        ui.tooltip(desk.say(f"console.reviews.{name}"))
        ui.icon(icon, size="20px")
        ui.label(key).classes("qf-key").style("margin-left: 2px")


def _reason_button(desk: Desk, key: str, reason: Reason, does: ReviewActs) -> None:
    button = ui.button(color=None, on_click=steady(lambda: does.reject(reason)))
    button.props("outline no-caps align=left dense").style("padding: 4px 10px").props(f'data-reason="{reason}"')
    with button:
        ui.label(key or "·").classes("qf-key").style("margin: 0 8px 0 0")
        ui.label(reason_words(desk, reason))


def show_keys(desk: Desk) -> None:
    """Every key with what it does; Esc closes it."""
    with ui.dialog() as dialog, ui.card().style("max-width: 520px; padding: 20px; gap: 12px"):
        ui.label(desk.say("console.reviews.help")).classes("qf-title")
        with ui.element("table").classes("qf-plain"):
            for key, code in SHOWN_KEYS.items():
                with ui.element("tr"):
                    with ui.element("td"):
                        ui.label(key).classes("qf-key").style("margin: 0; display: inline-block")
                    with ui.element("td"):
                        ui.label(desk.say(f"console.reviews.key.{code}"))
    dialog.on("hide", dialog.delete)
    dialog.open()
