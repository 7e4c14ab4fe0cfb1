"""``qunflow campaign photos`` and ``strike-photo``: the pictures of a check-in, and those that count no more."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.features.campaigns.photo_rows import (
    STATES,
    PhotoCounts,
    PhotoQuestion,
    PhotoRow,
    count_photos,
    read_photos,
)
from qunflow.features.campaigns.photos import photo_campaign, read_photo, strike_photo

Name = Annotated[str, typer.Argument(help="Name of the campaign.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def photos(
    name: Name,
    day: Annotated[str, typer.Option("--day", help="Only those for this local day, such as 2026-12-01.")] = "",
    state: Annotated[str, typer.Option("--state", help="Only those that: counts, struck, alike.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many, the newest first.")] = 50,
    save: Annotated[Path | None, typer.Option("--save", help="Write the pictures into this folder, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the pictures that people handed in for their check-ins."""
    asked = PhotoQuestion(_checked_day(day), _checked_state(state), limit=limit)

    async def act(application: Application) -> tuple[list[PhotoRow], int, PhotoCounts, int]:
        await photo_campaign(application.door, WORKSPACE, name)
        async with application.home.database.read(WORKSPACE) as unit:
            rows, total = await read_photos(unit, name, asked)
            counts = await count_photos(unit, name, asked.day)
        return rows, total, counts, await _save(application, name, rows, save) if save is not None else 0

    rows, total, counts, saved = run(act)
    told = {"shown": counts.shown, "struck": dict(counts.struck), "refused": dict(counts.refused)}
    data: dict[str, Any] = {"campaign": name, "total": total, **told, "photos": [row.as_data() for row in rows]}
    lines = [f"{name}: {counts.shown} taken, {_words(counts.struck)} struck out, {_words(counts.refused)} refused"]
    lines += [_line(row) for row in rows]
    if save is not None:
        data["saved"] = saved
        lines.append(f"{saved} pictures in {save}")
    show(data, lines, as_json)


def strike_out(
    name: Name,
    photo: Annotated[str, typer.Argument(help="Code of the picture, as the list has it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it does not count; the person reads it.")],
    as_json: AsJson = False,
) -> None:
    """Strike a picture out: its day counts no more, and the reward follows."""
    found = run(lambda app: strike_photo(app.door, WORKSPACE, name, photo, reason))
    told = {"photo": found.photo, "person": found.person, "day": found.day, "reason": found.reason}
    data = {"campaign": name, **told, "days": found.days, "known": found.known}
    what = "was struck out before" if found.known else "is struck out"
    show(data, [f"{name}: {photo} {what} for {found.reason}; {found.days} days are left"], as_json)


async def _save(application: Application, name: str, rows: list[PhotoRow], folder: Path) -> int:
    """Write each picture that is still stored as ``day-person-code``; answers how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for row in rows:
        try:
            content = await read_photo(application.door, application.home.blobs, WORKSPACE, name, row.photo)
        except NotFound:  # erased with its person
            continue
        (folder / f"{row.day}-{row.person[:12]}-{row.photo[:12]}.{_ending(content)}").write_bytes(content)
        count += 1
    return count


def _ending(content: bytes) -> str:
    return {b"\xff\xd8\xff": "jpg", b"\x89PN": "png"}.get(content[:3], "webp")


def _line(row: PhotoRow) -> str:
    more = [f"made up on {row.on}"] if row.on != row.day else []
    more += ["like an earlier one"] if row.alike else []
    more += [f"struck out: {row.reason}"] if row.reason else []
    return "  " + " ".join((row.day, row.photo, row.name or row.person[:8], ", ".join(more))).rstrip()


def _words(counts: Any) -> str:
    whole = sum(counts.values())
    parts = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    return f"{whole} ({parts})" if parts else str(whole)


def _checked_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise InvalidInput("photo_day", "a day", field="--day", way_out="Write it like 2026-12-01.") from error


def _checked_state(text: str) -> str:
    if text and text not in STATES:
        raise InvalidInput("photo_state", f"one of {', '.join(STATES)}", field="--state")
    return text
