"""An act is checked at the moment it is done and noted either way."""

from __future__ import annotations

from typing import Any, cast

import pytest
from nicegui import Client

from qunflow.bootstrap import Home
from qunflow.console.office import Office
from qunflow.console.open_desk import OpenDesk
from qunflow.domain.errors import Conflict
from qunflow.domain.rights import Right, Role
from qunflow.storage.audit import AuditFilter, AuditRow, list_notes
from qunflow.storage.operators import set_seat
from qunflow.storage.sessions import end_sessions

from .test_accounts import make


class ClosedTab:
    """A tab that shows nothing any more: what an act says is of no account here."""

    is_deleted = True


async def desk_of(office: Office, role: Role) -> OpenDesk:
    token = await office.sign_in.open(await make(office, "Mei", role), "a", "b")
    return OpenDesk(office, await office.seats.find(token), token, cast(Client, ClosedTab()))


async def newest(home: Home) -> AuditRow:
    async with home.database.read("main") as unit:
        return (await list_notes(unit, AuditFilter(), limit=1))[0]


async def work(*answer: Any) -> str:
    return "done it"


async def test_an_act_is_done_and_noted_with_its_details(office: Office, home: Home) -> None:
    desk = await desk_of(office, Role.OPERATOR)
    assert await desk.act(Right.RUN_CAMPAIGNS, "campaign.pause", "winter", work, minutes=5) == "done it"
    note = await newest(home)
    found = (note.name, note.act, note.target, note.outcome, dict(note.details), note.at)
    assert found == ("Mei", "campaign.pause", "winter", "done", {"minutes": 5}, office.now())


async def test_an_act_without_the_right_is_not_done_and_noted(office: Office, home: Home) -> None:
    desk = await desk_of(office, Role.REVIEWER)
    ran = []

    async def forbidden() -> None:
        ran.append(1)

    assert await desk.act(Right.RUN_CAMPAIGNS, "campaign.pause", "winter", forbidden) is None
    assert (ran, (await newest(home)).reason) == ([], "right_missing")


async def test_a_role_taken_away_counts_in_a_page_that_is_open(office: Office, home: Home) -> None:
    desk = await desk_of(office, Role.OPERATOR)
    async with home.database.directory() as connection:
        await set_seat(connection, desk.operator.account, "main", Role.ANALYST, office.now())
    assert desk.may(Right.RUN_CAMPAIGNS)
    assert await desk.act(Right.RUN_CAMPAIGNS, "campaign.pause", "winter", work) is None
    assert (await newest(home)).outcome == "refused"


async def test_an_ended_session_does_nothing_more(office: Office, home: Home) -> None:
    desk = await desk_of(office, Role.OWNER)
    async with home.database.directory() as connection:
        await end_sessions(connection, desk.operator.account)
    assert await desk.act(Right.OWN_ACCOUNT, "x", "y", work) is None
    assert (await newest(home)).reason == "signed_out"


async def test_a_refusal_is_noted_by_its_code_and_a_failure_by_its_kind(office: Office, home: Home) -> None:
    desk = await desk_of(office, Role.OWNER)

    async def refused() -> None:
        raise Conflict("campaign_closed", "it is over")

    async def broken() -> None:
        raise ZeroDivisionError("secret")

    assert await desk.act(Right.RUN_CAMPAIGNS, "x", "y", refused) is None
    assert (await newest(home)).reason == "campaign_closed"
    with pytest.raises(ZeroDivisionError):
        await desk.act(Right.RUN_CAMPAIGNS, "x", "y", broken)
    note = await newest(home)
    assert (note.outcome, note.reason, "secret" in repr(note)) == ("failed", "ZeroDivisionError", False)


async def test_details_of_a_note_are_bounded(office: Office, home: Home) -> None:
    desk = await desk_of(office, Role.OWNER)
    details: dict[str, object] = {f"n{number}": "x" * 10_000 for number in range(100)}
    await desk.act(Right.RUN_CAMPAIGNS, "a" * 999, "t" * 999, work, **details)
    note = await newest(home)
    assert (len(note.act), len(note.target), len(note.details)) == (200, 200, 20)
    assert {len(str(value)) for value in note.details.values()} == {200}


async def test_times_are_those_of_the_workspaces_zone(office: Office) -> None:
    desk = await desk_of(office, Role.OWNER)
    assert (desk.local(office.now()), desk.local(None)) == ("2026-11-01 16:00", "–")
