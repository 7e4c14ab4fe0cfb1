"""The doctor's findings on a page: run at once, again by a button, and by itself while something is wrong."""

from __future__ import annotations

from nicegui import ui

from qunflow.console.channel_desk import ChannelDesk
from qunflow.domain.errors import QunflowError
from qunflow.domain.health import Finding, Health, overall
from qunflow.web.desk import Desk
from qunflow.web.findings import finding_cause, finding_title, finding_way_out
from qunflow.web.texts import Texts
from qunflow.web.widgets.look import block, faint

AGAIN_SECONDS = 15.0
_SIGNS = {
    Health.OK: ("check_circle", "positive"),
    Health.FAILED: ("error", "negative"),
    Health.UNKNOWN: ("help", "warning"),
}


async def show_health(desk: Desk, channels: ChannelDesk, name: str) -> None:
    """A framed part with every check of the account."""
    part = _Checks(desk, channels, name)
    ui.timer(0.05, part.run, once=True)
    ui.timer(AGAIN_SECONDS, part.again)


class _Checks:
    def __init__(self, desk: Desk, channels: ChannelDesk, name: str) -> None:
        self._desk, self._channels, self._name = desk, channels, name
        self._texts = Texts.load()
        self._busy, self._well = False, False
        with block(desk.say("console.channels.doctor")):
            with ui.row().classes("items-center justify-between w-full"):
                self._sum = ui.label(desk.say("console.channels.looking")).props('role="status"')
                self._button = ui.button(desk.say("console.channels.check_again"), icon="refresh", on_click=self.run)
                self._button.props("flat dense no-caps")
            self._list = ui.element("div").classes("qf-stack")

    async def again(self) -> None:
        """Look again by itself as long as something is wrong."""
        if not self._well:
            await self.run()

    async def run(self) -> None:
        """Ask the platform and the server, and show what was found."""
        if self._busy:
            return
        self._busy = True
        self._button.disable()
        try:
            kind, findings = await self._channels.examine(self._name)
        except QunflowError as error:
            self._sum.text = error.sentence()
            return
        finally:
            self._busy = False
            if not self._button.is_deleted:
                self._button.enable()
        if not self._list.is_deleted:
            self._show(kind, findings)

    def _show(self, kind: str, findings: tuple[Finding, ...]) -> None:
        state = overall(findings)
        self._well = state is Health.OK
        bad = sum(item.state is not Health.OK for item in findings)
        self._sum.text = self._desk.say(f"console.channels.state.{state}", bad=bad, all=len(findings))
        self._list.clear()
        with self._list:
            for finding in sorted(findings, key=lambda item: item.state is Health.OK):
                self._one(kind, finding)

    def _one(self, kind: str, finding: Finding) -> None:
        icon, colour = _SIGNS[finding.state]
        language = self._desk.operator.language
        with ui.row().classes("no-wrap items-start w-full").style("gap:8px") as line:
            line.props["data-check"] = finding.check
            line.props["data-state"] = str(finding.state)
            ui.icon(icon, color=colour, size="sm").props('aria-hidden="true"')
            with ui.element("div"):
                ui.label(finding_title(self._texts, language, kind, finding))
                if cause := finding_cause(self._texts, language, kind, finding):
                    faint(f"{cause} [{finding.code}]")
                if way := finding_way_out(self._texts, language, finding):
                    ui.label(f"→ {way}").classes("text-weight-medium")
