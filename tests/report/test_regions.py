"""Reports of networks that branch: a row for each stretch of one resolution, within the width of a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.memory.saved import sum_of
from resdsl.analysis.rows.tree import Row, rows
from resdsl.catalogue import networks_of
from resdsl.ir.network import Layer, Network
from resdsl.report.report import report_table
from resdsl.report.text import display_width, write
from resdsl.resources import shipped_specs
from tests.cli.running import Command

HOME = Path(__file__).parent.parent / "draw" / "lattices"
NAMES = sorted(path.stem for path in HOME.glob("*.res"))


def network(name: str) -> Network:
    return resdsl.load(HOME / f"{name}.res").ir


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return Command(capsys, monkeypatch, tmp_path)


def test_a_pyramid_has_a_row_for_each_level() -> None:
    whole = rows(network("fpn"), "stage")
    found = [(row.name, row.kind, row.outputs[0][1:]) for row in whole.parts[5:]]
    assert found == [
        ("inner3", "part", (7, 7)),
        ("inner2 to add", "part", (14, 14)),
        ("inner1 to add2", "part", (28, 28)),
        ("inner0 to layer_0", "part", (56, 56)),
        ("layer_1", "part", (28, 28)),
        ("layer_2", "part", (14, 14)),
        ("layer_3", "part", (7, 7)),
        ("maxpool2", "part", (4, 4)),
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["part", "stage", "block", "layer"])
def test_rows_add_up_and_have_one_size_each(name: str, by: str) -> None:
    whole = rows(network(name), by)  # type: ignore[arg-type]  # the names of depths
    assert sum(row.costs.macs for row in whole.parts) == whole.costs.macs
    assert sum(row.costs.params for row in whole.parts) == whole.costs.params


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["part", "stage"])
def test_the_memory_of_a_row_is_that_of_its_layers(name: str, by: str) -> None:
    net = network(name)
    layers = {row.path: row for _, row in rows(net, "layer", expand=True).flat()}
    of_nodes = {node.name: node.path for node in net.nodes}
    whole = rows(net, by)  # type: ignore[arg-type]  # the names of depths
    for row in whole.parts:
        if row.kind in {"stem", "part", "head"} and all(isinstance(node, Layer) for node in row.nodes):
            assert row.saved == sum_of((layers[of_nodes[node.name]].saved, 1) for node in row.nodes)
    assert sum_of((row.saved, 1) for row in whole.parts) == whole.saved


def test_the_memory_of_a_pyramid_is_what_its_convolutions_read_and_more_for_batch_norms() -> None:
    """Each convolution keeps what it reads, once for all that read it; sums and upsampling keep nothing."""
    text = """network pyramid {
      input 3x16x16
      conv 3x3, 8, /2; as c2
      conv 3x3, 8, /2; as c3
      conv 1x1, 4; as p3
      from c2; conv 1x1, 4; as l2
      from add(l2, upsample(p3, 2)); conv 3x3, 4
    }"""
    found = {row.name: row.saved.values for row in rows(resdsl.loads(text).ir, "stage").parts}
    assert found == {
        "conv1": 3 * 16 * 16,
        "conv2 to conv3": 8 * 8 * 8 + 8 * 4 * 4,
        "conv4 to conv5": 4 * 8 * 8,
    }


def test_modules_below_one_name_are_one_part() -> None:
    found = [(row.name, row.path, row.kind, row.outputs[0]) for row in parts("deeplabv3_resnet50")]
    assert found == [
        ("backbone", "backbone", "part", (2048, 65, 65)),
        ("classifier", "classifier", "part", (21, 520, 520)),
        ("aux_classifier", "aux_classifier", "part", (21, 520, 520)),
    ]


def parts(name: str) -> tuple[Row, ...]:
    """The named parts of a shipped network."""
    return rows(resdsl.load(name).ir, "part").parts


def test_a_network_whose_paths_are_single_names_has_its_stages_as_parts() -> None:
    assert parts("resnet18") == rows(resdsl.load("resnet18").ir, "stage").parts


def test_a_part_that_is_left_and_taken_up_again_is_one_row() -> None:
    pyramid = parts("resnet50_fpn")
    stages = rows(resdsl.load("resnet50_fpn").ir, "stage").parts
    assert [row.name for row in pyramid] == ["body", "fpn"]
    assert pyramid[1].costs.params == sum(row.costs.params for row in stages if not row.path.startswith("body."))
    text = (
        'network n { input 3x8x8; "a.x": conv 3x3, 4; "b.x": conv 3x3, 4; "a.y": conv 3x3, 4; act\n'
        "conv 1x1, 2; avgpool global; fc 2 }"
    )
    found = rows(resdsl.loads(text).ir, "part").parts
    assert [(row.name, row.costs.params) for row in found] == [("a", 252), ("b", 144), ("head", 8 + 6)]


def test_a_note_names_what_is_shared() -> None:
    note = "Shared: encoder at 2 places; parameters count once, multiply-adds at each."
    assert note in report_table(network("siamese")).notes
    text = (
        'block b { for i in 0..3 { shared "c.0": conv 3x3, 4; shared "c.1": act; shared "c.2": conv 3x3, 4 } }\n'
        "network n { input 4x8x8; stage s: b() x 2; for i in 0..2 { shared d: conv 3x3, 4 } }"
    )
    note = "Shared: d at 2 places, c.0 and c.2 at 3 places; parameters count once, multiply-adds at each."
    assert note in report_table(resdsl.loads(text).ir).notes
    assert not [each for each in report_table(network("unet")).notes if each.startswith("Shared")]


def test_what_is_shared_is_one_part_with_the_work_of_all_its_uses() -> None:
    encoder, head = rows(network("siamese"), "part").parts
    assert (encoder.name, encoder.costs.params, encoder.costs.macs) == ("encoder", 5136, 2 * 405_504)
    assert head.kind == "head"


def test_an_auxiliary_head_is_a_row_of_its_own() -> None:
    names = [row.name for row in rows(network("auxiliary"), "stage").parts]
    assert names == ["stem", "layer1", "avgpool to aux_fc", "layer2", "head"]


@pytest.mark.parametrize("path", shipped_specs(), ids=lambda path: path.stem)
def test_layers_that_follow_each_other_stay_one_row(path: Path) -> None:
    for name in networks_of(path):
        kinds = [row.kind for row in rows(resdsl.load(name).ir, "stage").parts]
        assert kinds.count("stem") <= 1
        assert kinds.count("head") <= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["part", "stage", "layer"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_are_as_wide_as_the_terminal_at_most(name: str, by: str, width: int) -> None:
    text = write(report_table(network(name), by=by), width=width)  # type: ignore[arg-type]  # the names of depths
    assert max(map(display_width, text.splitlines())) <= width


def test_a_pyramid_is_one_table_of_80_columns_and_no_word_is_cut() -> None:
    text = write(report_table(network("fpn")))
    body = text.partition("\ntotal")[0]
    assert body.count("layer4") == 2  # its name and its path, once each
    assert "..." not in body


def test_what_does_not_fit_ends_in_three_dots() -> None:
    text = write(report_table(network("fpn")))
    assert [line for line in text.splitlines() if "..." in line] == [" " * 40 + "256x7x7..."]


def test_the_command_takes_a_width(command: Command) -> None:
    ran = command("report", "resnet50", "--columns", "full", "--width", "200")
    assert ran.code == 0
    assert 120 < max(map(len, ran.out.splitlines())) <= 200
    assert command("report", "resnet50", "--width", "80").out == command("report", "resnet50").out


@pytest.mark.parametrize("options", ["--format md", "--why layer1", "--format json"])
def test_a_width_is_for_text_only(command: Command, options: str) -> None:
    ran = command("report", "resnet50", "--width", "100", *options.split())
    assert ran.code == 2
    assert "--width is for tables of text" in ran.err
