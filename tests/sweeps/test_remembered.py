"""What a session remembers changes nothing: networks of a sweep are those that a new session builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.catalogue import networks_of
from resdsl.compiler import Spec, read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.json import to_json
from resdsl.resources import shipped_specs
from resdsl.settings import overrides_of
from resdsl.source import Source, read_source
from tests.zoo import LARGE

TRICKY = """
block grows(width, stride = 1) { parallel concat { conv 1x1, channels; relu } { conv 3x3, width } }
block loud(width) { conv 3x3, width -> 8x16x16; act }
network tricky(depths = [2, 1], width = 8, norm = bn, kind = basic, drop = 0.1) {
  input 3x16x16
  conv 3x3, width; norm; act -> 8x16x16
  stage early: kind(width) x depths[0]
  if depths[0] == 2 { conv 3x3, width; norm; act } else { head: conv 3x3, width; norm }
  stage late: kind(2 * width, shortcut=B) x depths[1], /2
  for j in 0..2 { stage "more{j}": preact_basic(2 * width, drop=drop * (block_index + 1) / block_count) x depths[1] }
  as trunk
  conv 1x1, 2 * width; norm
  as other
  from add(trunk, other)
  tap c3
  stage deep: plain(2 * width, act=silu) x len(depths)
  avgpool global
  fc 10
}
network changed = tricky { stage late: bottleneck(width) x 2, /2; drop c9 }
network other = tricky(width = 8) { stage deep: plain(8) x 3 }
"""
VALUES = [
    {},
    {"depths": "[1, 1]"},
    {"depths": "[1, 3]", "norm": "group_norm(4)"},
    {"depths": "[2, 2]", "kind": "bottleneck(expansion = 1)", "shortcut": "C"},
    {"width": "4"},
    {"width": "8", "input": "3x32x32"},
    {"depths": "[2, 1, 1]"},
    {"drop": "0.2"},
    {"norm": "none", "act": "gelu"},
]


def outcome(spec: Spec, name: str, values: dict[str, str]) -> str:
    try:
        built = spec.build(name, overrides_of(values))
    except SpecError as error:
        return str(error)
    return to_json(built.network) + "\n".join(problem.headline for problem in built.warnings)


@pytest.mark.parametrize("name", ["tricky", "changed", "other"])
def test_one_session_and_many_give_the_same(name: str) -> None:
    shared = read_spec(Source("tricky.res", TRICKY))
    for _ in range(2):
        for values in VALUES:
            alone = read_spec(Source("tricky.res", TRICKY))
            assert outcome(shared, name, values) == outcome(alone, name, values)


FILES = [path for path in shipped_specs() if not {*networks_of(path)} <= {*LARGE}]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_networks_of_a_shipped_file_do_not_depend_on_what_was_built_before(path: Path) -> None:
    shared = read_spec(read_source(path))
    inputs: list[dict[str, str]] = [{}, {"act": "silu"}]
    names = [name for name in shared.networks if name not in LARGE]
    for values in inputs:
        for name in (*names, *reversed(names)):
            assert outcome(shared, name, values) == outcome(read_spec(read_source(path)), name, values)
