"""One-time links, roles and their limits, on a real PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest

from qunflow.bootstrap import Home
from qunflow.console.office import Office
from qunflow.console.seats import SignedOut, Visitor
from qunflow.console.sign_in import WrongPassword
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.rights import Role
from qunflow.storage.audit import AuditFilter, list_notes
from qunflow.storage.directory import ensure_workspace
from qunflow.storage.operators import AccountRow, list_seats

from .conftest import Wall

PASSWORD = "correct horse battery"


async def make(office: Office, name: str, role: Role = Role.OPERATOR, workspace: str = "main") -> AccountRow:
    token = await office.accounts.invite(workspace, role, "")
    return await office.accounts.use_link(token, name, PASSWORD, name)


async def visitor(office: Office, account: AccountRow) -> Visitor:
    return await office.seats.find(await office.sign_in.open(account, "127.0.0.1", "test"))


async def roles(home: Home, account: AccountRow) -> dict[str, str]:
    async with home.database.directory() as connection:
        return {seat.workspace: str(seat.role) for seat in await list_seats(connection, account.account)}


async def test_an_owner_link_makes_one_owner_and_is_then_spent(office: Office, home: Home) -> None:
    assert not await office.accounts.any()
    token = await office.accounts.owner_link()
    owner = await office.accounts.use_link(token, "  店长 ", PASSWORD, "a")
    assert (owner.name, owner.founder, await roles(home, owner)) == ("店长", True, {"main": "owner"})
    assert await office.accounts.any()
    with pytest.raises(NotFound):
        await office.accounts.use_link(token, "another", PASSWORD, "a")


async def test_a_link_used_twice_at_once_makes_one_account(office: Office, home: Home) -> None:
    token = await office.accounts.owner_link()
    names = [f"name{number}" for number in range(5)]
    ended = await asyncio.gather(
        *(office.accounts.use_link(token, name, PASSWORD, name) for name in names), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["AccountRow"] + ["NotFound"] * 4
    async with home.database.directory() as connection:
        assert await connection.fetchval("SELECT count(*) FROM operators") == 1


async def test_a_newer_owner_link_replaces_the_one_before_and_a_day_ends_it(office: Office, wall: Wall) -> None:
    first = await office.accounts.owner_link()
    second = await office.accounts.owner_link()
    with pytest.raises(NotFound):
        await office.accounts.look_at(first)
    await office.accounts.look_at(second)
    wall.move(hours=24)
    with pytest.raises(NotFound):
        await office.accounts.look_at(second)


async def test_a_refused_password_leaves_the_link_good(office: Office) -> None:
    token = await office.accounts.owner_link()
    with pytest.raises(InvalidInput):
        await office.accounts.use_link(token, "店长", "password123", "a")
    with pytest.raises(InvalidInput):
        await office.accounts.use_link(token, " \n", PASSWORD, "a")
    await office.accounts.use_link(token, "店长", PASSWORD, "a")


async def test_an_invited_account_gets_a_second_seat_with_its_password_only(office: Office, home: Home) -> None:
    async with home.database.directory() as connection:
        await ensure_workspace(connection, "other", "Other", "Asia/Tokyo", office.now())
    account = await make(office, "Mei", Role.REVIEWER)
    token = await office.accounts.invite("other", Role.OWNER, "")
    with pytest.raises(WrongPassword):
        await office.accounts.use_link(token, "mei", "another password x", "b")
    again = await office.accounts.use_link(token, "MEI", PASSWORD, "b")
    assert again.account == account.account
    assert await roles(home, account) == {"main": "reviewer", "other": "owner"}


async def test_the_last_owner_stays_whichever_way(office: Office, home: Home) -> None:
    owner = await make(office, "owner", Role.OWNER)
    with pytest.raises(Conflict, match="last_owner"):
        await office.accounts.change_role("main", owner.account, Role.ANALYST)
    with pytest.raises(Conflict, match="last_owner"):
        await office.accounts.disable("main", owner.account)
    with pytest.raises(Conflict, match="last_owner"):
        await office.accounts.disable_everywhere("owner")
    token = await office.accounts.invite("main", Role.REVIEWER, "")
    await office.accounts.use_link(token, "owner", PASSWORD, "b")
    assert await roles(home, owner) == {"main": "owner"}


async def test_of_two_owners_who_leave_at_once_one_stays(office: Office, home: Home) -> None:
    owners = [await make(office, name, Role.OWNER) for name in ("one", "two")]
    ended = await asyncio.gather(
        *(office.accounts.change_role("main", owner.account, Role.ANALYST) for owner in owners), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["Conflict", "NoneType"]
    assert sorted([(await roles(home, owner))["main"] for owner in owners]) == ["analyst", "owner"]


async def test_a_disabled_account_is_out_at_once_and_comes_back(office: Office) -> None:
    await make(office, "owner", Role.OWNER)
    account = await make(office, "Mei")
    token = await office.sign_in.open(account, "a", "b")
    await office.accounts.disable("main", account.account)
    with pytest.raises(SignedOut):
        await office.seats.find(token)
    with pytest.raises(WrongPassword):
        await office.sign_in.open(account, "a", "b")
    await office.accounts.disable("main", account.account, enable=True)
    assert (await office.seats.find(token)).account.name == "Mei"
    await office.accounts.disable_everywhere("mei")
    with pytest.raises(SignedOut):
        await office.seats.find(token)
    with pytest.raises(WrongPassword):
        await office.sign_in.check("Mei", PASSWORD, "a")


async def test_nobody_changes_an_account_of_another_workspace(office: Office, home: Home) -> None:
    async with home.database.directory() as connection:
        await ensure_workspace(connection, "other", "Other", "Asia/Tokyo", office.now())
    await make(office, "owner", Role.OWNER)
    stranger = await make(office, "stranger", Role.OWNER, "other")
    with pytest.raises(NotFound):
        await office.accounts.change_role("main", stranger.account, Role.ANALYST)
    with pytest.raises(NotFound):
        await office.accounts.disable("main", stranger.account)
    with pytest.raises(NotFound):
        await office.accounts.reset_link_by_owner("main", stranger.account, "")


async def test_an_owner_opens_no_account_that_sits_with_others_too(office: Office, home: Home) -> None:
    async with home.database.directory() as connection:
        await ensure_workspace(connection, "other", "Other", "Asia/Tokyo", office.now())
    owner = await make(office, "owner", Role.OWNER)
    mine, shared = await make(office, "mine"), await make(office, "shared")
    await office.accounts.use_link(await office.accounts.invite("other", Role.OWNER, ""), "shared", PASSWORD, "x")
    with pytest.raises(Conflict, match="account_sits_elsewhere"):
        await office.accounts.reset_link_by_owner("main", shared.account, owner.account)
    token = await office.accounts.reset_link_by_owner("main", mine.account, owner.account)
    session = await office.sign_in.open(mine, "a", "b")
    await office.accounts.use_link(token, "", "another horse battery", "x")
    with pytest.raises(SignedOut):
        await office.seats.find(session)
    assert (await office.sign_in.check("mine", "another horse battery", "a")).account == mine.account


async def test_only_a_founder_makes_workspaces(office: Office, home: Home) -> None:
    founder = await office.accounts.use_link(await office.accounts.owner_link(), "店长", PASSWORD, "a")
    plain = await make(office, "plain", Role.OWNER)
    with pytest.raises(Conflict, match="not_founder"):
        await office.accounts.make_workspace(await visitor(office, plain), "second", "Second", "Asia/Tokyo")
    one = await visitor(office, founder)
    for name, title, tz in (("Bad Name", "x", "UTC"), ("good", "", "UTC"), ("good", "x", "Mars/Base")):
        with pytest.raises(InvalidInput):
            await office.accounts.make_workspace(one, name, title, tz)
    await office.accounts.make_workspace(one, "second", "Second", "Asia/Tokyo")
    assert await roles(home, founder) == {"main": "owner", "second": "owner"}
    with pytest.raises(Conflict, match="workspace_taken"):
        await office.accounts.make_workspace(one, "second", "Second", "Asia/Tokyo")


async def test_what_was_done_with_links_is_noted_without_their_tokens(office: Office, home: Home) -> None:
    token = await office.accounts.owner_link()
    await office.accounts.use_link(token, "店长", PASSWORD, "a")
    async with home.database.read("main") as unit:
        notes = await list_notes(unit, AuditFilter(), limit=10)
    assert [(note.act, note.name) for note in notes] == [("link.owner", "店长")]
    assert token not in repr(notes) and PASSWORD not in repr(notes)
