"""Times of networks: which forms are run, in which order, and what becomes of those that cannot be."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import resdsl
from benchmarks import forms
from resdsl.latency.forms import FORMS, UnknownForm
from resdsl.latency.inputs import random_arrays
from resdsl.latency.measuring import Latency
from resdsl.latency.table import bench_record, bench_table
from resdsl.latency.turns import in_turn, single

SPEC = "network tiny { input 1x6x6; conv 3x3, 4; norm; act; avgpool global; fc 3 }"
TWO = "network two { input rgb 3x4x4; input depth 1x4x4; from rgb; parallel concat { } { from depth }; conv 1x1, 2 }"
QUICK = tuple(name for name in FORMS if name != "torch-compiled")


@pytest.fixture(scope="module")
def tiny() -> resdsl.Net:
    return resdsl.loads(SPEC)


def test_each_form_has_a_time_for_each_batch(tiny: resdsl.Net) -> None:
    turns: list[None] = []
    before = torch.get_num_threads()
    found = resdsl.bench(tiny, QUICK, batch=(1, 3), rounds=2, threads=1, after_turn=lambda: turns.append(None))
    assert [(each.batch, each.form.name) for each in found.latencies] == [(b, name) for b in (1, 3) for name in QUICK]
    assert [each.reason for each in found.latencies] == [None] * len(found.latencies)
    assert {len(each.times) for each in found.latencies} == {2}
    assert all(min(each.times) > 0 for each in found.latencies)
    assert len(turns) == 2 * len(QUICK) * (2 + 1)
    assert torch.get_num_threads() == before
    assert (found.network, found.inputs, found.threads) == ("tiny", ((1, 6, 6),), 1)


@pytest.mark.parametrize("text", [SPEC, TWO])
def test_forms_compute_the_same_network(text: str, tmp_path: Path) -> None:
    net = resdsl.loads(text)
    weights = net.to_safetensors(tmp_path / "w.safetensors", seed=5)
    arrays = random_arrays(net, 2)
    with torch.inference_mode():
        wanted = net.to_torch(weights=weights).eval()(*map(torch.from_numpy, arrays)).numpy()
    for name in QUICK:
        found: Any = FORMS[name].made(net, weights, 1, tmp_path)(arrays)()
        values = found.float().numpy() if name.startswith("torch") else found[-1]
        near = {"torch-bf16": 0.05, "onnx-int8": 0.1}.get(name, 1e-5)
        assert values.shape == wanted.shape
        # Of int8, single sums are cut on processors without an instruction for them.
        most = np.mean if name == "onnx-int8" else np.max
        assert most(np.abs(values - wanted)) < near * most(np.abs(wanted)), name


def test_a_form_that_is_not_installed_says_so(tiny: resdsl.Net, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name.startswith("onnxruntime"):
            raise ImportError(name)
        return genuine(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    found = resdsl.bench(tiny, ["torch", "onnx", "onnx-int8"], rounds=1)
    assert [each.reason for each in found.latencies] == [None, *["onnxruntime is not installed"] * 2]
    (cells,) = [line.cells for line in bench_table(found).lines if line.cells[0] == "onnx"]
    assert cells[-1] == "not possible: onnxruntime is not installed"
    assert found.fastest(1) is found.latencies[0]


def test_a_form_that_fails_costs_no_other(tiny: resdsl.Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(module: Any, **options: Any) -> Any:
        def call(*arrays: Any) -> Any:
            raise RuntimeError("no compiler\nand a long story")

        return call

    monkeypatch.setattr(torch, "compile", failing)
    found = resdsl.bench(tiny, ["torch-compiled", "onnx"], rounds=1)
    assert [each.reason for each in found.latencies] == ["RuntimeError: no compiler", None]
    assert bench_record(found)["times"][0]["milliseconds"] is None


def test_medians_and_quartiles() -> None:
    form = FORMS["onnx"]
    assert (Latency(form, 1).milliseconds, Latency(form, 1).spread) == (None, None)
    assert (Latency(form, 1, (4.0,)).milliseconds, Latency(form, 1, (4.0,)).spread) == (4.0, (4.0, 4.0))
    several = Latency(form, 1, (5.0, 1.0, 2.0, 4.0, 3.0))
    assert (several.milliseconds, several.spread) == (3.0, (2.0, 4.0))


def test_turns_begin_one_further_on_each_time() -> None:
    order: list[str] = []
    works = {name: (lambda name=name: order.append(name)) for name in "abc"}
    times = in_turn(works, 3, single)
    assert "".join(order) == "abcbcacababc"
    assert {name: len(each) for name, each in times.items()} == {"a": 3, "b": 3, "c": 3}
    assert in_turn({}, 2, single) == {}


@pytest.mark.parametrize("numbers", [{"batch": 0}, {"batch": ()}, {"threads": 0}, {"rounds": 0}])
def test_numbers_below_one(numbers: dict[str, Any], tiny: resdsl.Net) -> None:
    with pytest.raises(ValueError, match="numbers from 1 on"):
        resdsl.bench(tiny, ["onnx"], **numbers)


@pytest.mark.parametrize(("targets", "batch"), [(["onnx", "onnx"], 1), (["onnx"], (2, 1, 2))])
def test_nothing_is_measured_twice(targets: list[str], batch: int | tuple[int, ...], tiny: resdsl.Net) -> None:
    with pytest.raises(ValueError, match="measured once: name none of them twice"):
        resdsl.bench(tiny, targets, batch=batch)


def test_what_is_refused(tiny: resdsl.Net, tmp_path: Path) -> None:
    with pytest.raises(UnknownForm, match="unknown form `onix`; did you mean `onnx`"):
        resdsl.bench(tiny, ["onix"])
    other = resdsl.loads(SPEC.replace("fc 3", "fc 4")).to_safetensors(tmp_path / "w.safetensors")
    with pytest.raises(resdsl.Refused, match=r"fc\.weight"):
        resdsl.bench(tiny, ["onnx"], weights=other)


def test_the_record_has_the_machine_and_every_round(tiny: resdsl.Net) -> None:
    record = bench_record(resdsl.bench(tiny, ["onnx"], rounds=3, threads=1))
    assert {"processor", "cores", "system", "python", "libraries"} == {*record["machine"]}
    assert {"torch", "onnxruntime"} == {*record["machine"]["libraries"]}
    (times,) = record["times"]
    rounds: Sequence[float] = times["rounds"]
    assert (len(rounds), times["milliseconds"]) == (3, sorted(rounds)[1])


def test_the_table_of_the_page_has_a_line_for_each_form(tiny: resdsl.Net) -> None:
    found = resdsl.bench(tiny, QUICK, batch=forms.BATCHES, rounds=1, threads=1)
    text = "\n".join(forms.lines([found]))
    assert "| form | tiny, batch 1 | tiny, batch 8 |\n|---|---|---|\n| `torch` | " in text
    page = f"before\n{forms.START}\nold\n{forms.END}\nafter\n"
    assert forms.with_table(page, text) == f"before\n{forms.START}\n{text}\n{forms.END}\nafter\n"
