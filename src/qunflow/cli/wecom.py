"""``qunflow wecom``: what WeCom holds beside campaigns: staff, customers, tags, links, hand-overs."""

from __future__ import annotations

from typing import Annotated

import typer

from qunflow.cli import wecom_material, wecom_numbers
from qunflow.cli.opening import show
from qunflow.cli.wecom_account import Account, AsJson, Channel, Resigned, Staff, ask, plain, show_rows
from qunflow.connectors.wecom.acquisition import AcquisitionLink, with_channel
from qunflow.connectors.wecom.contacts import Customer
from qunflow.connectors.wecom.inheritance import Refused, Transfer
from qunflow.connectors.wecom.tags import TagGroup

app = typer.Typer(
    help="Reach the calls of a WeCom account that campaigns do not make.", no_args_is_help=True, add_completion=False
)
tags = typer.Typer(help="Tags of customers.", no_args_is_help=True)
links = typer.Typer(help="Acquisition links (获客助手).", no_args_is_help=True)
transfer = typer.Typer(help="Hand customers and groups to other staff.", no_args_is_help=True)
app.add_typer(tags, name="tags")
app.add_typer(links, name="links")
app.add_typer(transfer, name="transfer")
app.add_typer(wecom_numbers.stats, name="stats")
app.add_typer(wecom_numbers.broadcast, name="broadcast")
app.add_typer(wecom_material.welcome, name="welcome")
app.add_typer(wecom_material.words, name="words")
app.add_typer(wecom_material.moments, name="moments")

Giver = Annotated[str, typer.Argument(help="User id of who gives them away.")]
Taker = Annotated[str, typer.Argument(help="User id of who takes them over.")]
Owner = Annotated[str, typer.Option("--staff", help="User id of the staff member whose customer it is.")]


@app.command()
def staff(channel: Channel = "", as_json: AsJson = False) -> None:
    """List the staff who may use customer contact."""
    found = ask(channel, lambda account: account.client.contacts.follow_users())
    show(list(found), list(found) or ["nobody: check 使用范围 of 客户联系"], as_json)


@app.command()
def contacts(staff: Staff = None, channel: Channel = "", as_json: AsJson = False) -> None:
    """List customers with their staff, state and tags."""

    async def read(account: Account) -> tuple[Customer, ...]:
        names = tuple(staff or ()) or await account.client.contacts.follow_users()
        return await account.client.contacts.batch(names)

    found = ask(channel, read)
    show_rows(found, as_json, lambda one: f"{one.external}  {one.staff}  {one.name}  {one.state}", "no customer yet")


@tags.command("list")
def list_tags(channel: Channel = "", as_json: AsJson = False) -> None:
    """List the corp's tags by group."""
    found = ask(channel, lambda account: account.client.tags.list())
    show_rows(found, as_json, _tag_line, "no tag yet")


@tags.command("add")
def add_tags(
    names: Annotated[list[str], typer.Argument(help="Names of the new tags, at most 30 characters each.")],
    group: Annotated[str, typer.Option("--group", help="Id of the tag group that takes them.")] = "",
    group_name: Annotated[str, typer.Option("--group-name", help="Name of the group; a new one is made.")] = "",
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Add tags to a group of tags."""
    found = ask(channel, lambda account: account.client.tags.add(names, group=group, group_name=group_name))
    show(plain(found), [_tag_line(found)], as_json)


@tags.command("delete")
def delete_tags(
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Id of a tag; give it once for each.")] = None,
    group: Annotated[list[str] | None, typer.Option("--group", help="Id of a whole group; once for each.")] = None,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Delete tags that this app made; every customer loses them."""
    ask(channel, lambda account: account.client.tags.delete(tag or (), group or ()))
    show({"deleted": [*(tag or ()), *(group or ())]}, ["deleted"], as_json)


@tags.command("mark")
def mark_customer(
    external: Annotated[str, typer.Argument(help="External user id of the customer.")],
    staff: Owner,
    add: Annotated[list[str] | None, typer.Option("--add", help="Id of a tag to add; once for each.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="Id of a tag to take away.")] = None,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Add tags to a customer, or take them away."""
    ask(channel, lambda account: account.client.tags.mark(staff, external, add or (), remove or ()))
    show({"external": external, "added": add or [], "removed": remove or []}, ["marked"], as_json)


@links.command("list")
def list_links(channel: Channel = "", as_json: AsJson = False) -> None:
    """List the acquisition links with their addresses and staff."""

    async def read(account: Account) -> list[AcquisitionLink]:
        calls = account.client.links
        return [await calls.get(link) for link in await calls.list()]

    show_rows(ask(channel, read), as_json, _link_line, "no link yet")


@links.command("new")
def new_link(
    name: Annotated[str, typer.Argument(help="Name of the link, at most 30 characters.")],
    staff: Staff = None,
    source: Annotated[str, typer.Option("--source", help="Comes back with the customer as state.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Staff must accept each customer.")] = False,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Make an acquisition link for at most 100 staff."""
    made = ask(channel, lambda account: account.client.links.create(name, staff or (), skip_verify=not verify))
    url = with_channel(made.url, source) if source else made.url
    show({**plain(made), "url": url}, [f"{made.link}  {url}"], as_json)


@links.command("delete")
def delete_link(
    link: Annotated[str, typer.Argument(help="Id of the link.")], channel: Channel = "", as_json: AsJson = False
) -> None:
    """Delete an acquisition link; customers who came by it stay."""
    ask(channel, lambda account: account.client.links.delete(link))
    show({"deleted": [link]}, ["deleted"], as_json)


@links.command("quota")
def link_quota(channel: Channel = "", as_json: AsJson = False) -> None:
    """Show how many customers may still come by links."""
    found = ask(channel, lambda account: account.client.links.quota())
    lines = [f"{found.balance} of {found.total} left"]
    lines += [f"{count} end at {ends.isoformat() if ends else '?'}" for ends, count in found.ends]
    show(plain(found), lines, as_json)


@transfer.command("customers")
def transfer_customers(
    giver: Giver,
    taker: Taker,
    external: Annotated[list[str], typer.Argument(help="External user ids of at most 100 customers.")],
    message: Annotated[str, typer.Option("--message", help="What the customer reads, at most 200 characters.")] = "",
    resigned: Resigned = False,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Start handing customers over; it takes effect after 24 hours unless they refuse."""
    refused = ask(
        channel,
        lambda account: account.client.inheritance.transfer_customers(
            giver, taker, external, message=message, resigned=resigned
        ),
    )
    _show_refused(refused, len(external), as_json)


@transfer.command("groups")
def transfer_groups(
    taker: Taker,
    chat: Annotated[list[str], typer.Argument(help="Chat ids of at most 100 groups.")],
    resigned: Resigned = False,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Give groups to a new owner at once."""
    refused = ask(channel, lambda account: account.client.inheritance.transfer_groups(chat, taker, resigned=resigned))
    _show_refused(refused, len(chat), as_json)


@transfer.command("results")
def transfer_results(
    giver: Giver, taker: Taker, resigned: Resigned = False, channel: Channel = "", as_json: AsJson = False
) -> None:
    """Show how far the hand-over of customers between two staff members is."""
    found = ask(channel, lambda account: account.client.inheritance.transfer_results(giver, taker, resigned=resigned))
    rows = [{"external": one.external, "status": one.status.name.lower(), "taken_at": one.taken_at} for one in found]
    show(plain(rows), [_transfer_line(one) for one in found] or ["nothing was handed over"], as_json)


def _tag_line(group: TagGroup) -> str:
    inside = ", ".join(f"{tag.name} ({tag.tag})" for tag in group.tags)
    return f"{group.name} ({group.group}): {inside}"


def _link_line(link: AcquisitionLink) -> str:
    return f"{link.link}  {link.name}  {link.url}  {', '.join(link.staff)}"


def _transfer_line(one: Transfer) -> str:
    return f"{one.external}  {one.status.name.lower()}"


def _show_refused(refused: tuple[Refused, ...], asked: int, as_json: bool) -> None:
    lines = [f"{asked - len(refused)} of {asked} taken", *(f"{one.subject}  {one.why}" for one in refused)]
    show({"asked": asked, "refused": plain(refused)}, lines, as_json)
