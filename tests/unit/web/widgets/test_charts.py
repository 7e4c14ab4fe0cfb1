"""What ECharts is told."""

from __future__ import annotations

from qunflow.web.widgets.charts import ChartData, options

DATA = ChartData(("Mon", "Tue"), {"scans": (3, 5), "joins": (1, None)})


def test_every_series_has_a_value_for_each_label_and_its_own_colour() -> None:
    told = options("line", DATA)
    assert told["xAxis"]["data"] == ["Mon", "Tue"]
    assert [series["data"] for series in told["series"]] == [[3, 5], [1, None]]
    assert len({series["itemStyle"]["color"] for series in told["series"]}) == 2


def test_a_funnel_is_bars_from_top_to_bottom() -> None:
    told = options("funnel", ChartData(("a", "b"), {"people": (9, 4)}))
    assert [bar["value"] for bar in told["series"][0]["data"]] == [9, 4]
    assert told["yAxis"]["inverse"] is True
