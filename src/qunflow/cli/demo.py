"""``qunflow demo``: a simulated crowd goes through a whole campaign, over real HTTP, on a real PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from qunflow.cli.demo_report import write_report
from qunflow.cli.demo_run import DemoResult, DemoSettings, Play, Scene, run_demo
from qunflow.cli.opening import show
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.report import report_lines
from qunflow.settings import read_settings

app = typer.Typer(add_completion=False)
MAX_PEOPLE = 50_000


@app.command()
def demo(
    people: Annotated[
        int | None, typer.Option(min=10, max=MAX_PEOPLE, help="Size of the crowd; 2000, on Matrix 12.")
    ] = None,
    seed: Annotated[str, typer.Option(help="The same seed gives the same funnel, rewards and number of groups.")] = "1",
    channel: Annotated[str, typer.Option(help="Where to play: wecom (a sandbox) or matrix (a server of yours).")] = (
        "wecom"
    ),
    homeserver: Annotated[str, typer.Option(help="Matrix: where the server is, such as http://127.0.0.1:8008.")] = "",
    registration: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Matrix: the registration file that the server has loaded.")
    ] = None,
    registration_secret: Annotated[
        str, typer.Option(help="Matrix: the server's registration secret; - reads it from stdin; empty: open to all.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Play a campaign from live code to reward; exit 0 only when every invariant held."""
    settings = read_settings()
    folder = Path(settings.data).absolute() / "demo"
    plan_file = Path(str(files("qunflow") / "rehearsal" / "demo-plan.yaml"))
    play = DemoSettings(people or 2000, seed, folder, plan_file)
    staging = None
    if channel == "matrix":
        play, staging = _on_matrix(play, people or 12, homeserver, registration, registration_secret)
    elif channel != "wecom":
        raise InvalidInput("demo_channel", "must be wecom or matrix", field="--channel")
    with ProgressBar() as bar:
        result = uvloop.run(run_demo(play, bar.move, staging))
    paths = write_report(folder / "report", result)
    data = {**result.report, "invariants_broken": list(result.broken), "crowd": result.crowd.as_data()}
    data["files"] = [str(path) for path in paths]
    show(data, _lines(result, paths), as_json)
    if result.broken:
        raise typer.Exit(1)


def _on_matrix(
    play: DemoSettings, people: int, homeserver: str, registration: Path | None, secret: str
) -> tuple[DemoSettings, Callable[[Scene], Play]]:
    """How the demo is played on a Matrix server. Raises InvalidInput for what is missing."""
    from qunflow.cli.demo_matrix import MAX_PEOPLE as MOST
    from qunflow.cli.demo_matrix import matrix_staging, read_registration

    if not homeserver or registration is None:
        raise InvalidInput(
            "demo_matrix",
            "a Matrix server and its registration file must be named",
            field="--homeserver, --registration",
            way_out="See docs/demo.md.",
        )
    if people > MOST:
        raise InvalidInput("demo_people", f"at most {MOST} on Matrix", field="--people")
    given = read_registration(registration)
    secret = sys.stdin.readline(1_024).strip() if secret == "-" else secret
    sized = replace(play, people=people, server_port=given.port, public_url=given.base_url)
    return sized, matrix_staging(homeserver, given, secret)


def _lines(result: DemoResult, paths: list[Path]) -> list[str]:
    report = result.report
    lines = report_lines(report)
    lines.append(f"overfull groups {report['overfull_groups']}, joins past our codes {report['bypass_joins']}")
    lines.append(f"replay: {report['events']} events, {'equal' if report['replay_equal'] else 'NOT EQUAL'}")
    lines.append(f"{report['seconds']} s, peak memory {report['peak_memory_mb']} MB")
    lines += [f"file: {path}" for path in paths]
    held = "every invariant held"
    lines.append(f"BROKEN: {', '.join(result.broken)}" if result.broken else held)
    return lines


@dataclass
class ProgressBar:
    """The progress bar on stderr; nothing where stderr is no terminal."""

    what: str = "demo"
    progress: Progress | None = None
    task: Any = None

    def __enter__(self) -> ProgressBar:
        console = Console(stderr=True)
        if console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
            self.progress = Progress(*columns, TimeElapsedColumn(), console=console)
            self.progress.start()
            self.task = self.progress.add_task("setting up", total=None)
        else:
            print(f"{self.what}: setting up …", file=sys.stderr)
        return self

    def move(self, done: int, total: int, when: str) -> None:
        """Show how far the crowd is."""
        if self.progress is not None:
            self.progress.update(self.task, completed=done, total=total, description=when)

    def __exit__(self, *_: object) -> None:
        if self.progress is not None:
            self.progress.stop()
