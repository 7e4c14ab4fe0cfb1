"""The plan wizard: a new plan or a draft, step by step, with costs and everything that is still wrong beside it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nicegui import ui
from nicegui.events import UploadEventArguments

from qunflow.domain.errors import InvalidInput, NotFound, QunflowError
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.console_costs import CostPanel, MendPanel
from qunflow.features.campaigns.console_fields import STEPS, ZONES, Section, all_fields, plan_steps, step_of
from qunflow.features.campaigns.console_fields_rewards import pruned
from qunflow.features.campaigns.console_half_plans import HalfWriting
from qunflow.features.campaigns.console_list import CampaignRows
from qunflow.features.campaigns.console_models import is_filled, path_words
from qunflow.features.campaigns.console_models_step import ModelStep
from qunflow.features.campaigns.console_samples import ask_for_sample, start_from
from qunflow.features.campaigns.console_words import error_words, known_words
from qunflow.features.campaigns.plan_check import plan_errors, read_yaml
from qunflow.features.campaigns.plan_file import MAX_FILE_BYTES, plan_from
from qunflow.features.campaigns.plan_write import plan_data, write_plan
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.campaigns.risk.rules import HOLD_HOURS
from qunflow.storage.directory import list_channels
from qunflow.storage.half_plans import HalfPlan
from qunflow.web.csv_file import file_name
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.forms import Form
from qunflow.web.widgets.look import block, dress, faint, steady, title

#: What a part starts with when it is switched on.
_STARTS: Mapping[str, Mapping[str, Any]] = {
    "ladder": {"mode": "marginal", "bands": [{"from": 1, "to": 10, "amount_fen": 500}]},
    "ranking": {"min_count": 1, "show": 10},
    "race": {"every": "daily", "times": 7, "minutes": 30, "max_heads_each": 20, "max_heads": 500, "min_count": 1},
    "task": {"kind": "screenshot", "reward_fen": 0, "attempts": 3, "min_height": 600, "audit_bps": 500},
    "risk": {"profile": "standard", "hold_hours": HOLD_HOURS},
}
_BLANK: Mapping[str, Any] = {"pool": {"soft_limit": 150, "low_at": 50, "refill": "request"}, "helper_scope": "new_only"}
#: Rare fields of one thing stand beside each other.
_BESIDE = "display: grid; gap: 12px; grid-template-columns: repeat(3, minmax(0, 1fr)); align-items: end"
#: What a draft keeps: its live code and pool were made for them.
_FIXED = ("campaign", "channel", "staff")


@dataclass(frozen=True, slots=True)
class Scene:
    """Around one page of the wizard: ``channels`` are names with their words, ``editing`` is the name of the draft,
    empty for a new plan; ``blank`` is what it starts with.
    """

    desk: Desk
    door: Door
    rows: CampaignRows
    channels: Mapping[str, str]
    editing: str
    blank: Mapping[str, Any]


class Wizard:
    """One page of the wizard over ``data``, open at a step; ``left`` is what was found half-written."""

    def __init__(self, scene: Scene, data: dict[str, Any], step: str = STEPS[0], left: HalfPlan | None = None) -> None:
        self._scene, self._desk, self._editing = scene, scene.desk, scene.editing
        tz = zone_of(data)
        self._steps = plan_steps(scene.desk, scene.channels, tz)
        locked = _FIXED if scene.editing else ()
        fields = all_fields(self._steps)
        self._form = Form(scene.desk, fields, data, tz=tz, on_change=self._changed, locked=locked)
        self._half = HalfWriting(scene.desk, scene.door, scene.editing)
        self._place = ui.element("div").classes("qf-stack")
        with self._place:
            self._draw(step, left)
        self._reckon()

    def _draw(self, step: str, left: HalfPlan | None) -> None:
        desk = self._desk
        with ui.element("div").classes("qf-row w-full"):
            name = desk.say("console.campaigns.wizard.edit" if self._editing else "console.campaigns.new")
            ui.label(name).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            ui.button(desk.say("console.campaigns.sample"), on_click=steady(self._sample)).props("flat no-caps")
            ui.button(desk.say("console.campaigns.wizard.import"), on_click=self._import).props("flat no-caps")
            ui.button(desk.say("console.campaigns.wizard.export"), on_click=self._export).props("flat no-caps")
            ui.button(desk.say("console.campaigns.wizard.save"), on_click=self._save).props("unelevated no-caps")
        self._half.draw(left, steady(self._start_over))
        with ui.element("div").classes("w-full").style("display: flex; gap: 20px; align-items: flex-start"):
            with ui.element("div").style("flex: 1; min-width: 0"):
                self._draw_steps(step)
            with ui.element("aside").classes("qf-stack").style("width: 320px; flex: none; position: sticky; top: 64px"):
                self._costs = CostPanel(desk)
                self._mend = MendPanel(desk, self._go, lambda path: path_words(desk, self._form.data, path))

    def _draw_steps(self, step: str) -> None:
        desk = self._desk
        self._tabs = ui.tabs().classes("qf-steps")
        with self._tabs.props("dense no-caps inline-label align=left outside-arrows"):
            for number, name in enumerate(STEPS, 1):
                ui.tab(name, f"{number} {desk.say(f'console.campaigns.step.{name}')}").mark(f"step-{name}")
        self._here = step
        with ui.tab_panels(self._tabs, value=step).classes("w-full qf-clear").props("keep-alive"):
            for name in STEPS:
                with ui.tab_panel(name).style("padding: 12px 0"), ui.element("div").classes("qf-stack"):
                    faint(desk.say(f"console.campaigns.step.{name}.why"))
                    if name == "model":
                        self._model = ModelStep(desk, self._form, self._changed, lambda: self._anew("model"))
                    for section in self._steps[name]:
                        self._draw_section(section)
                    self._draw_turning(name)
        self._tabs.on_value_change(self._left)  # not before the panels have shown the first one

    def _draw_section(self, section: Section) -> None:
        desk = self._desk
        names = [field.name for field in section.fields]
        with block():
            if not section.optional:
                title(desk.say(f"console.campaigns.part.{section.name}"))
                self._draw_fields(section)
                return
            there = section.name in self._form.data
            switch = ui.switch(desk.say(f"console.campaigns.part.{section.name}"), value=there)
            switch.props["data-field"] = section.name
            faint(desk.say(f"console.campaigns.part.{section.name}.why"))
            place = ui.element("div").classes("qf-stack")
            place.set_visibility(there)

        def switched(event: Any) -> None:
            place.clear()
            place.set_visibility(bool(event.value))
            self._form.drop(names)
            if event.value:
                self._form.data[section.name] = deepcopy(dict(_STARTS[section.name]))
                with place:
                    self._draw_fields(section)
            else:
                self._form.data.pop(section.name, None)
            self._changed()

        if there:
            with place:
                self._draw_fields(section)
        switch.on_value_change(switched)

    def _draw_fields(self, section: Section) -> None:
        """The fields of a section; many rare ones stand behind a line that opens."""
        names = [field.name for field in section.fields]
        first = section.shown or len(names)
        self._form.draw(names[:first])
        if names[first:]:
            more = ui.expansion(self._desk.say(f"console.campaigns.part.{section.name}.more"))
            with more.props("dense").classes("w-full").mark(f"{section.name}.more"):
                for _, beside in groupby(names[first:], key=lambda name: name.rpartition(".")[0]):
                    with ui.element("div").classes("w-full").style(_BESIDE):
                        self._form.draw(list(beside))

    def _draw_turning(self, name: str) -> None:
        desk, at = self._desk, STEPS.index(name)
        with ui.element("div").classes("qf-row w-full"):
            if at:
                back = ui.button(desk.say("console.campaigns.wizard.back"))
                back.props("flat no-caps").on_click(lambda: self._tabs.set_value(STEPS[at - 1]))
            ui.space()
            if at + 1 < len(STEPS):
                forth = ui.button(desk.say("console.campaigns.wizard.forth"))
                forth.props("outline no-caps").on_click(lambda: self._tabs.set_value(STEPS[at + 1]))
            else:
                ui.button(desk.say("console.campaigns.wizard.save"), on_click=self._save).props("unelevated no-caps")

    def _left(self, event: Any) -> None:
        """Another step is shown: what is missing in the one before is marked now."""
        fields = [field.name for section in self._steps[self._here] for field in section.fields]
        self._form.check(self._model.names if self._here == "model" else fields)
        self._here = str(event.value)

    def _changed(self) -> None:
        tz = zone_of(self._form.data)
        if tz != self._form.tz:
            self._form.move_to(tz)
        self._half.touch(self._form.data)
        self._reckon()

    def _reckon(self) -> None:
        self._model.reckon()
        data = self._form.data
        stages = data.get("stages") or ()
        data.pop("headline_fen", None)
        if stages:  # the promise for one friend is the sum of its stages
            data["headline_fen"] = sum(int(stage.get("amount_fen") or 0) for stage in stages if isinstance(stage, dict))
        self._costs.show(data)
        self._mend.show(self._errors())

    def _errors(self) -> list[InvalidInput]:
        return plan_errors(pruned(self._form.data))

    def _go(self, path: str) -> None:
        name = step_of(self._steps, path)
        if name:
            self._tabs.set_value(name)
            self._tell(self._errors())

    def _tell(self, errors: list[InvalidInput]) -> None:
        names = [name for name, field in self._form.fields.items() if field.required]
        told: dict[str, str] = {}
        for error in errors:
            inside = next((name for name in names if name.startswith(f"{error.field}.")), error.field)
            told.setdefault(inside, error_words(self._desk, error))
        self._form.tell(told)

    async def _save(self) -> None:
        desk = self._desk
        well = self._form.check()
        errors = self._errors()
        self._tell(errors)
        if errors or not well:
            self._go(errors[0].field if errors else "")
            ui.notify(desk.say("console.campaigns.wizard.not_yet", count=max(1, len(errors))), type="warning")
            return
        plan = plan_from(pruned(dict(self._form.data)))

        async def store() -> str:
            return await acts.draft_on_channel(self._scene.door, desk.workspace, plan)

        if await desk.act(Right.RUN_CAMPAIGNS, "campaign.draft", plan.campaign, store):
            self._scene.rows.forget(desk.workspace)
            await self._half.forget()
            ui.navigate.to(f"/campaigns/{plan.campaign}/gate")

    def _export(self) -> None:
        name = str(self._form.data.get("campaign") or "plan")
        ui.download.content(write_plan(pruned(self._form.data)), file_name(name).removesuffix(".csv") + ".yaml")

    async def _import(self) -> None:
        text = await ask_for_yaml(self._desk)
        if text is None:
            return
        try:
            data = read_yaml(text)
        except QunflowError as error:
            ui.notify(error_words(self._desk, error), type="negative")
            return
        self._load(data, STEPS[0])

    async def _sample(self) -> None:
        desk = self._desk
        sample = await ask_for_sample(desk)
        if sample is not None and await self._may_replace():
            self._load(start_from(sample), "model")

    async def _may_replace(self) -> bool:
        """Whether what is written may be thrown away: nothing was, or the operator says so."""
        desk = self._desk
        if not self._editing and not self._form.data.get("title") and not is_filled(self._form.data):
            return True
        heading, why = (desk.say(f"console.campaigns.replace{part}") for part in ("", ".why"))
        return await ask_first(desk, heading, why, desk.say("console.campaigns.replace.go"))

    async def _start_over(self) -> None:
        if await self._may_replace():
            await self._half.forget()
            self._show(deepcopy(dict(self._scene.blank)), STEPS[0])

    def _load(self, data: dict[str, Any], step: str) -> None:
        """Show other data instead; a draft keeps what it must."""
        if self._editing:
            data |= {name: self._form.data[name] for name in _FIXED if name in self._form.data}
        self._show(data, step).touch()

    def _anew(self, step: str) -> None:
        self._show(self._form.data, step).touch()

    def _show(self, data: dict[str, Any], step: str) -> Wizard:
        self._place.clear()
        with self._place:
            return Wizard(self._scene, data, step)

    def touch(self) -> None:
        """What is shown was not stored yet: keep it."""
        self._half.touch(self._form.data)


def zone_of(data: Mapping[str, Any]) -> str:
    """The zone of a plan's data; the first of all where it has none that is known."""
    try:
        return ZoneInfo(str(data.get("tz") or ZONES[0])).key
    except (ZoneInfoNotFoundError, ValueError):
        return ZONES[0]


async def ask_for_yaml(desk: Desk) -> str | None:
    """A plan file, uploaded or pasted; None when the operator turns back."""
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("width: 640px; max-width: 95vw"):
        title(desk.say("console.campaigns.wizard.import"))
        faint(desk.say("console.campaigns.wizard.import.why"))
        box = ui.textarea(desk.say("console.campaigns.wizard.yaml")).props("outlined input-style='height: 280px'")
        box.classes("w-full").mark("yaml")

        async def uploaded(event: UploadEventArguments) -> None:
            box.value = (await event.file.read()).decode("utf-8", errors="replace")

        upload = ui.upload(on_upload=uploaded, auto_upload=True, max_file_size=MAX_FILE_BYTES, max_files=1)
        upload.props('accept=".yaml,.yml" flat bordered').classes("w-full")
        upload.props["label"] = desk.say("console.campaigns.wizard.file")
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.widgets.ask.no"), on_click=lambda: dialog.submit(None)).props("flat")
            take = ui.button(desk.say("console.campaigns.wizard.take"), on_click=lambda: dialog.submit(box.value))
            take.props("unelevated")
    answer = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return str(answer) if answer else None


async def open_wizard(scene: Scene) -> None:
    """The wizard as its operator left it: what they had half-written, else what it starts with."""
    data = deepcopy(dict(scene.blank))
    left = await HalfWriting(scene.desk, scene.door, scene.editing).find()
    if left is not None:
        fixed = {name: data[name] for name in _FIXED if name in data and scene.editing}
        data = {**left.data, **fixed}
    Wizard(scene, data, left=left)


def wizard_pages(door: Door, rows: CampaignRows) -> Pages:
    """The page of a new plan and that of a draft."""

    async def channels_of(desk: Desk) -> dict[str, str]:
        async with door.database.directory() as connection:
            found = [row for row in await list_channels(connection) if row.workspace == desk.workspace]
        kinds = {row.kind: known_words(desk, f"console.campaigns.channel.{row.kind}", row.kind) for row in found}
        return {row.name: f"{row.name} · {kinds[row.kind]}" for row in found}

    async def show_new(desk: Desk) -> None:
        dress()
        channels = await channels_of(desk)
        if not channels:
            faint(desk.say("console.campaigns.wizard.no_channel"))
        await open_wizard(Scene(desk, door, rows, channels, "", _BLANK))

    async def show_edit(desk: Desk, name: str) -> None:
        dress()
        state = await find_campaign(door, desk.workspace, name)
        if state.plan is None or state.status != "draft":
            raise NotFound("campaign_no_draft", "only a draft can be changed", field=name)
        await open_wizard(Scene(desk, door, rows, await channels_of(desk), name, plan_data(state.plan)))

    return (
        ConsolePage("/campaigns/new", "console.campaigns.new", Right.RUN_CAMPAIGNS, show_new),
        ConsolePage("/campaigns/{name}/edit", "console.campaigns.wizard.edit", Right.RUN_CAMPAIGNS, show_edit),
    )
