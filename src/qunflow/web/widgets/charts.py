"""Charts with a text beside them: lines, bars and a funnel on ECharts, each readable as a table too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from nicegui import ui

from qunflow.web.desk import Desk
from qunflow.web.widgets.formats import number_words
from qunflow.web.widgets.look import dress

#: Told apart by people who see red and green alike, on white and on black (Okabe and Ito).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_GREY = "#8a8a8a"


@dataclass(frozen=True, slots=True)
class ChartData:
    """``labels`` along the axis, and for each series (by its said name) one number for each label."""

    labels: Sequence[str]
    series: Mapping[str, Sequence[int | float | None]]


class Chart:
    """A chart of one kind (``line``, ``bar`` or ``funnel``); ``show`` puts new data in place."""

    def __init__(self, desk: Desk, name: str, kind: str, data: ChartData, height: int = 240) -> None:
        dress()
        self._kind = kind
        with ui.element("figure").style("margin: 0; width: 100%"):
            self._chart = ui.echart(options(kind, data)).style(f"height: {height}px; width: 100%")
            self._chart.props(f'role="img" aria-label="{name.replace(chr(34), "")}"')
            with ui.element("details").classes("qf-noprint"):
                with ui.element("summary").classes("qf-faint").style("cursor: pointer"):
                    ui.label(desk.say("console.widgets.chart.table")).style("display: inline")
                with ui.element("div").style("max-height: 240px; overflow: auto"):
                    self._table = ui.html("", tag="table", sanitize=False).classes("qf-plain")
        self._data = data
        self._table.content = table_of(data)

    def show(self, data: ChartData) -> None:
        """Show other data, if they differ."""
        if data == self._data:
            return
        self._data = data
        self._chart.options.clear()
        self._chart.options.update(options(self._kind, data))
        self._chart.update()
        self._table.content = table_of(data)


def options(kind: str, data: ChartData) -> dict[str, Any]:
    """What ECharts is told. Pure."""
    if kind == "funnel":
        return _funnel(data)
    series = [
        {
            "type": kind,
            "name": name,
            "data": list(values),
            "showSymbol": len(values) < 3,
            "itemStyle": {"color": COLOURS[place % len(COLOURS)]},
            "lineStyle": {"width": 2},
            "barMaxWidth": 32,
        }
        for place, (name, values) in enumerate(data.series.items())
    ]
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": _GREY}, "icon": "roundRect"},
        "xAxis": {"type": "category", "data": list(data.labels), "axisLabel": {"color": _GREY, "hideOverlap": True}},
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "axisLabel": {"color": _GREY},
            "splitLine": {"lineStyle": {"color": "rgba(128,128,128,.25)"}},
        },
        "series": series,
    }


def _funnel(data: ChartData) -> dict[str, Any]:
    values = next(iter(data.series.values()), ())
    bars = [
        {"value": value or 0, "itemStyle": {"color": COLOURS[place % len(COLOURS)]}}
        for place, value in enumerate(values)
    ]
    return {
        "animation": False,
        "grid": {"left": 8, "right": 64, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(data.labels),
            "axisLabel": {"color": _GREY},
            "axisLine": {"show": False},
            "axisTick": {"show": False},
        },
        "series": [{"type": "bar", "data": bars, "barWidth": "60%", "label": _LABEL}],
    }


_LABEL = {"show": True, "position": "right", "color": _GREY}


def table_of(data: ChartData) -> str:
    """The numbers of a chart as the inside of a table."""
    heads = "".join(f'<th class="qf-right">{escape(name)}</th>' for name in data.series)
    lines = [f"<tr><th></th>{heads}</tr>"]
    for place, label in enumerate(data.labels):
        cells = "".join(f'<td class="qf-right">{number_words(v[place])}</td>' for v in data.series.values())
        lines.append(f"<tr><td>{escape(label)}</td>{cells}</tr>")
    return "".join(lines)
