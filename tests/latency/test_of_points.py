"""Times of several networks in turn, as a column of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.draw.scene import Scene
from resdsl.latency import of_points
from resdsl.latency.forms import FORMS
from resdsl.latency.measuring import made_or_reason
from resdsl.latency.of_points import TooManyNetworks, latencies
from resdsl.sweeping import Networks
from resdsl.sweeps.plotting import CostsByNetwork, NothingToDraw, edf_scene, plot_scene
from resdsl.sweeps.point import Point
from resdsl.sweeps.ranking import NoSuchFigure, cost, front, in_order_of
from resdsl.sweeps.table import points_record, points_table

SPEC = "network tiny(w = 4) { input 1x6x6; conv 3x3, w; norm; act; avgpool global; fc 3 }"


@pytest.fixture
def networks(tmp_path: Path) -> Networks:
    path = tmp_path / "tiny.res"
    path.write_text(SPEC, encoding="utf-8")
    return resdsl.sweep(path, over={"w": [4, 5, 6]})


def test_each_network_has_a_time(networks: Networks) -> None:
    found = networks.latencies("torch", batch=2, threads=1, rounds=2)
    assert [*found.milliseconds] == [net.name for net in networks]
    assert all(0 < time < inf for time in found.milliseconds.values())
    assert (found.form.name, found.batch, found.rounds, found.threads, dict(found.reasons)) == ("torch", 2, 2, 1, {})
    assert found.notes[0].startswith("Latency: torch at batch 2, median of 2 rounds in turn; 1 thread of ")


def test_one_that_cannot_be_run_has_no_time(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    nets = {net.name: net for net in networks}
    broken = [*nets][1]

    def failing(form: Any, net: Any, *others: Any) -> Any:
        return "no memory" if net is nets[broken] else made_or_reason(form, net, *others)

    monkeypatch.setattr("resdsl.latency.of_points.made_or_reason", failing)
    found = latencies(nets, FORMS["onnx"], threads=1, rounds=1)
    assert found.milliseconds[broken] == inf
    assert found.notes[0] == f"{broken} cannot be run: no memory."


def test_networks_that_do_not_fit_into_memory(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_points, "MOST_BYTES", 100)
    with pytest.raises(TooManyNetworks, match="measure fewer at once"):
        networks.latencies(rounds=1)


def test_points_are_sorted_compared_and_drawn_by_their_latency(networks: Networks) -> None:
    bare = networks.points()
    with pytest.raises(NoSuchFigure, match="`latency` is known with --measure latency"):
        cost(bare[0], "latency")
    points = [replace(point, latency=time) for point, time in zip(bare, (2.5, inf, 1.5), strict=True)]
    assert [point.latency for point in in_order_of(points, "latency")] == [1.5, 2.5, inf]
    assert [point.latency for point in front(points, ["latency", "params"])] == [2.5, 1.5]
    table = points_table(networks.sweep, points, None, notes=["How."])
    at = [column.name for column in table.columns].index("latency_ms")
    assert ([line.cells[at] for line in table.lines], table.notes[-1]) == ([2.5, None, 1.5], "How.")
    record = points_record(networks.sweep, points, None, {"form": "onnx"})
    assert ([each["latency_ms"] for each in record["points"]], record["latency"]) == (
        [2.5, None, 1.5],
        {"form": "onnx"},
    )
    scene = str(plot_scene(points, None, "latency", "params", "sweep"))
    assert points[0].name in scene
    assert points[1].name not in scene
    with pytest.raises(NothingToDraw):
        plot_scene([points[1]], None, "latency", "params", "sweep")
    distributed = distribution_scene_of(points)
    assert "networks 3, cannot be run 1, lowest 1.5, median 2.5" in distributed.description
    with pytest.raises(NothingToDraw):
        distribution_scene_of([points[1]])


def distribution_scene_of(points: Sequence[Point]) -> Scene:
    costs = CostsByNetwork("latency")
    assert list(costs.noting(points)) == list(points)
    return edf_scene(costs, "sweep")


def test_without_measuring_nothing_changes(networks: Networks) -> None:
    points = networks.points()
    assert "latency_ms" not in [column.name for column in points_table(networks.sweep, points, None).columns]
    assert "latency" not in str(points_record(networks.sweep, points, None))
