"""The sample plans as starts for a new plan: ``examples/campaigns`` of the source, which the wheel carries along."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from nicegui import ui

from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.features.campaigns.console_models import chosen_offer, offer_words, offers
from qunflow.features.campaigns.console_words import error_words, known_words
from qunflow.features.campaigns.plan_check import read_yaml
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint, title

#: In a checkout a link to ``examples/campaigns``, in a wheel a copy that was made with it.
FOLDER = files("qunflow.features.campaigns") / "samples"
_MOST = 100
#: What only the operator knows: a sample's own are taken out.
_BLANKED = ("channel", "staff", "starts_at", "ends_at", "promotion")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample plan: its file's name without the ending, and its data, or why it cannot be read."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    trouble: QunflowError | None = None


def list_samples(folder: Traversable = FOLDER) -> tuple[Sample, ...]:
    """The samples of a folder, by what they play, then those that cannot be read; none where there is no folder."""
    if not folder.is_dir():
        return ()
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    found = [_read_sample(path) for path in paths[:_MOST]]
    order = offers()
    kinds = {sample.name: chosen_offer(sample.data) for sample in found if sample.trouble is None}

    def place(sample: Sample) -> int:
        kind = kinds.get(sample.name, "")
        return order.index(kind) if kind in order else len(order) + (sample.trouble is not None)

    return tuple(sorted(found, key=place))


def _read_sample(path: Traversable) -> Sample:
    name = path.name.removesuffix(".yaml")
    try:
        return Sample(name, read_yaml(path.read_text("utf-8")))
    except UnicodeDecodeError:
        return Sample(name, trouble=InvalidInput("plan_yaml", "the file is no text in UTF-8", field="file"))
    except OSError as error:
        told = InvalidInput("sample_file", f"the file cannot be read: {error.strerror}", field="file")
        return Sample(name, trouble=told)
    except InvalidInput as error:
        return Sample(name, trouble=error)


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
    if sample.trouble is not None:
        with ui.element("div").classes("qf-stack").props(f'data-broken="{sample.name}"').style("gap: 2px"):
            ui.label(desk.say("console.campaigns.sample.broken", name=sample.name)).classes("text-negative")
            faint(error_words(desk, sample.trouble))
        return
    plays, _ = offer_words(desk, chosen_offer(sample.data))
    with ui.element("button").classes("qf-figure").props(f'type="button" data-sample="{sample.name}"') as choice:
        heading = str(sample.data.get("title") or sample.name)
        ui.label(f"{plays} · {known_words(desk, f'console.campaigns.sample.{sample.name}', heading)}")
        faint(sample.name)
    choice.on("click", lambda: dialog.submit(sample))
