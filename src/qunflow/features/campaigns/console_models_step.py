"""The wizard's step that chooses what a campaign plays, and asks for that model's own fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from qunflow.features.campaigns.console_models import (
    LIKES,
    choose_offer,
    chosen_offer,
    is_filled,
    offer_words,
    offers,
    own_fields,
    shared_fields,
    with_defaults,
)
from qunflow.features.campaigns.console_models_hints import model_hints
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.web.desk import Desk
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.form_fields import Field
from qunflow.web.widgets.forms import Form
from qunflow.web.widgets.look import block, faint, steady, title


class ModelStep:
    """The offers and the fields of the chosen one, drawn into the present place.

    ``changed`` is called after another choice; ``anew`` after one that changed what another step shows.
    """

    def __init__(self, desk: Desk, form: Form, changed: Callable[[], object], anew: Callable[[], object]) -> None:
        self._desk, self._form, self._changed, self._anew = desk, form, changed, anew
        self._cards: dict[str, Any] = {}
        self._fields: tuple[Field, ...] = ()
        self._hints: ui.element | None = None
        offered = ui.element("div").classes("qf-pairs").props('role="radiogroup"')
        offered.props["aria-label"] = desk.say("console.campaigns.part.model")
        with offered:
            for kind in offers():
                self._offer(kind)
        self._place = ui.element("div").classes("qf-stack").style("scroll-margin-top: 64px")
        self._draw()

    @property
    def names(self) -> list[str]:
        """The fields that are drawn now."""
        return [field.name for field in self._fields]

    def reckon(self) -> None:
        """Tell what the numbers come to."""
        if self._hints is None:
            return
        self._hints.clear()
        with self._hints:
            for words in model_hints(self._desk, self._form.data):
                ui.label(words).classes("text-body2").style("line-height: 1.5")
        self._hints.set_visibility(bool(self._hints.default_slot.children))

    def _offer(self, kind: str) -> None:
        name, why = offer_words(self._desk, kind)
        card = ui.element("button").classes("qf-figure").props(f'type="button" role="radio" data-offer="{kind}"')
        with card:
            ui.label(name).classes("text-weight-medium")
            faint(why)
        card.on("click", steady(lambda: self._choose(kind)))
        self._cards[kind] = card

    async def _choose(self, kind: str) -> None:
        desk, data = self._desk, self._form.data
        before = chosen_offer(data)
        if kind == before:
            return
        if is_filled(data):
            name, _ = offer_words(desk, kind)
            heading = desk.say("console.campaigns.model.change", name=name)
            why = desk.say("console.campaigns.model.change.why")
            if not await ask_first(desk, heading, why, desk.say("console.campaigns.model.change.go")):
                return
        choose_offer(data, kind)
        if LIKES in (kind, before):
            self._anew()
            return
        self._draw()
        self._changed()
        ui.run_javascript(f"document.getElementById('{self._place.html_id}').scrollIntoView()")

    def _draw(self) -> None:
        desk, form = self._desk, self._form
        kind = chosen_offer(form.data)
        for name, card in self._cards.items():
            card.props(f'aria-checked="{"true" if name == kind else "false"}"')
            card.style(f"border-color: var(--{'q-primary' if name == kind else 'qf-line'})")
            card.style(f"box-shadow: {'inset 0 0 0 1px var(--q-primary)' if name == kind else 'none'}")
        form.drop(self.names, undeclare=True)
        self._place.clear()
        self._hints, self._fields = None, ()
        if kind not in MODELS:
            with self._place:
                if kind:
                    faint(desk.say(f"console.campaigns.model.{kind}.next"))
            return
        model = MODELS[kind]
        form.data["model"] = with_defaults(kind, form.data["model"])
        own, shared = own_fields(desk, model), shared_fields(desk, model)
        self._fields = (*own, *shared)
        form.declare(self._fields)
        with self._place:
            self._part("must", [field for field in own if field.required])
            with block() as self._hints:
                self._hints.props["data-field"] = "model.hints"
            self._part("may", [field for field in own if not field.required])
            self._part("rules", list(shared))
        self.reckon()

    def _part(self, name: str, fields: list[Field]) -> None:
        if not fields:
            return
        with block():
            title(self._desk.say(f"console.campaigns.model.part.{name}"))
            self._form.draw([field.name for field in fields])
