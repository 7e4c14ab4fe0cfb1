"""``qunflow group``: members, knocks, topic, pins and messages of a group."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli import group_gather
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.community import desk
from qunflow.community.acts import Act, ActOnGroup, ActState
from qunflow.domain.errors import Conflict, NotFound
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.web.texts import DEFAULT_LANGUAGE, Texts

app = typer.Typer(help="Look after groups: members, knocks, topic, pins, messages.", no_args_is_help=True)
Chat = Annotated[str, typer.Argument(help="The platform's id of the group.")]
Member = Annotated[str, typer.Argument(help="The platform's id of the person.")]
Msg = Annotated[str, typer.Argument(help="The platform's id of the message, or the link that a client copies.")]
Why = Annotated[str, typer.Option("--reason", help="Reason code that is written down; see docs/reasons.md.")]
Note = Annotated[str, typer.Option("--note", help="What the person reads; without it the text of the reason.")]
Channel = Annotated[str, typer.Option("--channel", help="Name of the channel, when two have a group of this id.")]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
Wait = Annotated[float, typer.Option("--wait", min=0, max=desk.MAX_WAIT, help="Seconds to wait for the outcome.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


app.command()(group_gather.gather)
app.command()(group_gather.gathered)


@app.command("list")
def list_all(channel: Channel = "", as_json: AsJson = False) -> None:
    """List the groups with their members, bans and waiting knocks."""
    groups = run(lambda application: desk.list_groups(application.door, WORKSPACE, channel))
    found = [
        {
            "chat": group.chat,
            "channel": group.channel,
            "members": len(group.members),
            "customers": group.customers,
            "banned": sorted(group.bans),
            "knocks": len(group.knocks),
        }
        for group in groups
    ]
    lines = [f"{item['chat']}  {item['channel']}  {item['members']} members, {item['knocks']} knocks" for item in found]
    show(found, lines or ["no group yet"], as_json)


@app.command()
def kick(
    chat: Chat,
    member: Member,
    reason: Why = Reason.KICKED.value,
    note: Note = "",
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Remove a member, who reads why; staff are never removed."""
    _carry_out(Act.KICK, chat, channel, by, wait, as_json, external=member, reason=reason, note=note)


@app.command()
def ban(
    chat: Chat,
    member: Member,
    reason: Why = Reason.KICKED.value,
    note: Note = "",
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Remove a person for good, also one who is not inside yet."""
    _carry_out(Act.BAN, chat, channel, by, wait, as_json, external=member, reason=reason, note=note)


@app.command()
def unban(
    chat: Chat, member: Member, channel: Channel = "", by: By = "cli", wait: Wait = 10, as_json: AsJson = False
) -> None:
    """Lift a ban; the person may be invited or knock again."""
    _carry_out(Act.UNBAN, chat, channel, by, wait, as_json, external=member)


@app.command()
def knocks(chat: Chat, channel: Channel = "", as_json: AsJson = False) -> None:
    """List who asks to be let in, the longest waiting first."""

    async def act(application: Application) -> list[dict[str, Any]]:
        group = await desk.find_group(application.door, WORKSPACE, chat, channel)
        waiting = await desk.list_knocks(application.door, WORKSPACE, group)
        return [
            {"member": one.external, "name": one.name, "says": one.reason, "since": one.at.isoformat()}
            for one in waiting
        ]

    found = run(act)
    lines = [f"{item['member']}  {item['name']}  since {item['since']}  {item['says']}".rstrip() for item in found]
    show(found, lines or ["nobody knocks"], as_json)


@app.command()
def approve(
    chat: Chat, member: Member, channel: Channel = "", by: By = "cli", wait: Wait = 10, as_json: AsJson = False
) -> None:
    """Let in somebody who knocks: they are invited."""
    _carry_out(Act.APPROVE, chat, channel, by, wait, as_json, external=member)


@app.command()
def refuse(
    chat: Chat,
    member: Member,
    reason: Why = Reason.OTHER.value,
    note: Note = "",
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Turn down somebody who knocks, with a reason that they read."""
    _carry_out(Act.REFUSE, chat, channel, by, wait, as_json, external=member, reason=reason, note=note)


@app.command("join-rule")
def join_rule(
    chat: Chat,
    rule: Annotated[str, typer.Argument(help="invite: only those invited; knock: also those who ask and are let in.")],
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Say who may come into a group."""
    _carry_out(Act.JOIN_RULE, chat, channel, by, wait, as_json, value=rule)


@app.command()
def topic(
    chat: Chat,
    text: Annotated[str, typer.Argument(help="The new topic; an empty one takes it away.")],
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Set the topic of a group: its notice on WeCom."""
    _carry_out(Act.TOPIC, chat, channel, by, wait, as_json, value=text)


@app.command()
def pin(
    chat: Chat,
    message: Msg,
    off: Annotated[bool, typer.Option("--off", help="Take the pin off.")] = False,
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Pin a message in a group."""
    _carry_out(Act.UNPIN if off else Act.PIN, chat, channel, by, wait, as_json, message=desk.message_id(message))


@app.command()
def redact(
    chat: Chat,
    message: Msg,
    reason: Why = Reason.OTHER.value,
    note: Annotated[str, typer.Option("--note", help="Said beside the redaction.")] = "",
    channel: Channel = "",
    by: By = "cli",
    wait: Wait = 10,
    as_json: AsJson = False,
) -> None:
    """Take the content of a message out of a group."""
    _carry_out(Act.REDACT, chat, channel, by, wait, as_json, message=desk.message_id(message), reason=reason, note=note)


@app.command()
def log(chat: Chat, channel: Channel = "", as_json: AsJson = False) -> None:
    """List what was asked for a group, with what became of it."""

    async def act(application: Application) -> list[ActState]:
        group = await desk.find_group(application.door, WORKSPACE, chat, channel)
        acts = await desk.list_acts(application.door, WORKSPACE, chat)
        return [one for one in acts if one.channel == group.channel]

    found = [data_of(one) for one in run(act)]
    show(found, [line_of(item) for item in found] or ["nothing yet"], as_json)


def _carry_out(act: Act, chat: str, channel: str, by: str, wait: float, as_json: bool, **fields: str) -> None:
    """Ask, wait, show; ends with 1 when the platform refused."""
    reason = known_reason(fields.get("reason", Reason.OTHER.value))
    if act in (Act.KICK, Act.BAN, Act.REFUSE) and not fields["note"]:
        fields["note"] = Texts.load().say(DEFAULT_LANGUAGE, f"reason.{reason}")
    body = ActOnGroup(desk.new_act_name(), str(act), chat, by=by, **fields)

    async def ask(application: Application) -> ActState:
        group = await desk.find_group(application.door, WORKSPACE, chat, channel)
        await desk.ask_act(application.door, WORKSPACE, group, body)
        return await desk.wait_for_end(application.door, WORKSPACE, body.name, wait)

    found = data_of(run(ask))
    show(found, [line_of(found)], as_json)
    if found["outcome"] == Outcome.REFUSED_BY_PLATFORM:
        raise typer.Exit(1)


def known_reason(reason: str) -> str:
    """A reason of the closed list. Raises NotFound."""
    if reason not in {str(item) for item in Reason}:
        raise NotFound("reason_unknown", "there is no such reason", field="--reason", way_out="See docs/reasons.md.")
    return reason


def data_of(state: ActState) -> dict[str, Any]:
    """An act as data; ``outcome`` is ``asked`` while it waits."""
    if state.asked_at is None:
        raise Conflict("act_unknown", "the act was not written down", field=state.name)
    return {
        "act": state.act,
        "chat": state.chat,
        "member": state.external,
        "message": state.message,
        "reason": state.reason,
        "by": state.by,
        "asked_at": state.asked_at.isoformat(),
        "outcome": state.outcome or "asked",
        "refused_for": state.refused_for,
    }


def line_of(found: dict[str, Any]) -> str:
    """An act for a terminal."""
    about = found["member"] or found["message"]
    told = f"{found['act']} {about}".rstrip()
    end = f"{found['outcome']} {found['refused_for']}".rstrip()
    hint = " (the running server carries it out; a to-do waits for its owner)" if end == "asked" else ""
    return f"{found['asked_at']}  {told}: {end}{hint}"
