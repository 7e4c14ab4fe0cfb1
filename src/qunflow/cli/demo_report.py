"""The demo's HTML report and three posters, in one folder that can be opened without a server."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from qunflow.cli.demo_run import DemoResult
from qunflow.features.campaigns.report import rate_words

_STYLE = """
body{font:16px/1.6 "Noto Sans CJK SC","PingFang SC",sans-serif;color:#222}
body{margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
td,th{border-bottom:1px solid #ddd;padding:.3rem .9rem;text-align:left}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.low{color:#b3261e}.fine{color:#1b6e3c}img{width:13rem;margin-right:1rem}
"""
_NAMES = {"launched": "启动", "scanned": "扫码", "joined": "入群", "completed": "完成任务"}


def write_report(folder: Path, result: DemoResult) -> list[Path]:
    """Write ``report.html`` and the posters; answers where they lie."""
    folder.mkdir(parents=True, exist_ok=True)
    posters = []
    for number, image in enumerate((result.poster, *result.personal_posters)[:3]):
        path = folder / f"poster-{number + 1}.jpg"
        path.write_bytes(image)
        posters.append(path)
    page = folder / "report.html"
    page.write_text(_page(result, posters), encoding="utf-8")
    return [page, *posters]


def _page(result: DemoResult, posters: list[Path]) -> str:
    report = result.report
    title = f"{report['campaign']} · {report['people']} 人 · seed {report['seed']}"
    ledger = "平" if report["ledger"]["balanced"] else "不平"
    replayed = "一致" if report["replay_equal"] else "不一致"
    parts = [
        f"<!doctype html><html lang=zh><meta charset=utf-8><title>{_text(report['campaign'])}</title>",
        f"<style>{_STYLE}</style><h1>{_text(title)}</h1>",
        "<p>" + ("全部不变量成立。" if not result.broken else f"未成立：{_text(', '.join(result.broken))}") + "</p>",
        "<h2>漏斗</h2>",
        _table([(_NAMES[key], count) for key, count in report["funnel"].items()]),
        "<h2>比率</h2>",
        _table([(name, rate_words(rate)) for name, rate in report["rates"].items()]),
        "<h2>诊断</h2>",
        *(_finding(finding) for finding in report["diagnosis"]),
        "<h2>群</h2>",
        _table([(group["chat"], group["members"]) for group in report["groups"]]),
        "<h2>话术</h2>",
        _table([*sorted(report["scripts"]["outcomes"].items()), ("missing", report["scripts"]["missing"])]),
        "<h2>奖励与账本</h2>",
        _table([(f"{name} (fen)", amount) for name, amount in report["rewards"].items()]),
        f"<p>账本合计 {report['ledger']['sum']}，{ledger}；重放 {report['events']} 个事件，{replayed}；"
        f"用时 {report['seconds']} 秒。</p>",
        "<h2>海报</h2>",
        *(f'<img src="{path.name}" alt="海报">' for path in posters),
    ]
    return "\n".join(parts)


def _finding(finding: dict[str, Any]) -> str:
    causes = "".join(f"<li>{_text(cause['evidence'])} → {_text(cause['next'])}</li>" for cause in finding["causes"])
    style = "low" if finding["verdict"] == "low" else "fine"
    return f"<p class={style}>{_text(finding['metric'])}: {_text(finding['verdict'])}</p><ul>{causes}</ul>"


def _table(rows: list[tuple[Any, Any]]) -> str:
    cells = "".join(f"<tr><td>{_text(name)}</td><td>{_text(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _text(value: Any) -> str:
    return html.escape(str(value))
