"""The boxes that fields are typed into, and what is said beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.form_fields import Field, Kind, Read, bound_code, default_words

Typed = Callable[[Any], None]


def label_of(desk: Desk, item: Field) -> str:
    """What a field is called; a star marks one that must be filled in."""
    return (item.label or desk.say(item.text)) + (" *" if item.required else "")


def about_of(desk: Desk, item: Field) -> str:
    """What a field is for, its bound, and what it is when left empty."""
    words = [item.about if item.label else desk.say(f"{item.text}.why")]
    bound = bound_code(item)
    if bound is not None:
        words.append(desk.say(f"console.widgets.bound.{bound[0]}", **bound[1]))
    if default := default_words(item):
        words.append(desk.say("console.widgets.bound.default", value=default))
    return " ".join(words).strip()


def problem_words(desk: Desk, found: Read) -> str:
    """What is wrong with what was typed."""
    return desk.say(f"console.widgets.problem.{found.problem}", **found.parameters)


def draw_box(item: Field, value: Any, label: str, typed: Typed, *, inside: bool = False) -> Any:
    """The box of a field with ``value`` in it; ``inside`` a row its label stands in the box."""
    named = label if inside else None
    if item.kind is Kind.SWITCH:
        return ui.switch(label, value=bool(value), on_change=typed)
    if item.kind is Kind.CHOICE:
        chosen = value if isinstance(value, str) and value in item.options else None
        box: Any = ui.select(dict(item.options), label=named, value=chosen, on_change=typed)
    elif item.kind in (Kind.LONG, Kind.TEXTS):
        box = ui.textarea(label=named, value=value, on_change=typed).props("autogrow debounce=300")
    else:
        box = ui.input(label=named, value=value, on_change=typed).props("debounce=300")
        _dress_input(box, item.kind)
    if not inside:
        box.props["aria-label"] = label
    box.without_auto_validation()  # it would wipe away what the form says of a wrong value
    return box.props("outlined dense")


def _dress_input(box: Any, kind: Kind) -> None:
    if kind is Kind.TIME:
        box.props("type=datetime-local stack-label")
    elif kind is Kind.DAY:
        box.props("type=date stack-label")
    elif kind is Kind.CLOCK:
        box.props("type=time stack-label")
    elif kind is Kind.NUMBER:
        box.props("inputmode=numeric")
    elif kind is Kind.MONEY:
        box.props('inputmode=decimal prefix="¥"')
    elif kind is Kind.PERCENT:
        box.props('inputmode=decimal suffix="%"')
