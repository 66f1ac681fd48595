"""Blocks that read values of the network beside what flows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.analysis.memory.totals import memory
from resdsl.analysis.receptive_field.field import Fields
from resdsl.api import from_json
from resdsl.ir.network import Call, Stage
from resdsl.ir.walk import FlatNetwork
from resdsl.sweeps.canonical import network_hash
from tests.analysis.measured import peak_bytes, saved_bytes
from tests.analysis.test_memory import least_of_flat
from tests.docs.markdown import ROOT, blocks_of
from tests.random.trial import Trial
from tests.sweeps.test_canonical import each_run_of_one, flattened

FUSE = "block fuse(width, skip = none) { conv 3x3, width; norm; act; if skip != none { as x; from add(x, skip) } }\n"
FORKED = "block forked(width) { conv 3x3, width; norm; act; as a; conv 3x3, width; as b; from [b, a] }\n"
PASSED_ON = "block outer(skip) { stage inside: fuse(8, skip=skip) x 2; fuse(8, skip) }\n"
TAPPING = """
block tapping { tap before; residual { conv 3x3, 8; tap deep }; act }
block tapping_within { tapping; forked 8; as x; from x[1]; tap early; from x[0]; act }
"""
PARTS = "block yields_parts { as given; forked 8; as x; from x[0]; split 2; as p; from [p[1], given, x[1], p[0]] }\n"
TEXTS = {
    "once": "conv 3x3, 8; as e; conv 1x1, 8; fuse(8, skip=e)",
    "by position": "conv 3x3, 8; as e; conv 1x1, 8; fuse(8, e)",
    "without": "conv 3x3, 8; fuse 8; fuse 8, skip=none",
    "as an expression": "conv 3x3, 8; as e; conv 1x1, 8; as f; from fuse(f, 8, skip=e)",
    "in a stage": "conv 3x3, 8; as e; stage s: fuse(8, skip=e) x 3",
    "in two shapes": "conv 3x3, 8; as e; stage s: fuse(8, e) x 2; maxpool 2, /2; as f; stage t: fuse(8, f)",
    "what flows, twice": "conv 3x3, 8; as e; fuse(8, skip=e)",
    "the input": "as e; conv 3x3, 8; fuse(3, skip=e)",
    "handed on": "conv 3x3, 8; as e; conv 1x1, 8; outer(skip=e)",
    "handed on in a stage": "conv 3x3, 8; as e; stage s: outer(skip=e) x 3",
    "an item of a list": "for i in 0..3 { conv 3x3, 8; as y[i] }; fuse(8, skip=y[0]); fuse(8, skip=y[1])",
    "several": "forked 8; as x; from concat(x)",
    "several, as an expression": "as e; from forked(e, 8); as x; from add(x[1], x[0])",
    "several, of which one is read": "forked 8; as x; from x[1]",
    "several, and nothing reads the first": "forked 8; as x; from x[1]; forked 8; as y; from concat(x[1], y)",
    "several, beside": "forked 8; as x; from x[0]; fuse(8, skip=x[1])",
    "several that were several": "yields_parts; as x; from concat(x[2], x[0], x[1], x[3])",
    "tapped": "conv 3x3, 8; tapping; conv 1x1, 3",
    "tapped within": "conv 3x3, 8; tapping_within; tap z; fc 3",
    "in a residual": "conv 3x3, 8; as e; residual identity { fuse(8, skip=e); conv 1x1, 8 }",
}


def loaded(text: str) -> resdsl.Net:
    return resdsl.loads(f"{FUSE}{FORKED}{PARTS}{TAPPING}{PASSED_ON}network n {{ input 3x8x8; {text} }}")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_everything_made_of_it_is_what_the_interpreter_says(text: str, tmp_path: Path) -> None:
    Trial(loaded(text), tmp_path).run()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_found_folded_is_what_is_found_layer_by_layer(text: str) -> None:
    network = loaded(text).ir
    flow = FlatNetwork(network)
    for _ in flow:
        pass
    folded, flat = Fields(network), Fields(flattened(network))
    for value in network.values:
        assert folded.of(value) == flat.of(flow.resolve(value)), value


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_memory_is_what_is_measured(text: str) -> None:
    net = loaded(text)
    module, images = net.to_torch(), torch.zeros(2, 3, 8, 8)
    found = memory(net.ir, batch=2)
    assert found.saved == saved_bytes(module, images)
    assert found.peak == peak_bytes(module, images)
    assert found.least == 4 * 2 * least_of_flat(net.ir)


def test_long_stages_take_the_time_of_one_block() -> None:
    network = loaded("conv 3x3, 8; as e; stage s: fuse(8, skip=e) x 1000000000").ir
    assert network_hash(network) == network_hash(network.replace(name="other"))
    field = Fields(network).of("s")
    assert field is not None
    assert field.size == (2 * 10**9 + 3,) * 2
    once = loaded("conv 3x3, 8; as e; stage s: fuse(8, skip=e) x 999999999").ir
    assert network_hash(once) != network_hash(network)


def test_repeats_are_hashed_as_they_are_written_out() -> None:
    stage = loaded("conv 3x3, 8; as e; stage s: fuse(8, skip=e) x 4").ir
    calls = loaded("conv 3x3, 8; as e; " + "fuse(8, skip=e); " * 4).ir
    assert network_hash(stage) == network_hash(calls) == network_hash(each_run_of_one(stage))
    other = loaded("conv 3x3, 8; as e; fuse(8, skip=e); as f; " + "fuse(8, skip=f); " * 3).ir
    assert network_hash(other) != network_hash(calls)


def test_equal_calls_share_a_body_whatever_their_values_are_called() -> None:
    network = loaded("conv 3x3, 8; as e; conv 1x1, 8; as f; fuse(8, skip=e); fuse(8, skip=f)").ir
    first, second = (node for node in network.nodes if isinstance(node, Call))
    assert first.body is second.body
    assert (first.inputs, second.inputs) == (("conv2", "conv1"), ("fuse", "conv2"))
    assert first.body.beside == ("skip",)


def test_stage_reads_the_value_once_for_all_its_blocks() -> None:
    (stage,) = loaded("conv 3x3, 8; as e; stage s: fuse(8, skip=e) x 5").ir.stages
    assert isinstance(stage, Stage)
    assert stage.inputs == ("conv1", "conv1")
    assert [run.count for run in stage.runs] == [5]


def test_a_stride_is_known_where_both_values_have_it() -> None:
    text = "conv 3x3, 8, /2; as e; conv 1x1, 8; residual { fuse(8, skip=e); conv 3x3, 8, /2 }"
    net = resdsl.loads(f"{FUSE}network n(shortcut = B) {{ input 3x8x8; {text} }}")
    assert net.ir.values[net.ir.outputs[-1].value] == (8, 2, 2)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("forked 8", "RES417"),
        ("forked 8; relu", "RES417"),
        ("residual { forked 3 }", "RES417"),
        ("stage s: forked(8)", "RES403"),
        ("stage s: forked(8) x 3", "RES403"),
        ("forked 8; as x; from x", "RES417"),
        ("forked 8; as x; from x[2]", "RES3"),
        ("forked 8; as x; from [x[0], 3]", "RES300"),
        ("as x; from [x]", "RES300"),
        ("conv 1, 8; tapping; tapping", "RES201"),
        ("conv 1, 8; tapping; tap deep", "RES201"),
        ("conv 1, 8; stage s: tapping() x 2", "RES403"),
    ],
)
def test_several_values_where_one_is_needed_are_refused(text: str, code: str) -> None:
    with pytest.raises(resdsl.SpecError, match=code):
        loaded(text)


# ----------------------------------------------------------------------------------------------- JSON


def test_only_networks_that_need_it_are_written_as_version_2() -> None:
    assert json.loads(resdsl.load("resnet20").to_json())["resdsl_ir"] == 1
    assert "beside" not in resdsl.load("resnet20").to_json()
    text = loaded(TEXTS["in a stage"]).to_json()
    assert json.loads(text)["resdsl_ir"] == 2
    assert from_json(text).to_json() == text


def _body(document: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(iter(document["bodies"].values()))
    return body


BROKEN: dict[str, tuple[Callable[[Any], Any], str]] = {
    "version 1 with what came later": (lambda d: d.update(resdsl_ir=1), "unknown key in version 1"),
    "a name too few": (lambda d: _body(d).update(beside=[]), "a name for each input after the first"),
    "a name too many": (lambda d: _body(d).update(beside=["skip", "other"]), "a name for each input after the first"),
    "no name": (lambda d: _body(d).update(beside=["a b"]), "is not an identifier"),
    "the name of what flows": (
        lambda d: _body(d).update(beside=["input"]),
        "two inputs of the body have the same name",
    ),
    "the name of a module": (lambda d: _body(d).update(beside=["conv1"]), "an earlier value already has this name"),
    "a shape too many": (lambda d: _body(d)["inputs"].append([1]), "a name for each input after the first"),
    "another shape": (lambda d: _body(d)["inputs"].__setitem__(1, [9, 8, 8]), "the shapes|needs equal shapes|expects"),
    "a value too few": (lambda d: d["network"]["nodes"][-1].update(inputs=["conv1"]), "the body expects 8x8x8, 8x8x8"),
    "a value too many": (lambda d: d["network"]["nodes"][-1]["inputs"].append("conv1"), "the body expects"),
    "an output that is not there": (lambda d: _body(d).update(also=["x"]), "the output `x` is not a value"),
    "an output in version 1": (lambda d: (_body(d).update(also=["act"]), d.update(resdsl_ir=1)), "in version 1"),
    "a value that is not there": (lambda d: d["network"]["nodes"][-1].update(inputs=["conv1", "x"]), "reads `x`"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("text", ["once", "in a stage"])
def test_broken_json_is_refused(name: str, text: str) -> None:
    document = json.loads(loaded(TEXTS[text]).to_json())
    breaks, message = BROKEN[name]
    breaks(document)
    with pytest.raises(resdsl.Refused, match=message):
        from_json(json.dumps(document))


# ---------------------------------------------------------------------------------------------- U-Net


def pair(channels: int, width: int) -> nn.Sequential:
    def conv(channels: int) -> list[nn.Module]:
        return [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]

    return nn.Sequential(*conv(channels), *conv(width))


class UNet(nn.Module):
    """The network of the cookbook, written by hand."""

    def __init__(self, width: int, depth: int, classes: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(map(pair, [3, *widths], widths[:-1]))
        self.bottom = pair(widths[-2], widths[-1])
        ups = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList(nn.Sequential(nn.Conv2d(a, b, 1), pair(2 * b, b)) for a, b in ups)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up in self.up:
            x = up.get_submodule("0")(nn.functional.interpolate(x, scale_factor=2))
            x = up.get_submodule("1")(torch.cat([skips.pop(), x], 1))
        out: Tensor = self.head(x)
        return out


def test_unet_of_the_cookbook_is_the_one_written_by_hand() -> None:
    (block,) = [each for each in blocks_of(ROOT / "docs" / "cookbook.md") if "network unet(" in each.text]
    assert len(block.text.splitlines()) < 40
    assert resdsl.loads(block.text).costs.params == sum(each.numel() for each in UNet(64, 4, 2).parameters())
    net = resdsl.loads(block.text.replace("256, 256", "32, 32").replace("256x256", "32x32"), width=4, depth=3)
    by_hand, module = UNet(4, 3, 2).double().eval(), net.to_torch().double().eval()
    module.load_state_dict(dict(zip(module.state_dict(), by_hand.state_dict().values(), strict=True)))
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert torch.allclose(module(images), by_hand(images), atol=1e-12)
    assert net.costs.macs == macs_of(by_hand)


def macs_of(module: nn.Module) -> int:
    """Multiply-adds of the convolutions for one image, counted as they run."""
    found = []

    def count(conv: nn.Module, given: tuple[Tensor], out: Tensor) -> None:
        weight = conv.get_parameter("weight")
        found.append(out[0].numel() * weight[0].numel())

    for each in module.modules():
        if isinstance(each, nn.Conv2d):
            each.register_forward_hook(count)
    with torch.no_grad():
        module(torch.zeros(1, 3, 32, 32, dtype=torch.float64))
    return sum(found)
