"""The look of the widgets: a few own rules beside Quasar's, light and dark, and fit for printing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from nicegui import ui

CSS = """
:root { --qf-line: rgba(0,0,0,.12); --qf-soft: rgba(0,0,0,.035); --qf-faint: rgba(0,0,0,.6); --qf-link: #1a5fb4;
  --qf-card: #fff; }
body.body--dark { --qf-line: rgba(255,255,255,.18); --qf-soft: rgba(255,255,255,.05);
  --qf-faint: rgba(255,255,255,.68); --qf-link: #8ab8ff; --qf-card: #1d2120; color-scheme: dark; }
.qf-faint { color: var(--qf-faint); font-size: .8125rem; line-height: 1.45; }
.qf-block { background: var(--qf-card); border: 1px solid var(--qf-line); border-radius: 8px; padding: 16px;
  width: 100%; min-width: 0; }
.qf-title { font-size: 1rem; font-weight: 600; line-height: 1.4; }
.qf-row { display: flex; flex-wrap: wrap; gap: 12px; align-items: center; }
.qf-grid { display: grid; gap: 12px; width: 100%; grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); }
.qf-two { display: grid; gap: 16px; width: 100%; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  align-items: start; }
.qf-pairs { display: grid; gap: 8px; width: 100%; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); }
.qf-steps .q-tab { padding: 0 9px; }
.qf-four { display: grid; gap: 12px; width: 100%; grid-template-columns: repeat(4, minmax(0, 1fr)); }
@media (max-width: 900px) { .qf-four { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.qf-pages { columns: 2 400px; column-gap: 16px; width: 100%; }
.qf-pages > .qf-block { break-inside: avoid; margin-bottom: 16px; }
.q-dialog .qf-stack.q-card { padding: 20px; }
.qf-clear { background: transparent !important; }
.qf-stack { display: flex; flex-direction: column; gap: 12px; width: 100%; min-width: 0; }
.qf-figure { display: flex; flex-direction: column; align-items: flex-start; gap: 2px; text-align: left;
  border: 1px solid var(--qf-line); border-radius: 8px; padding: 10px 14px; background: var(--qf-card); color: inherit;
  font: inherit; cursor: pointer; min-width: 0; width: 100%; }
.qf-figure:hover { background: var(--qf-soft); }
.qf-figure:focus-visible, .qf-link:focus-visible { outline: 2px solid var(--qf-link); outline-offset: 2px; }
.qf-figure .qf-value { font-size: 1.5rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.qf-figure .qf-value small { font-size: .8125rem; font-weight: 400; margin-left: 4px; }
.qf-popover { max-width: 360px; padding: 12px 16px; font-size: .875rem; line-height: 1.5; }
.qf-link { color: var(--qf-link); text-decoration: none; overflow-wrap: anywhere; }
.qf-link:hover { text-decoration: underline; }
.qf-table { width: 100%; }
.qf-table th { font-weight: 600; }
.qf-table thead tr, .qf-table tbody td { height: 42px; }
.qf-table th, .qf-table td { padding: 6px 10px; }
.qf-table th { white-space: nowrap; }
.qf-table td { font-variant-numeric: tabular-nums; }
.qf-table .qf-whole { white-space: nowrap; }
.qf-table .qf-wide { white-space: normal; min-width: 160px; max-width: 360px; overflow-wrap: anywhere; }
.qf-plain { border-collapse: collapse; width: 100%; font-size: .875rem; }
.qf-plain th, .qf-plain td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--qf-line);
  vertical-align: top; overflow-wrap: anywhere; }
.qf-plain .qf-right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.qf-empty { display: flex; flex-direction: column; align-items: center; gap: 12px; padding: 40px 16px; width: 100%;
  text-align: center; border: 1px dashed var(--qf-line); border-radius: 8px; }
.qf-field { width: 100%; max-width: 640px; }
.qf-field .qf-why { margin: -2px 0 6px; }
.qf-field .q-field--with-bottom { padding-bottom: 0; }
.qf-field .q-field__bottom--animated { position: static; transform: none; }
.qf-name { background: none; border: 0; padding: 0; font: inherit; cursor: pointer; text-align: left; }
.qf-undo { position: fixed; left: 50%; bottom: 24px; transform: translateX(-50%); z-index: 7000; border-radius: 8px;
  background: #323232; color: #fff; padding: 10px 16px; display: flex; align-items: center; gap: 16px;
  box-shadow: 0 4px 16px rgba(0,0,0,.35); max-width: 90vw; }
@media print {
  .qf-noprint, .q-header, .q-drawer { display: none !important; }
  .q-page-container { padding: 0 !important; }
  .qf-block { break-inside: avoid; }
}
"""

_DRESSED = "qunflow_widgets_dressed"


def dress() -> None:
    """Bring the rules to the page that is being built, once."""
    client = ui.context.client
    if not getattr(client, _DRESSED, False):
        setattr(client, _DRESSED, True)
        ui.add_css(CSS)


def steady(act: Callable[[], object]) -> Callable[[], Awaitable[None]]:
    """A handler that belongs to the page, not to its button: what it asks or tells stays when the button is redrawn."""
    client = ui.context.client

    async def run() -> None:
        with client:
            answer = act()
            if isawaitable(answer):
                await answer

    return run


def title(text: str) -> ui.label:
    """A heading inside a page."""
    return ui.label(text).classes("qf-title").props('role=heading aria-level="2"')


def faint(text: str) -> ui.label:
    """A quiet line: an explanation, a time."""
    return ui.label(text).classes("qf-faint")


def block(name: str = "") -> ui.element:
    """A framed part of a page; ``name`` is its heading."""
    dress()
    part = ui.element("section").classes("qf-block qf-stack")
    if name:
        part.props["aria-label"] = name
        with part:
            title(name)
    return part


def link(text: str, to: str) -> ui.link:
    """A link as widgets draw it."""
    return ui.link(text, to).classes("qf-link")
