"""Risk on the console: what the rules held or denied, with the evidence; approve or deny with a reason, appeals too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.campaigns.risk import acts
from qunflow.features.campaigns.risk.model import INVITE, MAX_TRIES, MAX_WORDS, OWNER, PLAY, VOTE, FlagState
from qunflow.features.campaigns.risk.rules import STANDARD
from qunflow.features.campaigns.risk.store import appeals_of, forget
from qunflow.storage.people import find_names
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.texts import Texts
from qunflow.web.widgets.asking import ask_first, ask_for
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.form_fields import Field, Kind
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, RowAct, answer_from, show_list
from qunflow.web.widgets.look import faint

STATUSES = ("held", "appealed", "denied", "refused", "approved", "expired", "passed")
TONES = {"held": "warning", "appealed": "info", "denied": "negative", "refused": "negative", "approved": "positive"}
SORT = "-raised_at"
COLUMNS = (
    Column("person", "console.risk.col.person", sortable=True),
    Column("status", "console.risk.status", Cell.STATE, True, True, STATUSES, "console.risk.status", TONES),
    Column("rule", "console.risk.rule", Cell.STATE, True, True, tuple(STANDARD), "console.risk.rule"),
    Column("evidence", "console.risk.col.evidence"),
    Column("score", "console.risk.col.score", Cell.NUMBER, sortable=True),
    Column("kind", "console.risk.kind", Cell.STATE, True, True, (INVITE, PLAY, VOTE, OWNER), "console.risk.kind"),
    Column("campaign", "console.risk.col.campaign", sortable=True, filterable=True),
    Column("raised_at", "console.risk.col.raised_at", Cell.TIME, sortable=True, filterable=True),
)


class FlagRows:
    """The flags of every workspace, read once in some seconds for all who look."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._rows: Fresh[list[dict[str, Any]]] = Fresh(1.5)
        self._say = Texts.load().say

    async def page(self, workspace: str, query: ListQuery, language: str) -> ListPage:
        """One page of the list."""
        rows = await self._rows.get(workspace, lambda: self._read(workspace))
        shown = [{**row, "evidence": self._evidence(row, language)} for row in rows]
        return answer_from(shown, COLUMNS, query)

    def forget(self, workspace: str) -> None:
        """One was decided."""
        self._rows.forget(workspace)

    async def _read(self, workspace: str) -> list[dict[str, Any]]:
        async with self.door.database.unit(workspace) as unit:
            await forget(unit, self.door.clock.now())
            flags = await acts.list_flags(unit)
            people = {person for flag in flags for person in (flag.helper, flag.owner)}
            names = await find_names(unit, sorted(people)) if people else {}
            words = await appeals_of(unit, "")
        return [_row(flag, names, words.get((flag.campaign, flag.flag), "")) for flag in flags]

    def _evidence(self, row: dict[str, Any], language: str) -> str:
        said = []
        for rule, seen, most in row["hits"]:
            name = self._say(language, f"console.risk.rule.{rule}")
            said.append(self._say(language, "console.risk.evidence", rule=name, seen=seen, most=most))
        if row["asks"]:
            said.append(self._say(language, "console.risk.asks", tried=row["tried"], most=MAX_TRIES))
        if row["appeal"]:
            said.append(self._say(language, "console.risk.appeal", words=row["appeal"]))
        return "; ".join(said)


def risk_pages(door: Door) -> Pages:
    """The list and its export."""
    rows = FlagRows(door)

    async def show(desk: Desk) -> None:
        ui.label(desk.say("console.risk.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.risk.text"))

        async def load(query: ListQuery) -> ListPage:
            return await rows.page(desk.workspace, query, desk.operator.language)

        buttons = (
            RowAct("approve", "console.risk.approve", "check", Right.REVIEW, _deciding(desk, rows, True), _may_approve),
            RowAct("deny", "console.risk.deny", "block", Right.REVIEW, _deciding(desk, rows, False), _may_deny),
        )
        empty = Empty("console.risk.empty")
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, acts=buttons, export="/risk.csv", every=3.0)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return await rows.page(operator.workspace, query, operator.language)

    return (
        ConsolePage("/risk", "console.risk.title", Right.SEE_REVIEWS, show, "console.risk.title", "policy", 32),
        export_file("/risk.csv", "risk", COLUMNS, load_for, sort=SORT),
    )


def _deciding(desk: Desk, rows: FlagRows, approve: bool) -> Callable[[Any], Awaitable[None]]:
    """Asks first: an approval for a yes, a denial for the words that the person will read."""

    async def decide(row: Any) -> None:
        name = "approve" if approve else "deny"
        heading, text = desk.say(f"console.risk.{name}.ask", name=row["person"]), desk.say(f"console.risk.{name}.text")
        words = ""
        if approve:
            if not await ask_first(desk, heading, text, desk.say("console.risk.approve"), danger=False):
                return
        else:
            field = Field("words", "console.risk.words", Kind.LONG, 1, MAX_WORDS, required=True)
            given = await ask_for(desk, heading, text, desk.say("console.risk.deny"), (field,), danger=True)
            if given is None:
                return
            words = str(given.get("words", ""))

        async def work() -> str:
            told = (row["campaign"], row["flag"], approve, desk.operator.account, words)
            return await acts.decide(rows.door, desk.workspace, *told)

        await desk.act(Right.REVIEW, f"risk.{name}", str(row["flag"]), work, campaign=row["campaign"])
        rows.forget(desk.workspace)

    return decide


def _may_approve(row: Any) -> bool:
    return row["status"] in ("held", "appealed", "denied", "refused")


def _may_deny(row: Any) -> bool:
    return row["status"] in ("held", "appealed", "approved", "expired", "passed")


def _row(flag: FlagState, names: dict[str, str], appeal: str) -> dict[str, Any]:
    heaviest = max(flag.hits, key=lambda hit: hit.weight, default=None)
    return {
        "key": f"{flag.campaign}:{flag.flag}",
        "flag": flag.flag,
        "person": _who(flag, names),
        "status": "appealed" if flag.appeal == "open" else flag.status,
        "rule": heaviest.rule if heaviest is not None else "",
        "hits": [(hit.rule, hit.seen, hit.most) for hit in flag.hits],
        "score": flag.score,
        "kind": flag.kind,
        "campaign": flag.campaign,
        "raised_at": flag.raised_at,
        "appeal": appeal,
        "asks": flag.asks,
        "tried": len(flag.tried),
    }


def _who(flag: FlagState, names: dict[str, str]) -> str:
    """``小安 → 阿欧``: who helped whom; the inviter alone when the flag is on them."""
    helper, owner = (names.get(person) or person[:8] for person in (flag.helper, flag.owner))
    return helper if flag.kind == OWNER else f"{helper} → {owner}"
