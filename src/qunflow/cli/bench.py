"""``qunflow bench``: what this machine can do. Each measurement makes a data folder of its own and deletes it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import uvloop

from qunflow.cli.opening import show
from qunflow.domain.errors import InvalidInput

app = typer.Typer(help="Measure what this machine can do.", no_args_is_help=True, add_completion=False)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
MAX_CONNECTIONS = 2000


@app.command()
def scan(
    connections: Annotated[str, typer.Option(help="Connections at once, one measurement for each.")] = "32,128,512",
    seconds: Annotated[float, typer.Option(min=0.2, max=600, help="Of one measurement; a fifth warms up.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="How often all of it.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Every request a new visitor with a stored place, beside a raw ASGI hello on the same server."""
    from qunflow.bench.scan import bench_scan

    result = uvloop.run(bench_scan(_numbers(connections), seconds, rounds))
    data = result.as_data()
    lines = [
        f"{number} connections: {at['scans_per_second']}/s, hello {at['hello_per_second']}/s, ratio {at['ratio']}, "
        f"{_costs(at['rounds'][-1]['scan'])}"
        for number, at in data["at"].items()
    ]
    lines.append(f"{data['visitors']} visitors, {data['reservations']} reservations, {data['scans_recorded']} scans")
    right = data["every_answer_right"] and data["one_reservation_each"]
    _finish(data, lines, as_json, right)


@app.command()
def engine(
    messages: Annotated[int, typer.Option(min=100, max=2_000_000, help="How many messages.")] = 30_000,
    groups: Annotated[int, typer.Option(min=1, max=10_000, help="Over how many groups.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Messages out of the inbox, each answered by an action in the outbox, committed."""
    from qunflow.bench.engine import bench_engine

    data = uvloop.run(bench_engine(messages, groups)).as_data()
    lines = [
        f"{data['per_second']} messages/s decided and committed ({data['messages']} over {data['groups']} groups)",
        f"stored before that: {data['stored_per_second']}/s; both together: {data['whole_per_second']}/s",
        f"each costs {data['worker_us']} us of the worker and {data['database_us']} us of the database",
    ]
    _finish(data, lines, as_json, data["every_message_answered"])


@app.command()
def intake(
    connections: Annotated[int, typer.Option(min=1, max=MAX_CONNECTIONS, help="Connections at once.")] = 64,
    callbacks: Annotated[int, typer.Option(min=10, max=500_000, help="At most so many callbacks.")] = 60_000,
    seconds: Annotated[float, typer.Option(min=0.2, max=600, help="At most so long.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Callbacks of WeCom, signed and encrypted, until each is stored and answered."""
    from qunflow.bench.intake import bench_intake

    data = uvloop.run(bench_intake(connections, callbacks, seconds)).as_data()
    lines = [
        f"{data['callbacks_per_second']} callbacks/s, hello {data['hello_per_second']}/s, ratio {data['ratio']}, "
        f"{_costs(data['callbacks'])}",
        f"{data['answered']} answered, {data['stored']} stored",
    ]
    _finish(data, lines, as_json, data["every_answer_right"] and data["every_answer_stored"])


@app.command()
def review(
    submissions: Annotated[int, typer.Option(min=10, max=390, help="How many proofs, one of each participant.")] = 300,
    connections: Annotated[int, typer.Option(min=1, max=64, help="Connections at once.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Proofs over HTTP until each is decided: stored, examined, approved or queued; without text reading."""
    from qunflow.bench.review import bench_review

    data = uvloop.run(bench_review(submissions, connections)).as_data()
    lines = [
        f"{data['per_minute']} proofs/min ({data['submissions']} of {data['picture_kb']} KB in {data['seconds']} s), "
        f"decided after p50 {data['wait_p50']} s, p95 {data['wait_p95']} s",
        f"each costs {data['server_ms']} ms of the server and {data['database_ms']} ms of the database",
        f"{data['approved']} approved, {data['queued']} wait for a person, {data['other']} neither",
    ]
    _finish(data, lines, as_json, data["every_proof_decided"])


@app.command()
def idle(
    rest: Annotated[float, typer.Option(min=0.2, max=3600, help="Seconds of rest before memory is read.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Time from the start to the first page, and memory of a server that nobody uses."""
    from qunflow.bench.idle import bench_idle

    data = uvloop.run(bench_idle(rest)).as_data()
    lines = [
        f"first page after {data['first_page_seconds']} s, console after {data['console_seconds']} s",
        f"{data['total_mb']} MB in {data['processes']} processes: server {data['server_mb']}, "
        f"database {data['database_mb']}; {data['cpu_percent']} % of one core",
    ]
    _finish(data, lines, as_json, True)


def _numbers(text: str) -> list[int]:
    """``32,128`` as numbers. Raises InvalidInput."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() and 0 < int(part) <= MAX_CONNECTIONS for part in parts) or len(parts) > 20:
        raise InvalidInput(
            "bench_connections", f"numbers of 1 to {MAX_CONNECTIONS} with commas between", field="--connections"
        )
    return list(dict.fromkeys(int(part) for part in parts))


def _costs(found: dict[str, Any]) -> str:
    times = f"p50 {found['p50_ms']} p95 {found['p95_ms']} p99 {found['p99_ms']} ms"
    return f"{times}; each costs {found['server_us']} us of the server, {found['database_us']} us of the database"


def _finish(data: dict[str, Any], lines: list[str], as_json: bool, right: bool) -> None:
    """Print, and end with 1 when an answer was wrong or something is missing: such a figure is worth nothing."""
    show(data, lines if right else [*lines, "NOT EVERY ANSWER WAS RIGHT"], as_json)
    if not right:
        raise typer.Exit(1)
