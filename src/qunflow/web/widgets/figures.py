"""Figures that explain themselves: a value with its unit and note, whose definition opens at a click or Enter."""

from __future__ import annotations

from html import escape

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from qunflow.web.desk import Desk
from qunflow.web.widgets.formats import Rate, interval_words, rate_parts, rate_words
from qunflow.web.widgets.look import dress


class Figure:
    """One figure; ``text`` is the code of its name, ``{text}.definition`` that of its definition.

    ``show`` puts a new value in place without drawing anew, so that an open definition stays open.
    """

    def __init__(self, desk: Desk, text: str, value: str = "", *, unit: str = "", note: str = "") -> None:
        dress()
        name = desk.say(text)
        with ui.element("button").classes("qf-figure").props('type="button" aria-haspopup="dialog"') as self.box:
            ui.label(name).classes("qf-faint")
            self._value = ui.label(value).classes("qf-value")
            self._note = ui.label(note).classes("qf-faint")
            explain(desk, text)
        self.box.props["data-figure"] = text.rsplit(".", 1)[-1]
        self._unit = unit
        self.show(value, note)

    def show(self, value: str, note: str = "") -> None:
        """Show another value and note."""
        self._value.text = f"{value} {self._unit}".rstrip()
        self._note.text = note
        self._note.set_visibility(bool(note))

    def show_rate(self, desk: Desk, rate: Rate) -> None:
        """Show a rate with its parts and, for a small sample, its 95 % interval."""
        self.show(rate_words(rate), rate_note(desk, rate))


def explain(desk: Desk, text: str) -> None:
    """The definition of ``text`` as a popover of the element around; opens at a click, closes at Esc.

    It is built at the first click: a board has some thirty of them, and most are never opened.
    """
    around = ui.context.slot.parent
    built: list[ui.menu] = []

    def build() -> None:
        if built:  # from then on the browser opens and closes it by itself
            return
        with around, ui.menu(value=True).props('max-width="380px"') as menu, ui.element("div").classes("qf-popover"):
            ui.label(desk.say(text)).classes("text-weight-bold")
            ui.label(desk.say(f"{text}.definition")).style("white-space: pre-line")
        built.append(menu)

    around.on("click", build)


def rate_note(desk: Desk, rate: Rate) -> str:
    """``(21/50) 95 %: 29.4–55.8%``."""
    interval = interval_words(rate)
    return rate_parts(rate) + (f" {desk.say('console.widgets.interval', interval=interval)}" if interval else "")


def named(desk: Desk, text: str) -> None:
    """A name whose definition opens at a click, at the present place."""
    with TextElement(tag="button", text=desk.say(text)).classes("qf-link qf-name") as name:
        name.props('type="button" aria-haspopup="dialog"')
        explain(desk, text)


def named_value(desk: Desk, text: str, value: str, span: int = 1) -> TextElement:
    """A line of a small table: name with its definition behind it, value at the right over ``span`` columns."""
    with ui.element("tr"):
        with ui.element("td"):
            named(desk, text)
        return TextElement(tag="td", text=value).classes("qf-right").props(f"colspan={span}")


def plain_row(*cells: str) -> None:
    """A line of a small table: words, and at the right a number. One element, however many cells."""
    inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells[:-1])
    ui.html(f'{inner}<td class="qf-right">{escape(cells[-1])}</td>', tag="tr", sanitize=False)
