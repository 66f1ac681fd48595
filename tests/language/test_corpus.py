"""The programs of the language's description, one file each, which compile as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.compiler import read_spec
from resdsl.ir.walk import steps
from resdsl.resources import spec_folder
from resdsl.source import Source, read_source

CORPUS = Path(__file__).with_name("corpus")
PROGRAMS = sorted(CORPUS.glob("*.res"))
SWEEPS = sorted((CORPUS / "sweeps").glob("*.res"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_network_of_the_corpus_compiles_and_its_figures_hold(path: Path) -> None:
    spec = read_spec(read_source(path))
    assert spec.networks
    for name in spec.networks:
        built = spec.build(name)
        assert not [check for check in built.checks if check.verdict == "fails"]
        assert built.warnings == ()


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_the_sweeps_of_the_corpus_run_over_the_shipped_family(path: Path) -> None:
    text = (spec_folder() / "cifar.res").read_text(encoding="utf-8") + path.read_text(encoding="utf-8")
    spec = read_spec(Source("cifar.res", text))
    assert spec.sweeps == (path.stem,)
    assert list(spec.sweep(path.stem).points())


def figures(name: str, network: str | None = None) -> tuple[int, int, int]:
    net = load(CORPUS / f"{name}.res", network)
    return net.depth, net.params, net.macs


def test_the_postcard_is_the_shipped_resnet34() -> None:
    assert load(CORPUS / "resnet34.res").ir.nodes == load("resnet34").ir.nodes


def test_table_1_typed_in_is_resnet50() -> None:
    net = load("resnet50")
    assert figures("table1") == (net.depth, net.params, net.macs)


def test_the_resnext_row_is_a_bottleneck_with_groups() -> None:
    net = load("resnext50_32x4d")
    assert figures("table1", "resnext50") == (net.depth, net.params, net.macs)


def test_the_mixed_variant_has_bottlenecks_and_no_maxpool() -> None:
    net = load(CORPUS / "mixed.res", "resnet34_mixed")
    assert [(stage.path, stage.blocks, stage.runs[0].body.origin.name) for stage in net.ir.stages] == [
        ("layer1", 3, "basic"),
        ("layer2", 4, "basic"),
        ("layer3", 6, "bottleneck"),
        ("layer4", 3, "basic"),
    ]
    assert "maxpool" not in [node.path for node in net.ir.nodes]
    assert net.depth == 1 + 6 + 8 + 18 + 6 + 1
    assert {check.verdict for check in net.checks} == {"not checked"}


@pytest.mark.parametrize(("stride", "joins"), [(1, 2), (2, 0)])
def test_the_res2net_block_adds_each_part_to_the_one_before(stride: int, joins: int) -> None:
    net = load(CORPUS / "res2net.res", stride=stride)
    body = net.ir.stages[0].runs[0].body
    kinds = [node.op.op for node in body.nodes if hasattr(node, "op")]
    assert kinds.count("conv") == 2 + 3
    assert kinds.count("add") == joins + 1
    assert kinds.count("avgpool") == (stride > 1)
    concat = next(step for step in steps(net.ir) if step.layer.op.op == "concat")
    assert len(concat.inputs) == 4


def test_squeeze_and_excite_within_a_bottleneck_gates_its_last_convolution() -> None:
    net = load(CORPUS / "squeeze.res", "se_resnet50")
    plain = load("resnet50")
    assert net.depth == plain.depth
    widths = [(256, 3), (512, 4), (1024, 6), (2048, 3)]
    extra = sum(count * (2 * width * (width // 16) + width // 16 + width) for width, count in widths)
    assert net.params == plain.params + extra


def test_cifar_variants_are_the_shipped_ones() -> None:
    for name in ("resnet110", "plain56"):
        assert list(steps(load(CORPUS / "cifar.res", name).ir)) == list(steps(load(name).ir))


@pytest.mark.parametrize(
    ("network", "block", "shortcut"),
    [
        ("own", "bottleneck", "B"),
        ("own_basic", "basic", "B"),
        ("own_a", "bottleneck", "A"),
        ("own_c", "bottleneck", "C"),
        ("own_d", "bottleneck", "D"),
    ],
)
def test_the_blocks_of_the_description_are_those_of_the_library(network: str, block: str, shortcut: str) -> None:
    described = load(CORPUS / "blocks.res", network)
    shipped = load(CORPUS / "blocks.res", "own", block=block, shortcut=shortcut)
    assert list(map(repr, steps(described.ir))) == list(map(repr, steps(shipped.ir)))
