"""Differences: alignment, statuses, and the promise that changes add up to the difference of the totals."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import resdsl
from resdsl.analysis.compare.diff import diff
from resdsl.analysis.compare.difference import COUNTED, Change, Difference, Note, Status, saved_bytes
from resdsl.analysis.costs import network_costs, total
from resdsl.analysis.expectations import quantity
from resdsl.analysis.memory.totals import memory
from resdsl.analysis.rows.bounded import TooManyRows
from resdsl.analysis.rows.tree import Row, rows
from resdsl.catalogue import networks_of
from resdsl.ir.network import Body, Network
from resdsl.report.diff import diff_table
from resdsl.resources import shipped_specs
from resdsl.settings import Setting
from tests.ir.networks import Graph, basic, nested, shared, squeeze_excite
from tests.ir.strategies import networks
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"
SHIPPED = [name for path in shipped_specs() for name in networks_of(path)]
PAIRS = [
    ("resnet34", "resnet50"),
    ("resnet50", "resnet101"),
    ("resnet50", "resnext50_32x4d"),
    ("resnet50", "wide_resnet50_2"),
    ("resnet50", "resnet50d"),
    ("resnet1202", "resnet110"),
    ("plain34", "resnet34"),
    ("plain20", "resnet20"),
    ("resnet18", "vgg19"),
    ("resnet20", "wrn16_8"),
]
Told = tuple[Status, str, int]


def compared(before: str, after: str, **values: Setting) -> Difference:
    return diff(resdsl.load(before).ir, resdsl.load(after, None, input=None, import_path=(), **values).ir)


def told(change: Change) -> list[Told]:
    return [(part.status, part.row.path, part.row.repeats) for part in change.parts]


def part(change: Change, path: str) -> Change:
    return next(each for _, each in change.flat() if each.row.path == path and each.row.kind not in ("stem", "head"))


def mirrored(change: Change) -> Change:
    """The change as it is told from the other side."""
    opposite: dict[Status, Status] = {"added": "removed", "removed": "added"}
    notes = tuple([Note(note.aspect, note.after, note.before) for note in change.notes])
    parts: list[Change] = []
    waiting: list[Change] = []
    for each in map(mirrored, change.parts):
        if each.status == "added":
            waiting.append(each)
            continue
        if each.status != "removed":
            parts += waiting
            waiting = []
        parts.append(each)
    parts += waiting
    status = opposite.get(change.status, change.status)
    return Change(status, change.after, change.before, "", notes, tuple(parts), change.count)


def removed_first(change: Change) -> Change:
    return mirrored(mirrored(change))


def assert_saved_adds_up(difference: Difference, before: Network, after: Network) -> None:
    """On either side, too: which of equal blocks are taken says which of them keep what flows in."""
    for _, change in difference.whole.flat():
        if change.parts:
            assert sum(each.saved_bytes for each in change.parts) == change.saved_bytes
            assert saved(each.before for each in change.parts) == saved([change.before])
            assert saved(each.after for each in change.parts) == saved([change.after])
    assert difference.whole.saved_bytes == memory(after).saved - memory(before).saved


def saved(found: Iterable[Row | None]) -> int:
    return sum(saved_bytes(row) for row in found if row)


def assert_adds_up(difference: Difference, before: Network, after: Network) -> None:
    assert_saved_adds_up(difference, before, after)
    for name in COUNTED:
        for _, change in difference.whole.flat():
            assert not change.parts or sum(each.by(name) for each in change.parts) == change.by(name)
        grown = quantity(network_costs(after), name) - quantity(network_costs(before), name)
        assert difference.whole.by(name) == grown
    for _, change in difference.whole.flat():
        if change.parts:
            assert change.before is not None
            assert change.after is not None
            assert total(each.before.costs for each in change.parts if each.before) == change.before.costs
            assert total(each.after.costs for each in change.parts if each.after) == change.after.costs


# ------------------------------------------------------------------ promises


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    network = resdsl.load(name).ir
    difference = diff(network, network)
    assert difference.same
    assert difference.empty
    assert all(total.change == 0 for total in difference.totals)


@given(network=networks())
def test_a_drawn_network_does_not_differ_from_itself(network: Network) -> None:
    assert diff(network, network).empty


@given(before=networks(), after=networks())
def test_changes_of_drawn_networks_add_up(before: Network, after: Network) -> None:
    assert_adds_up(diff(before, after), before, after)


@given(before=networks(), after=networks())
def test_drawn_networks_are_the_same_if_and_only_if_their_graphs_are(before: Network, after: Network) -> None:
    graphs = [(network.inputs, network.nodes, network.outputs) for network in (before, after)]
    assert diff(before, after).same == (graphs[0] == graphs[1])


@given(before=networks(), after=networks())
def test_the_way_back_is_the_mirror_of_the_way_there(before: Network, after: Network) -> None:
    there, back = diff(before, after).whole, diff(after, before).whole
    assert mirrored(there) == removed_first(back)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_changes_of_shipped_networks_add_up_both_ways(before: str, after: str) -> None:
    one, two = resdsl.load(before).ir, resdsl.load(after).ir
    there, back = diff(one, two), diff(two, one)
    assert_adds_up(there, one, two)
    assert mirrored(there.whole) == removed_first(back.whole)
    assert not there.same


@given(data=st.data())
def test_stages_of_any_counts_add_up_and_keep_what_is_equal(data: st.DataObject) -> None:
    counts = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=4)
    one, two = (stage(*data.draw(counts)) for _ in range(2))
    difference = diff(one, two)
    assert_adds_up(difference, one, two)
    assert mirrored(difference.whole) == removed_first(diff(two, one).whole)


def activated() -> Body:
    graph = Graph(input=(4, 6, 6))
    graph.layer("relu", name="relu")
    return graph.body("activated")


BLOCKS = (basic((4, 6, 6), 4), squeeze_excite((4, 6, 6)), activated())


def stage(*runs: tuple[int, int]) -> Network:
    """A network of one stage; each run is the number of a block and a count."""
    graph = Graph(input=(4, 6, 6))
    graph.stage(*((BLOCKS[block], count) for block, count in runs), name="stage")
    return graph.network("staged")


# ------------------------------------------------------------------ alignment


def test_more_blocks_are_added_and_the_others_stay() -> None:
    whole = compared("resnet50", "resnet101").whole
    assert [(each.status, each.row.name) for each in whole.parts] == [
        ("same", "stem"),
        ("same", "conv2_x"),
        ("same", "conv3_x"),
        ("changed", "conv4_x"),
        ("same", "conv5_x"),
        ("same", "head"),
    ]
    layer3 = part(whole, "layer3")
    assert layer3.notes == (Note("blocks", "6", "23"),)
    assert told(layer3) == [("same", "layer3.0", 1), ("same", "layer3.1", 5), ("added", "layer3.6", 17)]


def test_blocks_of_other_definitions_are_paired_one_by_one() -> None:
    whole = compared("resnet34", "resnet50").whole
    assert told(part(whole, "layer1")) == [("changed", "layer1.0", 1), ("changed", "layer1.1", 2)]
    first = part(whole, "layer1.0")
    assert [(each.status, each.row.path.rpartition(".")[2]) for each in first.parts] == [
        ("changed", "conv1"),
        ("same", "bn1"),
        ("same", "act"),
        ("same", "conv2"),
        ("same", "bn2"),
        ("added", "act2"),
        ("added", "conv3"),
        ("added", "bn3"),
        ("added", "downsample"),
        ("changed", "add"),
        ("changed", "act3"),
    ]


def test_a_block_in_place_of_the_first_is_a_change_and_nothing_moves() -> None:
    difference = diff(stage((0, 3)), stage((1, 1), (0, 2)))
    assert told(difference.whole.parts[0]) == [("changed", "stage.0", 1), ("same", "stage.1", 2)]
    difference = diff(stage((0, 3)), stage((0, 2), (1, 1)))
    assert told(difference.whole.parts[0]) == [("same", "stage.0", 2), ("changed", "stage.2", 1)]


def test_a_block_between_others_is_added_there() -> None:
    difference = diff(stage((0, 4)), stage((0, 2), (1, 1), (0, 2)))
    assert told(difference.whole.parts[0]) == [("same", "stage.0", 2), ("added", "stage.2", 1), ("same", "stage.3", 2)]


def test_a_layer_between_others_is_added_and_the_rest_keeps_its_place() -> None:
    networks = []
    for extra in (False, True):
        graph = Graph(input=(3, 8, 8))
        graph.layer("conv", name="first", kernel=3, out=8)
        if extra:
            graph.layer("conv", name="extra", kernel=1, out=8)
        graph.layer("conv", name="last", kernel=5, out=8)
        networks.append(graph.network("layers"))
    (stem,) = diff(*networks).whole.parts
    assert told(stem) == [("same", "first", 1), ("added", "extra", 1), ("same", "last", 1)]


def test_repeats_within_repeats_are_counted_within_one() -> None:
    networks = []
    for count in (3, 5):
        outer = Graph(input=(4, 6, 6))
        outer.stage((BLOCKS[0], count), (BLOCKS[1], 1), name="deep")
        graph = Graph(input=(4, 6, 6))
        graph.stage((outer.body("outer"), 2), name="stage")
        networks.append(graph.network("nested"))
    difference = diff(*networks)
    assert_adds_up(difference, *networks)
    deep = part(difference.whole, "stage.0.deep")
    assert [(each.status, each.row.path, each.count, each.row.repeats) for each in deep.parts] == [
        ("same", "stage.0.deep.0", 3, 6),
        ("added", "stage.0.deep.3", 2, 4),
        ("same", "stage.0.deep.5", 1, 2),
    ]
    lines = [line.cells[:3] for line in diff_table(difference, "layer").lines]
    assert lines == [
        ("stage", "~", "2 of 2 blocks"),
        ("stage.0-1", "~", "outer x 2: ~deep"),
        ("deep", "~", "4 -> 6 blocks"),
        ("stage.0.deep.0-2", "", "basic(4) x 3"),
        ("stage.0.deep.3-4", "+", "basic(4) x 2"),
        ("stage.0.deep.5", "", "squeeze_excite"),
        ("total", "", ""),
    ]
    assert mirrored(difference.whole) == removed_first(diff(*networks[::-1]).whole)


def test_depth_takes_no_time() -> None:
    difference = compared("resnet1202", "resnet110")
    assert len(list(difference.whole.flat())) < 20
    assert [total.before for total in difference.totals][:2] == [1202, 19_421_274]


def test_what_is_equal_is_not_taken_apart() -> None:
    assert diff(nested(40), nested(40)).whole.row.costs.layers == 2**39


def test_blocks_in_blocks_are_compared_up_to_a_limit() -> None:
    difference = diff(nested(9), nested(10))
    assert_adds_up(difference, nested(9), nested(10))
    assert difference.totals[0].change == 0
    said = f"nested has {3 * 2**39 - 1:_} rows by layer with repeats of stages folded, but at most 100_000 can"
    assert len(list(rows(nested(6)).flat())) - 1 == 3 * 2**5 - 1
    with pytest.raises(TooManyRows, match=said):
        diff(nested(40), nested(39))


# ------------------------------------------------------------------ what is told


def test_names_have_the_arguments_that_tell_two_uses_apart() -> None:
    names = {path: part(compared("resnet50", "resnext50_32x4d").whole, path).name for path in ("layer1.1", "layer2.0")}
    assert names == {
        "layer1.1": "bottleneck(64, groups=1 -> 32, inner=64 -> 128)",
        "layer2.0": "bottleneck(128, /2, groups=1 -> 32, inner=128 -> 256)",
    }
    assert part(compared("resnet34", "resnet50").whole, "layer1.0").name == "basic(64) -> bottleneck(64)"
    assert part(compared("resnet18", "resnet18", shortcut="C").whole, "layer1.0").name == "basic(64)"


def test_names_have_strides_and_first_arguments_that_differ() -> None:
    text = "network a(shortcut = B) {{ input 8x8x8; stage s: basic({width}) x 1, /{stride}; fc 10 }}"
    one, two = (resdsl.loads(text.format(width=width, stride=width // 8)).ir for width in (8, 16))
    assert part(diff(one, two).whole, "s.0").name == "basic(8 -> 16, /1 -> /2)"
    assert part(diff(two, one).whole, "s.0").name == "basic(16 -> 8, /2 -> /1)"


def test_arguments_inputs_and_outputs_that_differ_are_told() -> None:
    found = compared("resnet50", "resnet50", classes="10", shortcut="C").given
    assert [(each.matter, each.name, each.before, each.after) for each in found] == [
        ("argument", "shortcut", "B", "C"),
        ("argument", "classes", "1000", "10"),
        ("output", "output", "1000 from fc", "10 from fc"),
    ]
    (only,) = diff(resdsl.load("resnet18").ir, resdsl.load("resnet18", input="3x64x64").ir).given
    assert (only.matter, only.before, only.after) == ("input", "3x224x224", "3x64x64")


def test_what_one_network_alone_is_given_is_told() -> None:
    alone = {each.name: (each.before, each.after) for each in compared("resnet34", "resnet50").given}
    assert alone == {"stride_at": (None, "3x3")}


def test_networks_of_other_names_may_be_the_same() -> None:
    assert compared("cifar", "resnet20").empty


def test_definitions_of_other_names_and_arguments_may_be_the_same() -> None:
    text = "network a(shortcut = B) {{ input 8x8x8; stage s: {block} x 2; fc 10 }}"
    brackets = text.format(block="[3x3, 8; 3x3, 8]")
    one, two = (resdsl.loads(each).ir for each in (text.format(block="basic(8)"), brackets))
    assert one.nodes != two.nodes
    assert diff(one, two).empty


def joined(*inputs: str, tap: str = "left") -> Network:
    graph = Graph(input=(4, 8, 8))
    graph.layer("relu", "input", name="left")
    graph.layer("tanh", "input", name="right")
    graph.layer("add", *inputs, name="add")
    return graph.network("joined", shown=tap)


def test_another_wiring_is_a_change_though_nothing_else_is() -> None:
    difference = diff(joined("left", "right"), joined("right", "left"))
    assert difference.whole.notes == (Note("wiring", "", ""),)
    assert not difference.same


def test_another_tap_is_a_change() -> None:
    difference = diff(joined("left", "right"), joined("left", "right", tap="right"))
    assert [(each.matter, each.name, each.before, each.after) for each in difference.given] == [
        ("output", "shown", "4x8x8 from left", "4x8x8 from right")
    ]
    assert not difference.same


def test_another_wiring_within_a_block_is_told_at_the_block() -> None:
    bodies = []
    for inputs in (("conv", "input"), ("input", "conv")):
        inner = Graph(input=(4, 8, 8))
        inner.layer("conv", name="conv", kernel=3, out=4)
        inner.layer("add", *inputs, name="add", joins="residual")
        bodies.append(inner.body("block"))
    networks = []
    for body in bodies:
        graph = Graph(input=(4, 8, 8))
        graph.stage((body, 3), name="stage")
        networks.append(graph.network("staged"))
    block = part(diff(*networks).whole, "stage.0")
    assert block.notes == (Note("wiring", "", ""),)
    assert {each.status for each in block.parts} == {"same"}


def test_a_module_that_is_shared_on_one_side_is_told() -> None:
    networks = []
    for twice in (True, False):
        graph = Graph(input=(4, 8, 8))
        if twice:
            graph.layer("conv", name="conv", kernel=3, out=4)
        graph.layer("bn", name="bn")
        graph.layer("conv", name="conv_2", path="conv", kernel=3, out=4)
        networks.append(graph.network("sharing"))
    found = {note for _, change in diff(*networks).whole.flat() for note in change.notes}
    assert Note("state", "shared", "own") in found
    assert diff(shared(), shared()).empty


def test_a_stage_of_another_name_is_the_same_stage_elsewhere() -> None:
    text = "network a(shortcut = B) {{ input 8x8x8; stage {name}: basic(8) x 2; fc 10 }}"
    one, two = (resdsl.loads(text.format(name=name)).ir for name in ("early", "late"))
    changed = part(diff(one, two).whole, "late")
    assert (changed.status, changed.notes, changed.parts) == ("changed", (Note("path", "early", "late"),), ())
