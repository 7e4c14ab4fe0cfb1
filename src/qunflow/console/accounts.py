"""Accounts: made by one-time links; roles given and taken; the last owner of a workspace stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from qunflow.console.notes import Notes
from qunflow.console.seats import Visitor, wall_now
from qunflow.console.sign_in import MAX_NAME, SignIn, WrongPassword, new_id, new_token
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.rights import Role
from qunflow.storage.database import Database
from qunflow.storage.directory import DEFAULT_WORKSPACE, ensure_workspace, list_workspaces
from qunflow.storage.operators import (
    AccountRow,
    add_account,
    any_account,
    disable_seat,
    find_account,
    find_account_by_name,
    list_seats,
    lock_owners,
    set_disabled,
    set_password,
    set_seat,
)
from qunflow.storage.operators import name_key as key_of
from qunflow.storage.sessions import (
    LinkRow,
    add_link,
    clear_tries,
    drop_links,
    end_sessions,
    find_link,
)
from qunflow.web.passwords import Passwords, check_password
from qunflow.web.texts import DEFAULT_LANGUAGE

LINK_HOURS = 24
MAX_TITLE = 60
_NAME = re.compile(r"[^\s\x00-\x1f]([^\x00-\x1f]*[^\s\x00-\x1f])?")
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}[a-z0-9]")


class Accounts:
    """What is done to accounts; whoever calls has checked the right and notes it in the audit log."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sign_in: SignIn,
        notes: Notes,
        now: Callable[[], datetime] = wall_now,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._sign_in = sign_in
        self._notes = notes
        self._now = now

    async def any(self) -> bool:
        """Whether somebody has an account."""
        async with self._database.directory() as connection:
            return await any_account(connection)

    async def owner_link(self) -> str:
        """The token of a link that makes an owner of the installation; a link printed before stops working."""
        return await self._link("owner", DEFAULT_WORKSPACE, str(Role.OWNER), "", "")

    async def invite(self, workspace: str, role: Role, made_by: str) -> str:
        """The token of a link that gives its user a role in a workspace."""
        return await self._link("invite", workspace, str(role), "", made_by)

    async def reset_link(self, account: str, made_by: str) -> str:
        """The token of a link that sets a new password; a link made before for the account stops working."""
        return await self._link("reset", DEFAULT_WORKSPACE, "", account, made_by)

    async def reset_link_by_owner(self, workspace: str, account: str, made_by: str) -> str:
        """The same for an owner. Raises Conflict for an account that sits elsewhere too: that is not theirs to open."""
        async with self._database.directory() as connection:
            seats = await list_seats(connection, account)
            mine = {seat.workspace for seat in await list_seats(connection, made_by) if seat.role is Role.OWNER}
        if not any(seat.workspace == workspace for seat in seats):
            raise _unknown()
        if any(seat.workspace not in mine for seat in seats):
            raise Conflict(
                "account_sits_elsewhere",
                "this account also sits in a workspace that is not yours",
                way_out="Whoever runs the server makes the link: qunflow account link NAME.",
            )
        return await self.reset_link(account, made_by)

    async def _link(self, kind: str, workspace: str, role: str, account: str, made_by: str) -> str:
        token, now = new_token(), self._now()
        row = LinkRow(kind, workspace, role, account, made_by, now + timedelta(hours=LINK_HOURS))
        async with self._database.directory() as connection:
            if kind != "invite":
                await drop_links(connection, kind, account)
            await add_link(connection, token, row, now)
        return token

    async def look_at(self, token: str) -> tuple[LinkRow, str]:
        """What a link is for, and the name it belongs to when it resets a password. Raises NotFound."""
        async with self._database.directory() as connection:
            link = await find_link(connection, token[:100], self._now())
            account = await find_account(connection, link.account) if link is not None and link.account else None
        if link is None:
            raise _spent()
        return link, account.name if account is not None else ""

    async def use_link(self, token: str, name: str, password: str, address: str) -> AccountRow:
        """Use a link up: the account that it made, joined to a workspace, or gave a new password.

        An invited person who has an account already gives its name and password. Raises InvalidInput for name or
        password, NotFound for a link that is spent, WrongPassword for a taken name.
        """
        link, owner = await self.look_at(token)
        if link.kind == "reset":
            return await self._reset(token, link.account, owner, password)
        async with self._database.directory() as connection:
            present = await find_account_by_name(connection, name)
        if present is not None:
            account = await self._sign_in.check(name, password, address)
        else:
            account = await self._draft(name, password, founder=link.kind == "owner")
        async with self._database.directory() as connection:
            if await find_link(connection, token, self._now(), take=True) is None:
                raise _spent()
            if present is None and not await add_account(connection, account):
                raise WrongPassword
            await self._sit(connection, account.account, link)
        await self._notes.add(
            link.workspace,
            account.account,
            account.name,
            f"link.{link.kind}",
            account.account,
            details={"role": link.role},
        )
        return account

    async def _sit(self, connection: Any, account: str, link: LinkRow) -> None:
        """A link never takes the last owner's role away."""
        owners = await lock_owners(connection, link.workspace)
        if owners != {account}:
            await set_seat(connection, account, link.workspace, Role(link.role), self._now())

    async def _draft(self, name: str, password: str, *, founder: bool) -> AccountRow:
        name = name.strip()
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
            raise InvalidInput("account_name", f"a name has 1 to {MAX_NAME} characters", field="name")
        check_password(password, name)
        now = self._now()
        stored = await self._passwords.hash(password)
        return AccountRow(new_id(now), name, stored, DEFAULT_LANGUAGE, "auto", founder, now, None)

    async def _reset(self, token: str, account: str, name: str, password: str) -> AccountRow:
        check_password(password, name)
        stored = await self._passwords.hash(password)
        async with self._database.directory() as connection:
            if await find_link(connection, token, self._now(), take=True) is None:
                raise _spent()
            await set_password(connection, account, stored)
            await end_sessions(connection, account)
            await clear_tries(connection, key_of(name))
            row = await find_account(connection, account)
            seats = await list_seats(connection, account)
        if row is None:
            raise _unknown()
        for seat in seats[:20]:
            await self._notes.add(seat.workspace, account, name, "link.reset", account)
        return row

    async def change_password(self, visitor: Visitor, old: str, new: str) -> None:
        """A new password; every other session of the account ends. Raises WrongPassword, TooManyTries, InvalidInput."""
        account = visitor.account
        check_password(new, account.name)
        await self._sign_in.check(account.name, old, f"account:{account.account}")
        stored = await self._passwords.hash(new)
        async with self._database.directory() as connection:
            await set_password(connection, account.account, stored)
            await end_sessions(connection, account.account, but=visitor.session.session)

    async def change_role(self, workspace: str, account: str, role: Role) -> None:
        """Another role in a workspace. Raises NotFound, Conflict for the last owner."""
        async with self._database.directory() as connection:
            await self._keep_an_owner(connection, workspace, account, stays=role is Role.OWNER)
            await set_seat(connection, account, workspace, role, self._now())

    async def disable(self, workspace: str, account: str, *, enable: bool = False) -> None:
        """Close a workspace to an account, or open it again. Raises NotFound, Conflict for the last owner."""
        async with self._database.directory() as connection:
            await self._keep_an_owner(connection, workspace, account, stays=enable)
            await disable_seat(connection, account, workspace, None if enable else self._now())

    async def disable_everywhere(self, name: str, *, enable: bool = False) -> None:
        """Close the whole installation to an account, or open it again. Raises NotFound, Conflict for a last owner."""
        async with self._database.directory() as connection:
            account = await find_account_by_name(connection, name)
            if account is None:
                raise _unknown()
            for seat in await list_seats(connection, account.account):
                await self._keep_an_owner(connection, seat.workspace, account.account, stays=enable)
            await set_disabled(connection, account.account, None if enable else self._now())
            if not enable:
                await end_sessions(connection, account.account)
        act = "account.enable" if enable else "account.disable"
        await self._notes.add(DEFAULT_WORKSPACE, "", "command line", act, account.account)

    async def _keep_an_owner(self, connection: Any, workspace: str, account: str, *, stays: bool) -> None:
        owners = await lock_owners(connection, workspace)
        if not any(seat.workspace == workspace for seat in await list_seats(connection, account)):
            raise _unknown()
        if not stays and owners == {account}:
            raise Conflict(
                "last_owner",
                "a workspace keeps at least one owner",
                field=workspace,
                way_out="Make somebody else an owner first.",
            )

    async def make_workspace(self, visitor: Visitor, name: str, title: str, tz: str) -> None:
        """A new workspace with the visitor as its owner. Raises InvalidInput, Conflict; only founders may."""
        if not visitor.account.founder:
            raise Conflict("not_founder", "only an owner of the installation makes workspaces")
        if not _WORKSPACE.fullmatch(name):
            raise InvalidInput("workspace_name", "2 to 64 small letters, digits, - or _", field="name")
        if not 0 < len(title.strip()) <= MAX_TITLE:
            raise InvalidInput("workspace_title", f"a title has 1 to {MAX_TITLE} characters", field="title")
        if tz not in available_timezones():
            raise InvalidInput("workspace_timezone", "this is no time zone, like Asia/Shanghai", field="timezone")
        async with self._database.directory() as connection:
            if name in await list_workspaces(connection):
                raise Conflict("workspace_taken", "there is a workspace of this name", field="name")
            now = self._now()
            await ensure_workspace(connection, name, title.strip(), tz, now)
            await set_seat(connection, visitor.account.account, name, Role.OWNER, now)


def _spent() -> NotFound:
    return NotFound("link_spent", "this link was used, replaced or is too old", way_out="Ask for a new one.")


def _unknown() -> NotFound:
    return NotFound("account_unknown", "there is no such account here")
