"""The sample plans of ``examples/campaigns`` as starts for a new plan: they come with the source, not with a wheel."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nicegui import ui

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.console_models import chosen_offer, offer_words, offers
from qunflow.features.campaigns.console_words import known_words
from qunflow.features.campaigns.plan_check import read_yaml
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint, title

FOLDER = Path(__file__).resolve().parents[4] / "examples" / "campaigns"
_MOST = 100
#: What only the operator knows: a sample's own are taken out.
_BLANKED = ("channel", "staff", "starts_at", "ends_at", "promotion")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample plan: its file's name without the ending, and its data."""

    name: str
    data: Mapping[str, Any]


def list_samples(folder: Path = FOLDER) -> tuple[Sample, ...]:
    """The samples of a folder, by what they play; none where the folder is not there."""
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.glob("*.yaml"))[:_MOST]:
        try:
            found.append(Sample(path.stem, read_yaml(path.read_text("utf-8"))))
        except (InvalidInput, OSError, UnicodeDecodeError):  # somebody is writing it: the others can be chosen
            continue
    order = offers()
    kinds = {sample.name: chosen_offer(sample.data) for sample in found}
    return tuple(sorted(found, key=lambda it: order.index(kinds[it.name]) if kinds[it.name] in order else len(order)))


def start_from(sample: Sample) -> dict[str, Any]:
    """A sample's data without channel, staff and times, which the operator fills in."""
    data = deepcopy({name: value for name, value in sample.data.items() if name not in _BLANKED})
    if isinstance(data.get("race"), dict):
        data["race"].pop("first_on", None)
    if isinstance(data.get("model"), dict):
        data["model"].pop("first_on", None)
    return data


async def ask_for_sample(desk: Desk) -> Sample | None:
    """Let the operator choose a sample; None when they turn back, or when there are none here."""
    samples = list_samples()
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("width: 720px; max-width: 95vw"):
        title(desk.say("console.campaigns.sample"))
        faint(desk.say("console.campaigns.sample.why" if samples else "console.campaigns.sample.none"))
        with ui.element("div").classes("qf-stack").style("gap: 4px; max-height: 60vh; overflow-y: auto"):
            for sample in samples:
                _draw_sample(desk, sample, dialog)
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.widgets.ask.no"), on_click=lambda: dialog.submit(None)).props("flat")
    answer = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return answer if isinstance(answer, Sample) else None


def _draw_sample(desk: Desk, sample: Sample, dialog: ui.dialog) -> None:
    plays, _ = offer_words(desk, chosen_offer(sample.data))
    with ui.element("button").classes("qf-figure").props(f'type="button" data-sample="{sample.name}"') as choice:
        heading = str(sample.data.get("title") or sample.name)
        ui.label(f"{plays} · {known_words(desk, f'console.campaigns.sample.{sample.name}', heading)}")
        faint(sample.name)
    choice.on("click", lambda: dialog.submit(sample))
