"""What is neither a chain nor branches: strands that hold rows of blocks, with names where values are read again."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import resdsl
from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.dominance import DominatorTree
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.lifted import lifted
from resdsl.lifting.sources.onnx import read_onnx
from resdsl.lifting.structure import chain_of, nodes_of

PYRAMID = """
network pyramid(shortcut = B) {
  input 3x32x32
  stage low: basic(16) x 2
  as fine
  stage high: basic(32) x 3, /2
  as coarse
  side: conv 1x1, 8
  upsample 2
  as risen
  from fine
  beside: conv 1x1, 8
  as shallow
  from add(shallow, risen)
  head: conv 3x3, 4
  as one
  from coarse
  other: conv 3x3, 4
  upsample 2
  as two
  from concat(one, two)
}
"""


def graph(text: str) -> PlainGraph:
    return graph_of(resdsl.loads(text).ir)


def read(text: str, folder: Path) -> PlainGraph:
    """What a file of a network reads as."""
    path = folder / "net.onnx"
    resdsl.loads(text).to_onnx(path)
    return read_onnx(path)


def wild(seed: int) -> PlainGraph:
    """A network in which any value may be read by any layer behind it."""
    random = Random(seed)
    lines = ["network wild {", "  input 4x8x8", "  as v[0]"]
    unread = set(range(random.randint(4, 30)))
    for place in range(len(unread)):
        first, second = random.randint(max(0, place - 4), place), random.randint(max(0, place - 9), place)
        joined = first != second and random.random() < 0.5
        lines += [f"  from add(v[{first}], v[{second}])" if joined else f"  from v[{first}]; conv 3x3, 4"]
        lines += [f"  as v[{place + 1}]"]
        unread -= {first, second} if joined else {first}
    ends = [f"v[{each}]" for each in sorted(unread)]
    lines += [f"  from add({', '.join(ends)}, v[{place + 1}])"] if ends else []
    return graph("\n".join((*lines, "}")))


def test_a_dominator_is_where_all_ways_meet() -> None:
    random, tree = Random(1), DominatorTree()
    before: list[list[int]] = [[]]
    for place in range(1, 300):
        before.append(random.sample(range(max(0, place - 6), place), k=min(place, random.randint(1, 3))))
        assert tree.add(before[-1]) == place
    dominators: list[set[int]] = [{0}]
    for place in range(1, 300):
        dominators.append({place} | set.intersection(*(dominators[each] for each in before[place])))
        assert tree.over(place) == max(dominators[place] - {place})


@pytest.mark.parametrize("seed", range(30))
def test_every_layer_stands_in_a_structure_once_and_behind_what_it_reads(seed: int) -> None:
    whole = wild(seed)
    known = set(whole.inputs)
    for node in nodes_of(chain_of(whole)):
        assert known.issuperset(node.inputs)
        assert known.isdisjoint(node.outputs)
        known.update(node.outputs)
    assert sorted(node.output for node in nodes_of(chain_of(whole))) == sorted(node.output for node in whole.nodes)
    assert graph_hash(graph_of(lifted(whole, "wild").network)) == graph_hash(whole)


def test_strands_hold_rows_of_blocks(tmp_path: Path) -> None:
    rows = [line.strip() for line in lifted(read(PYRAMID, tmp_path), "pyramid").text.split("\n")]
    assert any(row.startswith("stage low:  basic(16) x 2") for row in rows)
    assert any(row.startswith("stage high: basic(32) x 3, /2") for row in rows)
    assert sum("as v" in row for row in rows) == 6


def test_paths_of_strands_are_kept(tmp_path: Path) -> None:
    whole = read(PYRAMID, tmp_path)
    found = lifted(whole, "pyramid")
    assert found.named
    assert modules(graph_of(found.network)) == modules(whole)
