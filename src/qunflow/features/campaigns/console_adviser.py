"""The page ``/campaigns/advise``: which model fits, with what speaks for and against each (M134)."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.features.campaigns.adviser import AIMS, AUDIENCES, MAX_PEOPLE, SEASONS, Advice, Situation
from qunflow.features.campaigns.adviser_rules import advise
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.forms import Field, Form, Kind
from qunflow.web.widgets.look import block, dress, faint, link, title

ADDRESS = "/campaigns/advise"
_NAMES = ("audience", "aim", "people", "price_fen", "margin_bps", "season")
#: A form that shows something before anything is typed.
_BEGIN = {
    "audience": "members",
    "aim": "grow",
    "people": 500,
    "price_fen": 9_900,
    "margin_bps": 4_000,
    "season": "ordinary",
}


def adviser_pages() -> Pages:
    """The page alone."""

    async def show(desk: Desk) -> None:
        AdviserPage(desk).draw()

    return (ConsolePage(ADDRESS, "console.adviser.title", Right.SEE_CAMPAIGNS, show),)


def draw_adviser_link(desk: Desk) -> None:
    """The way to the adviser, for pages on which somebody chooses a model."""
    link(desk.say("console.adviser.link"), ADDRESS).mark("adviser")


class AdviserPage:
    """The questions and, beside them, every model; a change of an answer ranks them anew."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._form = Form(desk, _fields(desk), dict(_BEGIN), on_change=self._changed)
        self._told: ui.element | None = None

    def draw(self) -> None:
        """Draw both halves."""
        dress()
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.adviser.title")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            if desk.may(Right.RUN_CAMPAIGNS):
                new = ui.button(desk.say("console.campaigns.new"), icon="add").props("unelevated no-caps")
                new.on_click(lambda: ui.navigate.to("/campaigns/new"))
        faint(desk.say("console.adviser.about"))
        with (
            block(desk.say("console.adviser.situation")),
            ui.element("div").classes("qf-four").style("align-items: end"),
        ):
            self._form.draw()
        self._told = ui.element("div").classes("qf-stack w-full").mark("advice")
        self._rank()

    def _changed(self, *_: Any) -> None:
        self._rank()

    def _rank(self) -> None:
        data = self._form.data
        if self._told is None or any(data.get(name) is None for name in _NAMES):
            return
        found = advise(Situation(**{name: data[name] for name in _NAMES}))
        self._told.clear()
        with self._told:
            for code in found.warnings:
                _line("warning", "text-warning", self._desk.say(f"adviser.general.{code}"))
            for advice in found.models:
                self._model(advice)

    def _model(self, advice: Advice) -> None:
        say = self._desk.say
        with block() as card:
            card.props["data-model"] = advice.model
            card.props["data-fits"] = str(advice.fits).lower()
            with ui.element("div").classes("qf-row w-full"):
                title(say(f"adviser.model.{advice.model}"))
                ui.space()
                fits = say("console.adviser.fits" if advice.fits else "console.adviser.fits_not")
                faint(say("console.adviser.points", points=advice.points, fits=fits))
            for code in advice.reasons:
                _line("add_circle_outline", "text-positive", say(f"adviser.reason.{code}"))
            for code in advice.against:
                _line("remove_circle_outline", "text-negative", say(f"adviser.reason.{code}"))
            for code in advice.warnings if advice.fits else ():
                _line("warning_amber", "text-warning", say(f"adviser.warning.{code}"))


def _line(icon: str, tone: str, words: str) -> None:
    with ui.element("div").style("display: flex; gap: 8px; align-items: flex-start"):
        ui.icon(icon, size="18px").classes(tone).style("margin-top: 2px")
        ui.label(words)


def _fields(desk: Desk) -> tuple[Field, ...]:
    def choices(name: str, values: tuple[str, ...]) -> dict[str, str]:
        return {value: desk.say(f"adviser.{name}.{value}") for value in values}

    def field(name: str, kind: Kind, least: int = 0, most: int = 0, **given: Any) -> Field:
        return Field(name, f"console.adviser.{name}", kind, least, most, True, **given)

    return (
        field("audience", Kind.CHOICE, options=choices("audience", AUDIENCES)),
        field("aim", Kind.CHOICE, options=choices("aim", AIMS)),
        field("season", Kind.CHOICE, options=choices("season", SEASONS)),
        field("people", Kind.NUMBER, 1, MAX_PEOPLE),
        field("price_fen", Kind.MONEY, 0, 100_000_000),
        field("margin_bps", Kind.PERCENT, 0, 10_000),
    )
