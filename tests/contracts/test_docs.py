"""What the docs promise to list, they list; what they name, is there."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from qunflow.cli import demo_run
from qunflow.cli.app import app
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns import gate, plan_file
from qunflow.features.campaigns.mechanics import breakthrough, ladder
from qunflow.features.campaigns.plan import (
    POSTER_ELEMENTS,
    SCRIPTS,
    Ladder,
    Plan,
    PoolPlan,
    PrizePlan,
    RacePlan,
    RankingPlan,
    StagePlan,
    TaskPlan,
)
from qunflow.features.scripts.decide import POSTER
from qunflow.features.scripts.texts import DEFAULTS, REASONS
from qunflow.features.tasks.decide import REJECT_REASONS
from qunflow.settings import Settings

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
READMES = (TOP / "README.md", TOP / "README.zh-CN.md")
PAGES = sorted([*READMES, TOP / "CHANGELOG.md", *DOCS.rglob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"[\w.-]+(/[\w.-]+)*\.(py|po|html|md|yaml|yml|toml|sql)|([\w-]+/)+")
OPTION = re.compile(r"--[a-z][a-z-]*")
#: Files of other programs, of the data folder and of no tree at all.
ELSEWHERE = {"homeserver.yaml", "plan.yaml", "report.html", "campaigns.md", "wecom-api.md"}


@cache
def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def shown(path: Path) -> str:
    return str(path.relative_to(TOP))


def sections(text: str) -> dict[str, str]:
    """Heading → what stands below it up to the next heading of any level, code blocks of no account."""
    found: dict[str, str] = {}
    heading = ""
    for line in FENCED.sub("", text).splitlines():
        match = re.match(r"#+ (.+)", line)
        if match:
            heading = match.group(1).strip()
            found[heading] = ""
        elif heading:
            found[heading] += line + "\n"
    return found


def rows(text: str) -> dict[str, list[str]]:
    """First cell → the other cells, of every table row whose first cell is one code word."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else [""]
        match = re.fullmatch(r"`([^`]+)`", cells[0])
        if match:
            found[match.group(1)] = cells[1:]
    return found


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def words_of(value: Any) -> str:
    """How a page writes a default."""
    if value is None or value == () or value == {}:
        return "none"
    return "empty" if value == "" else f"`{value}`"


# --- settings ---------------------------------------------------------------------------------------------------------


def test_every_setting_is_listed_with_its_default() -> None:
    listed = {name: cells[0] for name, cells in rows(sections(page("settings.md"))["Variables"]).items()}
    settings = {
        f"QUNFLOW_{name.upper()}": words_of("" if field.default is None else field.default)
        for name, field in Settings.model_fields.items()
    }
    assert listed == settings


def test_every_variable_that_the_code_reads_is_named() -> None:
    files = [*(TOP / "src").rglob("*.py"), *(TOP / "tests").rglob("*.py")]
    read = {name for path in files for name in re.findall(r"\"(QUNFLOW_[A-Z_]+[A-Z])\"", path.read_text("utf-8"))}
    assert {name for name in read if f"`{name}`" not in page("settings.md")} == set()


# --- the plan ---------------------------------------------------------------------------------------------------------

#: Heading of the page → (fields of the file, the record that they build).
PLAN_TABLES: dict[str, tuple[dict[str, plan_file.Field], type | None]] = {
    "Fields": (plan_file.FIELDS, Plan),
    "Pool": (plan_file.POOL_FIELDS, PoolPlan),
    "Poster": (plan_file.POSTER_FIELDS, None),
    "Ladder": ({**plan_file.LADDER_FIELDS, **plan_file.BAND_FIELDS}, Ladder),
    "Stages": (plan_file.STAGE_FIELDS, StagePlan),
    "Breakthrough": (plan_file.BREAKTHROUGH_FIELDS, None),
    "Ranking": (plan_file.RANKING_FIELDS, RankingPlan),
    "Race": (plan_file.RACE_FIELDS, RacePlan),
    "Prizes": (plan_file.PRIZE_FIELDS, PrizePlan),
    "Task": (plan_file.TASK_FIELDS, TaskPlan),
}


def defaults_of(table: dict[str, plan_file.Field], record: type | None) -> dict[str, str]:
    own = {field.name: field for field in fields(record)} if record is not None else {}
    found = {}
    for name, field in table.items():
        if field.default is ...:
            found[name] = "required"
            continue
        made = own[name]
        value = made.default_factory() if made.default_factory is not MISSING else made.default
        found[name] = words_of(value)
    return found


@pytest.mark.parametrize("heading", PLAN_TABLES)
def test_every_plan_field_is_listed_with_its_default(heading: str) -> None:
    listed = {name: cells[1] for name, cells in rows(sections(page("campaign-plan.md"))[heading]).items()}
    assert listed == defaults_of(*PLAN_TABLES[heading])


def test_no_nested_table_of_the_plan_is_forgotten() -> None:
    tables = {name for name in vars(plan_file) if name.endswith("FIELDS")}
    known = {"FIELDS", "POOL_FIELDS", "POSTER_FIELDS", "LADDER_FIELDS", "BAND_FIELDS", "STAGE_FIELDS", "TASK_FIELDS"}
    known |= {"BREAKTHROUGH_FIELDS", "RANKING_FIELDS", "RACE_FIELDS", "PRIZE_FIELDS"}
    assert tables == known


def test_every_choice_of_a_plan_is_named() -> None:
    chosen = {"marginal", "step", "whole", "request", "auto_create", "new_only", "any", "zh", "en"}
    chosen |= {"daily", "weekly"}
    chosen |= {"revoke_until_confirmed", "revoke_until_end", "never", "screenshot"}
    assert {name for name in chosen if f"`{name}`" not in page("campaign-plan.md")} == set()


def test_the_example_plan_of_the_page_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.+?)```", page("campaign-plan.md"), re.DOTALL)
    plan = plan_file.parse_plan(example)
    assert f"{gate.liability(plan):,} fen" in page("campaign-plan.md")


def test_the_worked_ladder_is_right() -> None:
    table = sections(page("features/invitation-campaigns.md"))["Ladder"]
    lines = [line.strip("|").split("|") for line in table.splitlines() if re.match(r"\| \d", line)]
    bands = ((1, 3, 500), (4, 10, 800))
    wanted = [[n, *(ladder.due(mode, bands, n) for mode in ("marginal", "step", "whole"))] for n in (1, 3, 4, 10, 11)]
    assert [[int(cell) for cell in line] for line in lines] == wanted


def test_the_worked_bonus_is_right() -> None:
    table = sections(page("features/contests.md"))["Breakthrough bonus"]
    lines = [line.strip("|").split("|") for line in table.splitlines() if re.match(r"\| \d", line)]
    bands, steps = ((1, 3, 500), (4, 10, 800)), ((5, 1000), (10, 3000))
    wanted = [[n, ladder.due("marginal", bands, n), breakthrough.due(steps, n)] for n in (4, 5, 9, 10)]
    assert [[int(cell) for cell in line] for line in lines] == [[*row, row[1] + row[2]] for row in wanted]


# --- commands ---------------------------------------------------------------------------------------------------------


def leaf_commands() -> dict[str, Any]:
    """Path → command, of everything that does something."""
    found = {}

    def walk(command: Any, path: str) -> None:
        if not hasattr(command, "list_commands"):
            found[path] = command
            return
        context = command.make_context(path, [], resilient_parsing=True)
        for name in command.list_commands(context):
            walk(command.get_command(context, name), f"{path} {name}")

    walk(typer.main.get_command(app), "qunflow")
    return found


COMMANDS = leaf_commands()
BY_COMMAND = {name.strip("`"): text for name, text in sections(page("commands.md")).items() if name.startswith("`")}


def test_every_command_has_its_section_and_no_other_has() -> None:
    assert sorted(BY_COMMAND) == sorted(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_and_argument_is_listed(path: str) -> None:
    parameters = COMMANDS[path].params
    taken = {name for item in parameters for name in (*item.opts, *item.secondary_opts) if name != "--help"}
    code = {word for span in CODE.findall(BY_COMMAND[path]) for word in [span, *span.split()]}
    assert {name for name in taken if name not in code} == set()


@pytest.mark.parametrize("path", COMMANDS)
def test_no_option_is_listed_that_does_not_exist(path: str) -> None:
    known = {name for item in COMMANDS[path].params for name in (*item.opts, *item.secondary_opts)}
    assert set(OPTION.findall(BY_COMMAND[path])) - known == set()


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_command_that_a_page_shows_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    lines = [*CODE.findall(text), *(line for block in FENCED.findall(text) for line in block.splitlines())]
    commands = [name.split() for name in COMMANDS]
    wrong = []
    for line in lines:
        match = re.match(r"(?:\.venv/bin/)?(qunflow( [a-z]+(?:-[a-z]+)*)+)", line)
        words = match.group(1).split() if match else []
        is_command = any(words[: len(command)] == command for command in commands)
        is_group = any(words == command[: len(words)] for command in commands)
        if words and not is_command and not is_group:
            wrong.append(line)
    assert wrong == []


# --- words ------------------------------------------------------------------------------------------------------------


def test_every_reason_is_listed() -> None:
    assert set(rows(page("reasons.md"))) == {reason.value for reason in Reason}


def test_every_review_reason_is_listed_with_what_people_read() -> None:
    listed = rows(sections(page("features/proof-review.md"))["Reasons"])
    assert {name: cells[0] for name, cells in listed.items()} == {
        str(name): REASONS["en"][name] for name in REJECT_REASONS
    }


def test_every_script_is_listed() -> None:
    assert set(rows(sections(page("features/scripts.md"))["What becomes of each"])) == {
        *SCRIPTS,
        *DEFAULTS["en"],
        POSTER,
    }
    assert set(rows(sections(page("campaign-plan.md"))["Scripts"])) == set(SCRIPTS)


def test_every_outcome_is_listed() -> None:
    assert set(rows(sections(page("features/scripts.md"))["Outcomes"])) == {outcome.value for outcome in Outcome}


def test_every_check_of_the_gate_is_listed() -> None:
    checks = set(re.findall(r"GateCheck\(\"(\w+)\"", inspect.getsource(gate)))
    text = page("features/invitation-campaigns.md")
    assert checks and {name for name in checks if f"| `{name}` |" not in text} == set()


def test_every_invariant_of_the_demo_is_listed() -> None:
    names = set(re.findall(r"\"([\w.=]+)\": ", inspect.getsource(demo_run.broken_invariants)))
    assert set(rows(page("demo.md"))) == names


def test_every_element_of_a_poster_is_named() -> None:
    assert set(rows(sections(page("campaign-plan.md"))["Poster"])) == set(POSTER_ELEMENTS)


# --- links, files, decisions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_no_link_is_dead(path: Path) -> None:
    dead = []
    for target in LINK.findall(FENCED.sub("", path.read_text("utf-8"))):
        place, _, part = target.partition("#")
        if place.startswith(("http://", "https://")):
            continue
        aim = path.parent / place if place else path
        headings = sections(aim.read_text("utf-8")) if part and aim.is_file() else {}
        if not aim.exists() or (part and part not in {anchor(heading) for heading in headings}):
            dead.append(target)
    assert dead == []


@cache
def file_names() -> frozenset[str]:
    return frozenset(path.name for folder in ("src", "tests", "docs") for path in (TOP / folder).rglob("*.*"))


def is_there(named: str, from_page: Path) -> bool:
    if "/" not in named.rstrip("/"):
        return named in file_names() or (TOP / named).exists() or (TOP / "src" / "qunflow" / named).exists()
    return any((base / named).exists() for base in (TOP, TOP / "src" / "qunflow", from_page.parent))


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_every_file_that_a_page_names_is_there(path: Path) -> None:
    spans = CODE.findall(FENCED.sub("", path.read_text("utf-8")))
    named = {span for span in spans if NAMED_FILE.fullmatch(span) and span not in ELSEWHERE}
    assert {span for span in named if not is_there(span, path)} == set()


def test_the_tree_of_the_architecture_is_there() -> None:
    (tree,) = re.findall(r"## 3\. The tree\n+```\n(.+?)```", page("architecture.md"), re.DOTALL)
    listed = set()
    for line in tree.splitlines():
        inside = line.startswith("  ")
        for name in re.findall(r"(?:^|, )([\w.]+(?:/|\.py))", line.strip().partition("  ")[0]):
            listed.add(f"features/{name}" if inside else name)
    source = TOP / "src" / "qunflow"
    there = {f"{folder.name}/" for folder in source.iterdir() if (folder / "__init__.py").exists()}
    there |= {
        f"features/{folder.name}/" for folder in (source / "features").iterdir() if (folder / "model.py").exists()
    }
    assert there - listed == set()
    assert {name for name in listed if not (source / name).exists()} == set()


def commands_in(text: str) -> list[str]:
    lines = [line for block in FENCED.findall(text) for line in block.splitlines() if not line.startswith("```")]
    spans = CODE.findall(FENCED.sub("", text))
    return sorted([*lines, *(span for span in spans if re.match(r"make|\.venv|QUNFLOW", span))])


def test_both_readmes_say_the_same_commands_and_links() -> None:
    english, chinese = (path.read_text("utf-8") for path in READMES)
    other = {path.name for path in READMES}
    assert commands_in(english) == commands_in(chinese)
    assert sorted(set(LINK.findall(english)) - other) == sorted(set(LINK.findall(chinese)) - other)
    assert READMES[1].name in LINK.findall(english) and READMES[0].name in LINK.findall(chinese)


def test_every_target_of_make_in_the_readme_exists() -> None:
    makefile = (TOP / "Makefile").read_text("utf-8")
    wanted = {
        match for line in commands_in(READMES[0].read_text("utf-8")) for match in re.findall(r"^make ([a-z-]+)", line)
    }
    assert {name for name in wanted if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [READMES[0]]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        for target in LINK.findall(path.read_text("utf-8")):
            aim = (path.parent / target.partition("#")[0]).resolve()
            waiting.extend(sorted(aim.glob("*.md")) if aim.is_dir() else [aim])
    assert {shown(path) for path in PAGES if path not in reached} == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_its_sections_on_one_page(path: Path) -> None:
    text = path.read_text("utf-8")
    found = sections(text)
    title, *parts = found
    assert title.startswith(f"{path.name[:4]} ")
    assert parts == ["Context", "Decision", "Consequences"]
    assert all(found[part].strip() for part in parts)
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize("path", READMES, ids=shown)
def test_a_readme_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 120
