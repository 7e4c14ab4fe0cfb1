"""``qunflow channel doctor``: looks at the set-up of an account and names what is wrong, why, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application, Channels
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.connectors.matrix import doctor as matrix_doctor
from qunflow.connectors.matrix import doctor_probes as matrix_probes
from qunflow.connectors.wecom import doctor as wecom_doctor
from qunflow.connectors.wecom import doctor_probes as wecom_probes
from qunflow.domain.actions import Broadcast, CloseContactCode, CloseEntry, OpenContactCode, OpenEntry
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.domain.health import Finding, Health, overall
from qunflow.web.texts import LANGUAGES, Texts

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


def doctor(
    name: Annotated[str, typer.Argument(help="Name of the channel.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the lines: en or zh.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, in both languages.")] = False,
) -> None:
    """Check an account's set-up: what fails, why, and the way out; ends with 1 when something failed.

    The server has to run, since its callback address is asked as the platform would ask it.
    """
    if lang not in LANGUAGES:
        raise InvalidInput("doctor_language", "the language is en or zh", field="--lang")

    async def act(application: Application) -> tuple[str, tuple[Finding, ...]]:
        return await examine_channel(application, name)

    kind, findings = run(act)
    texts = Texts.load()
    state = overall(findings)
    data = {
        "channel": name,
        "kind": kind,
        "state": str(state),
        "checks": [finding_data(texts, kind, item) for item in findings],
    }
    show(data, [line for item in findings for line in finding_lines(texts, kind, item, lang)], as_json)
    if state is Health.FAILED:
        raise typer.Exit(1)


async def examine_channel(application: Application, name: str) -> tuple[str, tuple[Finding, ...]]:
    """The kind of a channel and what its doctor finds. Raises NotFound."""
    channels = Channels(application.home)
    row = await channels.row(name)
    if row is None:
        raise NotFound("channel_unknown", "there is no channel of this name", field=name)
    address = application.home.settings.address
    try:
        if row.kind == "wecom":
            wecom = channels.wecom_settings(row)
            used = await count_used(application, name)
            seen = await wecom_probes.look(wecom, f"{address}/hooks/wecom/{name}", used)
            return row.kind, wecom_doctor.examine(wecom, seen)
        matrix = channels.matrix_settings(row)
        return row.kind, matrix_doctor.examine(matrix, await matrix_probes.look(matrix, name))
    except InvalidInput as error:
        bad = wecom_doctor.bad_settings if row.kind == "wecom" else matrix_doctor.bad_settings
        return row.kind, bad(error)


async def count_used(application: Application, channel: str) -> wecom_probes.Used:
    """What the outbox tells of codes that are open, of mass sends in a day and of calls in a minute."""
    day, minute = datetime.now(UTC) - _DAY, datetime.now(UTC) - _MINUTE
    async with application.home.database.read(WORKSPACE) as unit:
        rows = await unit.fetch(
            "SELECT kind, count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE sent_at >= $3), "
            "count(*) FILTER (WHERE sent_at >= $4) FROM outbox WHERE workspace_id = $1 AND channel = $2 GROUP BY kind",
            unit.workspace,
            channel,
            day,
            minute,
        )
    done = {str(kind): int(count) for kind, count, _, _ in rows}
    made = done.get(OpenContactCode.KIND, 0) + done.get(OpenEntry.KIND, 0)
    closed = done.get(CloseContactCode.KIND, 0) + done.get(CloseEntry.KIND, 0)
    sent = sum(int(count) for kind, _, count, _ in rows if kind == Broadcast.KIND)
    return wecom_probes.Used(max(0, made - closed), sent, max((int(count) for _, _, _, count in rows), default=0))


def finding_data(texts: Texts, kind: str, finding: Finding) -> dict[str, Any]:
    """One finding as data, its texts in every language."""
    return {
        "check": finding.check,
        "title": {language: title(texts, language, kind, finding) for language in LANGUAGES},
        "state": str(finding.state),
        "code": finding.code,
        "detail": dict(finding.detail),
        "cause": {language: cause(texts, language, kind, finding) for language in LANGUAGES},
        "way_out": {language: way_out(texts, language, finding) for language in LANGUAGES},
    }


def finding_lines(texts: Texts, kind: str, finding: Finding, language: str) -> Sequence[str]:
    """One finding for a terminal."""
    state = texts.say(language, f"doctor.state.{finding.state}")
    lines = [f"{state}  {title(texts, language, kind, finding)}"]
    if finding.code:
        lines.append(f"    {cause(texts, language, kind, finding)} [{finding.code}]")
        lines += [f"    → {way}" for way in [way_out(texts, language, finding)] if way]
    return lines


def title(texts: Texts, language: str, kind: str, finding: Finding) -> str:
    """What was looked at."""
    return texts.say(language, f"doctor.check.{kind}.{finding.check}")


def cause(texts: Texts, language: str, kind: str, finding: Finding) -> str:
    """What is wrong, in plain words; empty when all is well."""
    if not finding.code:
        return ""
    detail = dict(finding.detail)
    if "after" in detail:
        detail["after"] = texts.say(language, f"doctor.check.{kind}.{detail['after']}")
    return texts.say(language, f"doctor.cause.{finding.code}", **detail)


def way_out(texts: Texts, language: str, finding: Finding) -> str:
    """What to do; empty where there is nothing to do."""
    code = f"doctor.way.{finding.code}"
    return texts.say(language, code, **finding.detail) if finding.code and texts.knows(code) else ""
