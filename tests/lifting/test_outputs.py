"""Several outputs: their order, and values that are read on their way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.check import graph_hash, graph_of, training
from resdsl.lifting.refusals import NotLifted

Returns = Callable[["Several", Tensor], Any]


class Several(nn.Module):
    """A convolution, and what is returned of it."""

    def __init__(self, returns: Returns) -> None:
        super().__init__()
        self.conv, self.next, self.drop = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 1), nn.Dropout(0.5)
        self.returns = returns

    def forward(self, x: Tensor) -> Any:
        return self.returns(self, self.conv(x))


class Pyramid(nn.Module):
    """Scales that are computed from the coarsest to the finest, and returned the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(inner, 8, 3, 2, 1) for inner in (3, 8, 8)])
        self.side = nn.ModuleList([nn.Conv2d(8, 4, 1) for _ in range(3)])
        self.out = nn.ModuleList([nn.Conv2d(4, 4, 3, padding=1) for _ in range(3)])

    def forward(self, x: Tensor) -> Any:
        maps: list[Tensor] = []
        for layer in self.down:
            maps.append(functional.relu(layer(maps[-1] if maps else x)))
        top = self.side[2](maps[2])
        found = [self.out[2](top)]
        for place in (1, 0):
            top = self.side[place](maps[place]) + functional.interpolate(top, scale_factor=2.0, mode="nearest")
            found.insert(0, self.out[place](top))
        return {f"p{place}": made for place, made in enumerate(found)}


def test_the_scales_of_a_pyramid_are_in_their_order() -> None:
    found = resdsl.lift(Pyramid(), input="3x16x16")
    assert [tap.name for tap in found.net.ir.outputs] == ["p0", "p1", "p2"]
    assert found.agreement.difference == 0
    assert not found.lifted.given_up


@pytest.mark.parametrize(
    ("returns", "names"),
    [
        (lambda own, x: {"b": own.next(x), "a": x, "c": x + own.next(x).relu()}, ["b", "a", "c"]),
        (lambda own, x: [own.next(x).relu(), own.next(x), x], ["relu", "next", "conv"]),
        (lambda own, x: (own.drop(x).sigmoid() + x, x.relu(), own.next(x), x), ["add", "relu", "next", "conv"]),
    ],
)
def test_outputs_are_in_their_order_whichever_is_computed_first(returns: Returns, names: list[str]) -> None:
    found = resdsl.lift(Several(returns), input="3x8x8")
    assert [tap.name for tap in found.net.ir.outputs] == names
    assert found.agreement.difference == 0


def _dropped_first(own: Several, x: Tensor) -> Any:
    dropped = own.drop(x)
    return {"dropped": dropped, "kept": x, "both": dropped + x}


def _dropped_last(own: Several, x: Tensor) -> Any:
    dropped = own.drop(x)
    return {"both": dropped + x, "dropped": dropped}


@pytest.mark.parametrize("returns", [_dropped_first, _dropped_last])
def test_outputs_that_a_sum_reads_too_are_outputs_of_a_text_with_blocks(
    returns: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Several(returns)
    found = resdsl.lift(module, input="3x8x8")
    assert not found.lifted.given_up
    own = found.net.to_torch().train()
    own.load_state_dict({name: module.state_dict()[name] for name in own.state_dict()})
    # Without chance, what is dropped can be compared.
    monkeypatch.setattr(functional, "dropout", lambda x, p=0.5, training=True, inplace=False: x * 3 if training else x)  # noqa: ARG005
    given = torch.rand(1, 3, 8, 8)
    returned = own(given)
    made = list(returned.values()) if isinstance(returned, dict) else returned
    for one, other in zip(module.train()(given).values(), made, strict=True):
        torch.testing.assert_close(one, other)


def test_which_of_two_layers_reads_what_was_dropped_is_told() -> None:
    texts = ("dropout 0.5; residual { conv 3, 8 }", "residual { dropout 0.5; conv 3, 8 }")
    one, other = (
        graph_of(resdsl.loads(f"network n {{\n  input 3x8x8\n  conv 3, 8\n  {text}\n}}\n").ir) for text in texts
    )
    assert graph_hash(one) == graph_hash(other)
    assert training(one) != training(other)


def test_outputs_that_are_constants_are_refused(tmp_path: Path) -> None:
    module = Several(lambda own, x: (x, own.next.bias))
    with pytest.raises(NotLifted, match=r"yields `next.bias`, which does not depend on its inputs"):
        resdsl.lift(module, input="3x8x8")
    assert "conv: conv 3x3, 8" in resdsl.lift(module, input="3x8x8", until=["conv"]).text
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])]
    outs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y", "w")]
    weight = numpy_helper.from_array(np.ones((2, 3, 1, 1), "f4"), "w")
    graph = helper.make_graph([helper.make_node("Conv", ["x", "w"], ["y"])], "g", ends, outs, [weight])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "net.onnx")
    with pytest.raises(NotLifted, match=r"net.onnx yields `w`, which does not depend on its inputs"):
        resdsl.lift(tmp_path / "net.onnx")


def test_the_page_on_lifting_has_all_fields_of_json() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lift.md").read_text()
    rows = [line.split("|")[1] for line in page.split("\n") if line.startswith("| `")]
    assert not [
        name
        for name in resdsl.lift(Several(lambda _, x: x), input="3x8x8").as_data()
        if f"`{name}`" not in "".join(rows)
    ]
