"""``qunflow wecom welcome``, ``words`` and ``moments``: what staff send, must not send, and publish."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qunflow.cli.opening import show
from qunflow.cli.wecom_account import Account, AsJson, Channel, Staff, ask, plain, show_rows
from qunflow.connectors.wecom.content import link
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.intercept import InterceptRule
from qunflow.connectors.wecom.kept import drop_template, keep_template, kept_templates
from qunflow.connectors.wecom.media import MAX_IMAGE_BYTES
from qunflow.connectors.wecom.moments import MomentPlan
from qunflow.domain.errors import InvalidInput

welcome = typer.Typer(help="Group welcomes that owners choose in the client.", no_args_is_help=True)
words = typer.Typer(help="Words that staff may not send to customers.", no_args_is_help=True)
moments = typer.Typer(help="Moments that staff publish.", no_args_is_help=True)


@welcome.command("list")
def list_welcomes(channel: Channel = "", as_json: AsJson = False) -> None:
    """List the templates made here; WeCom has no list of its own."""

    async def read(account: Account) -> list[dict[str, Any]]:
        async with account.home.database.unit(account.workspace) as unit:
            known = await kept_templates(unit, account.channel)
        return [{"template": item, **await account.client.welcomes.get(item)} for item in known]

    found = ask(channel, read)
    lines = [f"{item['template']}  {item.get('text', {}).get('content', '')}" for item in found]
    show(found, lines or ["no template yet"], as_json)


@welcome.command("new")
def new_welcome(
    text: Annotated[str, typer.Argument(help="At most 3000 bytes; %NICKNAME% becomes the newcomer's name.")],
    url: Annotated[str, typer.Option("--url", help="Address of a link card below the text.")] = "",
    title: Annotated[str, typer.Option("--title", help="Title of the link card.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not tell group owners of it.")] = False,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Make a group welcome; each group's owner must still choose it in the client."""

    async def act(account: Account) -> str:
        card = link(url, title or url) if url else None
        template = await account.client.welcomes.add(text, card, notify=not quiet)
        try:
            async with account.home.database.unit(account.workspace) as unit:
                await keep_template(unit, account.channel, template)
        except InvalidInput:
            await account.client.welcomes.delete(template)
            raise
        return template

    template = ask(channel, act)
    show({"template": template}, [f"{template}: let the owner choose it under 群聊设置 → 入群欢迎语"], as_json)


@welcome.command("delete")
def delete_welcome(
    template: Annotated[str, typer.Argument(help="Id of the template.")], channel: Channel = "", as_json: AsJson = False
) -> None:
    """Delete a group welcome."""

    async def act(account: Account) -> None:
        await account.client.welcomes.delete(template)
        async with account.home.database.unit(account.workspace) as unit:
            await drop_template(unit, account.channel, template)

    ask(channel, act)
    show({"deleted": [template]}, ["deleted"], as_json)


@words.command("list")
def list_rules(channel: Channel = "", as_json: AsJson = False) -> None:
    """List the rules with their words."""

    async def read(account: Account) -> list[InterceptRule]:
        return [await account.client.words.get(row.rule) for row in await account.client.words.list()]

    show_rows(ask(channel, read), as_json, _rule_line, "no rule yet")


@words.command("new")
def new_rule(
    name: Annotated[str, typer.Argument(help="Name of the rule, at most 20 characters.")],
    word: Annotated[list[str], typer.Option("--word", help="A word; give it once for each, at most 300.")],
    pattern: Annotated[list[str] | None, typer.Option("--pattern", help="phone, email or red_packet.")] = None,
    staff: Staff = None,
    department: Annotated[list[int] | None, typer.Option("--department", help="Id of a department.")] = None,
    block: Annotated[bool, typer.Option("--block", help="Stop the message, not only warn.")] = False,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Make a rule about what staff send to customers; it removes nobody and does not touch customers' words."""
    rule = InterceptRule(name, tuple(word), tuple(pattern or ()), block, tuple(staff or ()), tuple(department or ()))
    made = ask(channel, lambda account: account.client.words.add(rule))
    show({"rule": made}, [made], as_json)


@words.command("delete")
def delete_rule(
    rule: Annotated[str, typer.Argument(help="Id of the rule.")], channel: Channel = "", as_json: AsJson = False
) -> None:
    """Delete a rule."""
    ask(channel, lambda account: account.client.words.delete(rule))
    show({"deleted": [rule]}, ["deleted"], as_json)


@moments.command("new")
def new_moment(
    text: Annotated[str, typer.Argument(help="At most 2000 characters.")],
    image: Annotated[
        list[Path] | None, typer.Option("--image", exists=True, dir_okay=False, help="A JPG or PNG; at most 9.")
    ] = None,
    staff: Staff = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only customers with this tag see it.")] = None,
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """File a moment; staff must still publish it in the client."""
    pictures = [_picture(path) for path in image or ()]

    async def act(account: Account) -> str:
        media = [await account.client.uploads.attachment(content) for content in pictures]
        plan = MomentPlan(text, tuple(media), staff=tuple(staff or ()), tags=tuple(tag or ()))
        return await account.client.moments.add(plan)

    job = ask(channel, act)
    show({"job": job}, [f"{job}: ask qunflow wecom moments results --job {job}"], as_json)


@moments.command("results")
def moment_results(
    moment: Annotated[str, typer.Option("--moment", help="Id of a moment.")] = "",
    job: Annotated[str, typer.Option("--job", help="What the making of a moment answered, good for 24 hours.")] = "",
    channel: Channel = "",
    as_json: AsJson = False,
) -> None:
    """Show which staff have published a moment, and how many customers saw, liked and commented it."""
    if bool(moment) == bool(job):
        raise InvalidInput("moment_or_job", "Name a moment or a job.", field="moment", way_out="Give one of them.")

    async def read(account: Account) -> dict[str, Any]:
        name = moment
        if job:
            made = await account.client.moments.job(job)
            name = made.moment
            if not name:
                return {"job": plain(made), "moment": "", "staff": []}
        parts = await account.client.moments.parts(name)
        return {"moment": name, "staff": [await _part(account, name, one.staff, one.published) for one in parts]}

    found = ask(channel, read)
    shown = [f"{row['staff']}  {'published' if row['published'] else 'waits'}  {_seen(row)}" for row in found["staff"]]
    show(found, shown or ["still being made"], as_json)


async def _part(account: Account, moment: str, staff: str, published: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"staff": staff, "published": published, "reached": 0, "comments": 0, "likes": 0}
    if not published:
        return row
    try:
        row["reached"] = len(await account.client.moments.reached(moment, staff))
        comments, likes = await account.client.moments.comments(moment, staff)
    except WecomError as error:
        return {**row, "error": error.sentence()}
    return {**row, "comments": len(comments), "likes": len(likes)}


def _seen(row: dict[str, Any]) -> str:
    return str(row.get("error") or f"{row['reached']} reached, {row['comments']} comments, {row['likes']} likes")


def _rule_line(rule: InterceptRule) -> str:
    kind = "blocks" if rule.block else "warns"
    return f"{rule.rule}  {rule.name}  {kind}  {', '.join((*rule.words, *rule.semantics))}"


def _picture(path: Path) -> bytes:
    with path.open("rb") as opened:
        content = opened.read(MAX_IMAGE_BYTES + 1)
    if len(content) > MAX_IMAGE_BYTES:
        raise InvalidInput("image_size", f"{path.name} is larger than 10 MB.", field="image", way_out="Shrink it.")
    return content
