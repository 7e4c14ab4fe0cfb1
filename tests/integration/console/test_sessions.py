"""Sessions end by themselves, by their owner's hand and with a new password; failures close the door for a while."""

from __future__ import annotations

import asyncio

import pytest

from qunflow.bootstrap import Home
from qunflow.console.office import Office
from qunflow.console.seats import SignedOut
from qunflow.console.sign_in import FREE_TRIES, TooManyTries, WrongPassword
from qunflow.domain.rights import Role
from qunflow.storage.audit import AuditFilter, list_notes
from qunflow.storage.directory import ensure_workspace
from qunflow.storage.operators import disable_seat, set_seat
from qunflow.storage.sessions import list_sessions

from .conftest import Wall
from .test_accounts import PASSWORD, make


async def test_a_session_ends_after_twelve_idle_hours(office: Office, wall: Wall) -> None:
    token = await office.sign_in.open(await make(office, "Mei"), "a", "b")
    wall.move(hours=11, minutes=59)
    visitor = await office.seats.find(token)
    await office.seats.note_presence(token, visitor)
    wall.move(hours=11, minutes=59)
    await office.seats.find(token)
    wall.move(minutes=2)
    with pytest.raises(SignedOut):
        await office.seats.find(token)


async def test_a_session_ends_after_fourteen_days_however_busy(office: Office, wall: Wall) -> None:
    token = await office.sign_in.open(await make(office, "Mei"), "a", "b")
    for _ in range(14 * 3 - 1):
        wall.move(hours=8)
        await office.seats.note_presence(token, await office.seats.find(token))
    wall.move(hours=8)
    with pytest.raises(SignedOut):
        await office.seats.find(token)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5000])
async def test_a_token_that_nobody_got_finds_nobody(office: Office, token: str) -> None:
    with pytest.raises(SignedOut):
        await office.seats.find(token)


async def test_tokens_are_stored_as_hashes_only(office: Office, home: Home) -> None:
    token = await office.sign_in.open(await make(office, "Mei"), "a", "b")
    async with home.database.directory() as connection:
        rows = [
            *await connection.fetch("SELECT * FROM console_sessions"),
            *await connection.fetch("SELECT * FROM operators"),
        ]
    assert token not in repr(rows) and token.encode() not in b"".join(bytes(row[0]) for row in rows[:1])
    assert PASSWORD not in repr(rows)


async def test_a_new_password_ends_every_other_session(office: Office) -> None:
    account = await make(office, "Mei")
    mine, other = [await office.sign_in.open(account, "a", "b") for _ in range(2)]
    visitor = await office.seats.find(mine)
    with pytest.raises(WrongPassword):
        await office.accounts.change_password(visitor, "not the old one", "another horse battery")
    await office.accounts.change_password(visitor, PASSWORD, "another horse battery")
    await office.seats.find(mine)
    with pytest.raises(SignedOut):
        await office.seats.find(other)
    await office.sign_in.check("Mei", "another horse battery", "a")


async def test_a_session_whose_workspace_is_closed_opens_another_seat(office: Office, home: Home) -> None:
    account = await make(office, "Mei", Role.REVIEWER)
    async with home.database.directory() as connection:
        await ensure_workspace(connection, "other", "Other", "Asia/Tokyo", office.now())
        await set_seat(connection, account.account, "other", Role.ANALYST, office.now())
    token = await office.sign_in.open(account, "a", "b")
    assert (await office.seats.find(token)).operator.workspace == "main"
    async with home.database.directory() as connection:
        await disable_seat(connection, account.account, "main", office.now())
    found = await office.seats.find(token)
    assert (found.operator.workspace, found.operator.role) == ("other", Role.ANALYST)
    with pytest.raises(SignedOut):
        found.in_workspace("main")


async def test_wrong_passwords_close_a_name_for_growing_pauses(office: Office, wall: Wall) -> None:
    await make(office, "Mei")
    pauses = []
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongPassword):
            await office.sign_in.check("Mei", "wrong wrong", "a")
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        with pytest.raises(TooManyTries):
            await office.sign_in.check("Mei", PASSWORD, "b")
        wall.move(seconds=seconds - 1)
        with pytest.raises(TooManyTries):
            await office.sign_in.check("Mei", PASSWORD, "c")
        wall.move(seconds=1)
        with pytest.raises(WrongPassword):
            await office.sign_in.check("Mei", "wrong wrong", f"address {seconds} {len(pauses)}")
        pauses.append(seconds)
    wall.move(seconds=900)
    await office.sign_in.check("Mei", PASSWORD, "d")
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongPassword):
            await office.sign_in.check("Mei", "wrong wrong", "e")


async def test_many_tries_at_once_gain_nothing(office: Office) -> None:
    await make(office, "Mei")
    tries = [office.sign_in.check("Mei", f"guess number {number}", f"address {number}") for number in range(30)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, WrongPassword) for one in ended) == FREE_TRIES
    assert sum(isinstance(one, TooManyTries) for one in ended) == 30 - FREE_TRIES


async def test_a_failure_is_noted_with_the_account_and_never_with_what_was_typed(office: Office, home: Home) -> None:
    account = await make(office, "Mei")
    for name in ("Mei", "my secret password"):
        with pytest.raises(WrongPassword):
            await office.sign_in.check(name, "wrong wrong", "10.0.0.1")
    async with home.database.read("main") as unit:
        notes = await list_notes(unit, AuditFilter(act="session.open"), limit=10)
    assert [(note.account, note.outcome, note.reason) for note in notes] == [
        ("", "refused", "wrong_password"),
        (account.account, "refused", "wrong_password"),
    ]
    assert "secret" not in repr(notes) and "wrong wrong" not in repr(notes)


async def test_sessions_that_are_over_are_deleted_at_the_next_sign_in(office: Office, home: Home, wall: Wall) -> None:
    account = await make(office, "Mei")
    await office.sign_in.open(account, "a", "b")
    wall.move(hours=13)
    await office.sign_in.open(account, "a", "b")
    async with home.database.directory() as connection:
        assert await connection.fetchval("SELECT count(*) FROM console_sessions") == 1
        assert len(await list_sessions(connection, account.account, wall.at)) == 0
