"""The paper's Table 1, read off the networks."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.ir.network import Network
from resdsl.report.table import Brackets, Cell, Table
from resdsl.report.table1 import table1

STEM = "7x7, 64, stride 2"
POOL = "3x3 max pool, stride 2"
HEAD = "average pool, 1000-d fc"
# He et al. 2015, Table 1: blocks in each stage, and whether they are bottlenecks.
PAPER = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
    "resnet101": ((3, 4, 23, 3), True),
    "resnet152": ((3, 8, 36, 3), True),
}


def networks(*names: str) -> list[Network]:
    return [resdsl.load(name).ir for name in names]


def printed(depths: tuple[int, ...], bottlenecks: bool) -> list[Cell]:
    """A column of the paper's table; its networks have no softmax in their specifications."""
    blocks: list[Cell] = []
    for index, times in enumerate(depths):
        width = 64 * 2**index
        rows = (f"1x1, {width}", f"3x3, {width}", f"1x1, {4 * width}") if bottlenecks else (f"3x3, {width}",) * 2
        blocks.append(Brackets(rows, times))
    return [STEM, POOL, *blocks, HEAD]


def column(table: Table, name: str) -> list[Cell]:
    at = [each.name for each in table.columns].index(name)
    return [line.cells[at] for line in table.lines]


def test_it_is_the_papers() -> None:
    table = table1(networks(*PAPER))
    for name, (depths, bottlenecks) in PAPER.items():
        assert column(table, name)[:-2] == printed(depths, bottlenecks)
    assert column(table, "layer") == [
        "conv1", "conv2_x", None, "conv3_x", "conv4_x", "conv5_x", None, "FLOPs", "parameters",
    ]  # fmt: skip
    assert column(table, "output_size") == ["112x112", "56x56", None, "28x28", "14x14", "7x7", "1x1", None, None]


def test_flops_are_within_what_the_paper_prints() -> None:
    paper = networks("resnet18", "resnet34") + [
        resdsl.load(name, stride_at="1x1").ir for name in ("resnet50", "resnet101", "resnet152")
    ]
    flops = table1(paper).lines[-2]
    for cell, figure in zip(flops.cells[2:], (1.8e9, 3.6e9, 3.8e9, 7.6e9, 11.3e9), strict=True):
        assert cell == pytest.approx(figure, rel=0.02)


def test_groups_are_printed_as_in_the_paper_of_resnext() -> None:
    found = column(table1(networks("resnext50_32x4d")), "resnext50_32x4d")
    assert found[2] == Brackets(("1x1, 128", "3x3, 128, C=32", "1x1, 256"), 3)
    assert found[5] == Brackets(("1x1, 1024", "3x3, 1024, C=32", "1x1, 2048"), 3)


def test_gates_are_words() -> None:
    table = table1(networks("seresnet50", "regnety_400mf"))
    assert column(table, "seresnet50")[2] == Brackets(("1x1, 64", "3x3, 64", "1x1, 256", "squeeze_excite"), 3)
    assert column(table, "regnety_400mf")[2] == Brackets(("1x1, 48", "3x3, 48, C=6", "gate", "1x1, 48"))


def test_blocks_without_stages_stand_together() -> None:
    found = column(table1(networks("densenet121")), "densenet121")
    assert [cell for cell in found if isinstance(cell, Brackets) and cell.rows == ("1x1, 128", "3x3, 32")] == [
        Brackets(("1x1, 128", "3x3, 32"), times) for times in (6, 12, 24, 16)
    ]


def test_a_plain_network_is_a_list_of_layers() -> None:
    table = table1(networks("vgg19"))
    assert column(table, "vgg19")[:6] == [
        "3x3, 64", "3x3, 64", "2x2 max pool, stride 2", "3x3, 128", "3x3, 128", "2x2 max pool, stride 2",
    ]  # fmt: skip
    assert column(table, "vgg19")[-3] == "4096-d fc, 4096-d fc, 1000-d fc"
    assert column(table, "output_size")[0] == "224x224"


def test_signals_and_volumes_have_their_kernels() -> None:
    assert column(table1(networks("resnet1d18")), "resnet1d18")[:3] == [
        "15, 64, stride 2",
        "3 max pool, stride 2",
        Brackets(("3, 64", "3, 64"), 2),
    ]


def test_networks_are_aligned_by_size() -> None:
    table = table1(networks("resnet50", "resnet20"))
    sizes = [cell for cell in column(table, "output_size") if cell]
    assert sizes == ["112x112", "56x56", "28x28", "14x14", "7x7", "32x32", "32x32", "16x16", "8x8", "1x1"]
    assert column(table, "resnet20")[0] is None
    (head,) = (line for line in table.lines if line.cells[1] == "1x1")
    assert head.cells[2:] == (HEAD, "average pool, 10-d fc")


def test_branches_are_said_to_be_none_of_this() -> None:
    net = resdsl.loads("""
block two(width) {
  parallel concat { conv 3x3, width } { conv 5x5, width }
}
network inside { input 3x8x8; stage layer1: two(4) x 2 }
""")
    assert table1([net.ir]).lines[0].cells == ("layer1", "8x8", Brackets(("two: branches in parallel",), 2))
    net = resdsl.loads("""
network outside {
  input 3x8x8
  parallel add { conv 3x3, 4 } { conv 5x5, 4 }
  conv 1x1, 2
}
""")
    assert table1([net.ir]).lines[0].cells == (None, "8x8", "branches in parallel")


def test_a_stage_in_a_block_and_a_softmax_are_said() -> None:
    net = resdsl.loads("""
block outer(width) { stage inner: basic(width) x 3; conv 3x3, width }
network a(shortcut = B) { input 8x8x8; stage layer1: outer(8) x 2; avgpool global; fc 4; softmax }
""")
    cells = column(table1([net.ir]), "a")
    assert cells[:2] == [Brackets(("(3x3, 8; 3x3, 8) x 3", "3x3, 8"), 2), "average pool, 4-d fc, softmax"]


def test_repeats_that_differ_stand_apart() -> None:
    net = resdsl.loads("""
network a(shortcut = B) {
  input 3x32x32
  stage layer1: [3x3, 8; 3x3, 8 * (i + 1)] x 3
}
""")
    assert column(table1([net.ir]), "a")[:3] == [Brackets(("3x3, 8", f"3x3, {width}")) for width in (8, 16, 24)]


def test_networks_of_one_name_are_numbered() -> None:
    table = table1([resdsl.load("resnet34", shortcut=option).ir for option in "AB"])
    assert [each.title for each in table.columns[2:]] == ["resnet34 (1)", "resnet34 (2)"]
