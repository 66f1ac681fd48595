"""Networks whose parts are no chains and no branches: what stands in their texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.costs import network_costs
from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.lifted import Lifted, lifted
from resdsl.lifting.sharing import same_layers
from resdsl.lifting.sources.onnx import read_onnx
from tests.lifting.definitions import lines_of
from tests.lifting.without_names import without_metadata, without_names

LINES = {
    "botnet50": 22,
    "deeplabv3_resnet50": 39,
    "fcn_resnet50": 23,
    "hrnet_w18": 78,
    "nonlocal_resnet50": 22,
    "rednet": 50,
    "res2net50_14w_8s": 41,
    "res2net50_26w_4s": 31,
    "resnest50d": 31,
    "resnet50_fpn": 19,
    "shufflenet_v2_x1_0": 31,
    "siamese_resnet18": 19,
    "sknet50": 28,
    "unet_resnet34": 29,
}
"""The lines that networks whose parts are no chains and no branches lift to, from files without metadata."""


def lift_of(name: str, folder: Path) -> Lifted:
    """What a file without metadata lifts to, which is the network that it is of."""
    path, net = folder / "net.onnx", resdsl.load(name)
    net.to_onnx(path, no_weights=True)
    without_metadata(path)
    found = lifted(read_onnx(path), "net")
    assert found.named
    assert graph_hash(graph_of(found.network)) == graph_hash(graph_of(net.ir))
    assert modules(graph_of(found.network)) == modules(graph_of(net.ir))
    return found


def test_a_module_that_is_called_twice_is_one_shared_block(tmp_path: Path) -> None:
    found = lift_of("siamese_resnet18", tmp_path)
    assert "  from left; shared resnet: tower; as v1\n  from right; shared resnet: tower; as v2\n" in found.text
    assert '  stage "5": basic(128) x 2, /2   -> 128x4x4\n' in found.text
    assert network_costs(found.network).params == network_costs(resdsl.load("siamese_resnet18").ir).params


def test_layers_that_share_weights_do_so_without_any_names(tmp_path: Path) -> None:
    path, net = tmp_path / "net.onnx", resdsl.load("siamese_resnet18")
    net.to_onnx(path)
    without_names(path)
    found = lifted(read_onnx(path), "net")
    assert "  from left; shared common: tower; as v1\n" in found.text
    assert network_costs(found.network).params == network_costs(net.ir).params
    alone = re.sub("shared common: |expect .*", "", found.text)
    assert same_layers(graph_of(resdsl.loads(alone).ir), compiled=True) != same_layers(found.graph, compiled=False)


def test_modules_with_several_scales_are_blocks_that_yield_several_values(tmp_path: Path) -> None:
    found = lift_of("hrnet_w18", tmp_path)
    assert '  from maps[0]; "stage3.1": module(maps[1], maps[2]); as maps2\n' in found.text
    assert found.text.count("block module(v2, v3) {") == found.text.count("block module_2(v2, v3, v4) {") == 1
    assert lines_of(found.text) <= 80


def test_pyramids_have_rows_of_blocks(tmp_path: Path) -> None:
    found = lift_of("resnet50_fpn", tmp_path)
    assert '  stage "body.layer3": bottleneck(256) x 6, /2   -> 1024x14x14; as z[2]\n' in found.text
    assert 'for k in 0..3 { from z[k]; "fpn.inner_blocks.{k}.0": conv 1x1, 256, bias=true; as y[k] }' in found.text
    assert "  from add(y[2], upsample(v4, 2)); as v8\n" in found.text


@pytest.mark.parametrize(
    ("name", "call"),
    [("botnet50", "mhsa: attention(4, relative=true)"), ("nonlocal_resnet50", "non_local(pool=1x2x2, scaled=true)")],
)
def test_attention_is_a_call_of_the_standard_library(name: str, call: str, tmp_path: Path) -> None:
    assert call in lift_of(name, tmp_path).text


def test_skips_over_rows_of_blocks_have_names(tmp_path: Path) -> None:
    found = lift_of("unet_resnet34", tmp_path)
    assert '  stage "encoder.layer2": basic(128) x 4, /2   -> 128x28x28; as v3\n' in found.text
    assert '  upsample 2; as v7\n  from concat(v7, v2)\n  "decoder.blocks.2": blocks(64)\n' in found.text
    assert "parallel" not in found.text


@pytest.mark.zoo
@pytest.mark.parametrize("name", LINES)
def test_texts_have_no_more_lines_than_they_had(name: str, tmp_path: Path) -> None:
    assert lines_of(lift_of(name, tmp_path).text) <= LINES[name]


STREAMS = """
block exchange(above, kernel) {
  as entry
  conv kernel, 8; norm; act
  conv kernel, 8; norm; act; as fine
  from above; conv kernel, 16; norm; act
  conv kernel, 16; norm; act; as coarse
  conv 1x1, 8; norm; upsample 2; as raised
  from fine; conv 3x3, 16, /2; norm; as lowered
  from add(entry, fine, raised); act; as first
  from add(lowered, coarse); act; as second
  from [first, second]
}
network net(kernels = [3x3, 3x3, 3x3]) {
  input 3x32x32
  conv 3x3, 8; norm; act; as fine
  conv 3x3, 16, /2; norm; act; as coarse
  from fine; "a": exchange(coarse, kernels[0]); as x
  from x[0]; "b": exchange(x[1], kernels[1]); as y
  from y[0]; "c": exchange(y[1], kernels[2]); as z
  from z[0]; conv 1x1, 16; norm; as left
  from add(upsample(z[1], 2), left)
  avgpool global
  fc 10
}
"""


@pytest.mark.parametrize(("kernels", "calls"), [("3x3, 3x3, 3x3", 3), ("5x5, 3x3, 3x3", 2), ("3x3, 5x5, 7x7", 0)])
def test_modules_with_several_values_are_found_without_names(kernels: str, calls: int, tmp_path: Path) -> None:
    path, net = tmp_path / "net.onnx", resdsl.loads(STREAMS.replace("3x3, 3x3, 3x3", kernels))
    net.to_onnx(path, no_weights=True)
    without_names(path)
    found = lifted(read_onnx(path), "net")
    assert graph_hash(graph_of(found.network)) == graph_hash(graph_of(net.ir))
    assert found.text.count("; module(") == calls
