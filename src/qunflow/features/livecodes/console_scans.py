"""The last scans of a code with the reason of each, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from qunflow.features.livecodes.leading import Led, PastScan, Why
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint

#: Scans with where each went, and the names of the entries.
Told = tuple[Sequence[tuple[PastScan, Led]], Mapping[str, str]]


def passed_words(desk: Desk, led: Led, names: Mapping[str, str]) -> str:
    """Which entries were passed and why, empty when none was."""
    told = [desk.say(f"console.codes.passed.{why}", name=names.get(entry, entry)) for entry, why in led.passed]
    return " · ".join(told)


def led_words(desk: Desk, led: Led, names: Mapping[str, str]) -> str:
    """Why a scan went where it went, in one sentence."""
    passed = passed_words(desk, led, names)
    if led.why is Why.PASSED:
        return desk.say("console.codes.why.passed", passed=passed)
    if led.why is Why.WAITING and passed:
        return desk.say("console.codes.why.waiting_for", passed=passed)
    return desk.say(f"console.codes.why.{led.why}")


def draw_scans(desk: Desk, scans: Sequence[tuple[PastScan, Led]], names: Mapping[str, str]) -> None:
    """A table of scans, newest first."""
    if not scans:
        faint(desk.say("console.codes.last.none"))
        return
    with ui.element("table").classes("qf-plain"):
        with ui.element("thead"), ui.element("tr"):
            for column in ("at", "visitor", "to", "why"):
                with ui.element("th").props('scope="col"'):
                    ui.label(desk.say(f"console.codes.scan.{column}"))
        with ui.element("tbody"):
            for scan, led in scans:
                with ui.element("tr") as row:
                    row.props["data-why"] = str(led.why)
                    to = names.get(led.entry, led.entry) or desk.say("console.codes.scan.nowhere")
                    cells = (desk.local(scan.at), f"…{scan.visitor[-4:]}", to, led_words(desk, led, names))
                    for text in cells:
                        with ui.element("td"):
                            ui.label(text)
