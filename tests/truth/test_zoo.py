"""Every counted network is a shipped specification, or a setting of one, with exactly its figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.analysis.costs import Costs, node_costs, total
from resdsl.analysis.shortcuts import count_shortcuts
from resdsl.api import Net
from resdsl.ir.network import Node, Stage
from resdsl.ir.walk import Step, steps
from tests.truth.data import Model, zoo

ZOO = zoo()
SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "vgg19": ("vgg19", {}),
    "plain18": ("plain18", {}),
    "resnet18_A": ("resnet18", {"shortcut": "A"}),
    "resnet18": ("resnet18", {}),
    "plain34": ("plain34", {}),
    "resnet34_A": ("resnet34", {"shortcut": "A"}),
    "resnet34": ("resnet34", {}),
    "resnet34_C": ("resnet34", {"shortcut": "C"}),
    "resnet50_v1": ("resnet50", {"stride_at": "1x1"}),
    "resnet101_v1": ("resnet101", {"stride_at": "1x1"}),
    "resnet152_v1": ("resnet152", {"stride_at": "1x1"}),
    "resnet50": ("resnet50", {}),
    "resnet101": ("resnet101", {}),
    "resnet152": ("resnet152", {}),
    "wide_resnet50_2": ("wide_resnet50_2", {}),
    "resnext50_32x4d": ("resnext50_32x4d", {}),
    "cifar_plain20": ("plain20", {}),
    "cifar_plain32": ("plain32", {}),
    "cifar_plain44": ("plain44", {}),
    "cifar_plain56": ("plain56", {}),
    "cifar_plain110": ("plain110", {}),
    "cifar_plain1202": ("cifar", {"n": 200, "shortcut": "none"}),
    "cifar_resnet20_A": ("resnet20", {}),
    "cifar_resnet32_A": ("resnet32", {}),
    "cifar_resnet44_A": ("resnet44", {}),
    "cifar_resnet56_A": ("resnet56", {}),
    "cifar_resnet110_A": ("resnet110", {}),
    "cifar_resnet1202_A": ("resnet1202", {}),
}
# What a second way to write the same network must cost: a plain network is the residual one without shortcuts.
SAME: dict[str, tuple[str, dict[str, Any]]] = {
    "plain18": ("resnet18", {"shortcut": "none"}),
    "plain34": ("resnet34", {"shortcut": "none"}),
    "cifar_plain20": ("cifar", {"shortcut": "none"}),
    "cifar_resnet20_A": ("cifar", {"n": 3, "shortcut": "A"}),
    "cifar_resnet110_A": ("cifar", {"n": 18}),
}
OTHER_INPUTS = [(name, other) for name, model in ZOO.items() for other in model["at_other_inputs"]]

every_model = pytest.mark.parametrize("name", ZOO)


@cache
def built(name: str) -> Net:
    spec, settings = SPECS[name]
    return resdsl.load(spec, **settings)


def parts(name: str) -> dict[str, tuple[Node, ...]]:
    """The top graph in the parts by which the reference counts; VGG-19 has no stages."""
    nodes = built(name).ir.nodes
    if name == "vgg19":
        features = tuple(node for node in nodes if node.path.startswith("features."))
        return {"stem": (), "features": features, "head": nodes[len(features) :]}
    at = [position for position, node in enumerate(nodes) if isinstance(node, Stage)]
    assert at == list(range(at[0], at[-1] + 1))
    stages = {node.path: (node,) for node in nodes[at[0] : at[-1] + 1]}
    return {"stem": nodes[: at[0]], **stages, "head": nodes[at[-1] + 1 :]}


def costs_of(name: str, nodes: tuple[Node, ...]) -> Costs:
    values = built(name).ir.values
    return total(node_costs(node, values) for node in nodes)


def stage_shapes(net: Net) -> dict[str, list[int]]:
    return {stage.path: [1, *stage.shapes[0]] for stage in net.ir.stages}


def layers_of(net: Net) -> list[Step]:
    """Every layer; no shipped network calls a module twice."""
    found = list(steps(net.ir))
    assert len({step.path for step in found}) == len(found)
    return found


def test_every_model_has_a_specification() -> None:
    assert list(SPECS) == list(ZOO)


@every_model
def test_params(name: str) -> None:
    assert built(name).params == ZOO[name]["params"]


@every_model
def test_macs(name: str) -> None:
    assert built(name).macs == ZOO[name]["macs"]


@every_model
def test_depth(name: str) -> None:
    assert built(name).depth == ZOO[name]["depth"]


@every_model
def test_macs_of_shortcuts(name: str) -> None:
    assert built(name).costs.shortcut_macs == ZOO[name]["macs_shortcut"]


@every_model
def test_activations(name: str) -> None:
    assert built(name).costs.activations == ZOO[name]["conv_output_elements"]


@every_model
def test_buffers(name: str) -> None:
    costs, wanted = built(name).costs, ZOO[name]["buffers"]
    assert costs.buffers == wanted.get("running_stats", 0)
    assert costs.counters == wanted.get("num_batches_tracked", 0)


@every_model
def test_params_by_kind(name: str) -> None:
    found: Counter[str] = Counter()
    for step in layers_of(built(name)):
        layer = {"conv": "conv_", "fc": "linear_"}.get(step.layer.op.op, "")
        for tensor in step.layer.op.state(step.shapes):
            if tensor.role != "buffer":
                found[layer + tensor.role] += prod(tensor.shape)
    assert found == ZOO[name]["params_by_kind"]


@every_model
def test_params_by_part(name: str) -> None:
    assert {part: costs_of(name, nodes).params for part, nodes in parts(name).items()} == ZOO[name]["params_by_part"]


@every_model
def test_macs_by_part(name: str) -> None:
    assert {part: costs_of(name, nodes).macs for part, nodes in parts(name).items()} == ZOO[name]["macs_by_part"]


@every_model
def test_layers(name: str) -> None:
    net = built(name)
    kinds = Counter(step.layer.op.op for step in layers_of(net))
    roles = Counter(step.role for step in layers_of(net) if step.layer.op.op == "conv")
    assert {
        "conv": kinds["conv"],
        "conv_shortcut": roles["shortcut"],
        "conv_attention": roles["gate"],
        "linear": kinds["fc"],
        "norm": kinds["bn"],
        "main_path_weighted": net.depth,
    } == ZOO[name]["layers"]


@every_model
def test_shortcuts(name: str) -> None:
    found, wanted = count_shortcuts(built(name).ir), ZOO[name]["shortcuts"]
    assert (found.identity, found.zero_padded, found.projection) == tuple(wanted.values())
    assert list(wanted) == ["identity", "zero_padded", "projection"]
    blocks = sum(stage.blocks for stage in built(name).ir.stages)
    assert found.total == (0 if "plain" in name else blocks)


@every_model
def test_stage_outputs(name: str) -> None:
    if name == "vgg19":
        last = parts(name)["features"][-1]
        assert {"features": [1, *last.shapes[0]]} == ZOO[name]["stage_outputs"]
    else:
        assert stage_shapes(built(name)) == ZOO[name]["stage_outputs"]


@every_model
def test_input_and_output(name: str) -> None:
    net = built(name).ir
    assert [[1, *given.shape] for given in net.inputs] == [ZOO[name]["input"]]
    classes = 10 if name.startswith("cifar") else 1000
    assert [net.values[tap.value] for tap in net.outputs] == [(classes,)]


@pytest.mark.parametrize(
    ("name", "other"), OTHER_INPUTS, ids=["-".join(map(str, (n, *o["input"][2:]))) for n, o in OTHER_INPUTS]
)
def test_other_inputs(name: str, other: Model) -> None:
    spec, settings = SPECS[name]
    net = resdsl.load(spec, input="x".join(map(str, other["input"][1:])), **settings)
    assert net.macs == other["macs"]
    assert net.params == ZOO[name]["params"]
    assert stage_shapes(net) == other["stage_outputs"]


@pytest.mark.parametrize("name", SAME)
def test_another_way_to_write_it(name: str) -> None:
    spec, settings = SAME[name]
    net = resdsl.load(spec, **settings)
    assert (net.params, net.macs, net.depth) == tuple(ZOO[name][field] for field in ("params", "macs", "depth"))


@every_model
def test_stated_figures_hold(name: str) -> None:
    # A setting is another network than the text's, so only those of plain defaults must all be checked.
    verdicts = {check.verdict for check in built(name).checks}
    assert verdicts <= ({"holds", "not checked"} if SPECS[name][1] else {"holds"})
    assert "holds" in verdicts


def rounded_figures(name: str) -> Iterator[tuple[str, int, float, float]]:
    """What torchvision 0.28.0 and papers print in millions: what, our count, the figure, half its last digit."""
    net = built(name)
    for stated in ZOO[name]["published"]:
        value, what = stated["value"], stated["what"]
        if what == "parameters" and str(value).endswith("M"):
            digits = len(value.rstrip("M").partition(".")[2])
            yield what, net.params, float(value.rstrip("M")) * 1e6, 0.5 * 10 ** (6 - digits)
        elif what == "parameters" and isinstance(value, int):
            yield what, net.params, value, 0
        elif what == "GFLOPs (multiply-adds)":
            yield what, net.macs, value * 1e9, 0.5e6


@pytest.mark.parametrize("name", [name for name in ZOO if list(rounded_figures(name))])
def test_published_figures(name: str) -> None:
    for what, count, figure, tolerance in rounded_figures(name):
        # A float of nine digits holds the figure to far less than one.
        assert abs(count - figure) <= tolerance + 1e-3, what


# ------------------------------------------------------------------ nothing is looked up


def figures(value: object) -> Iterator[int]:
    """Every count of a reference entry, large enough not to stand somewhere by chance."""
    if isinstance(value, dict):
        yield from (figure for item in value.values() for figure in figures(item))
    elif isinstance(value, int) and value > 9999:
        yield value


def counts(models: Iterable[Model]) -> set[int]:
    fields = ("params", "params_by_part", "macs", "macs_by_part", "macs_shortcut", "conv_output_elements")
    found = {figure for model in models for field in fields for figure in figures(model[field])}
    return found | {other["macs"] for model in models for other in model["at_other_inputs"]}


def numbers_in(path: Path) -> set[int]:
    digits = re.findall(r"\d[\d_,]*", path.read_text(encoding="utf-8", errors="replace"))
    return {int(re.sub("[_,]", "", number)) for number in digits}


def test_the_package_holds_no_figure(root: Path) -> None:
    texts = [path for path in sorted((root / "resdsl").rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    assert len(texts) > 50
    wanted = counts(ZOO.values())
    assert {path.relative_to(root).as_posix(): found for path in texts if (found := numbers_in(path) & wanted)} == {}


def test_a_figure_would_be_found(root: Path) -> None:
    assert ZOO["resnet34"]["params"] in numbers_in(root / "specs" / "resnet34.res") & counts(ZOO.values())
