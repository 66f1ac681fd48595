"""The functions of PyTorch on each number by itself that are several operators of ONNX, or one with a constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from resdsl.lifting.sources.reading import NoOp
from resdsl.lifting.sources.torch_call import TorchCall
from resdsl.lifting.sources.unknown_calls import reason_for


def _power(call: TorchCall) -> None:
    """A square as a product."""
    if call.kind != "square" and call.given.get("exponent") != 2:
        raise NoOp(reason_for("pow"))
    call.node("Mul", call.names("input") * 2)


def _negative(call: TorchCall) -> None:
    call.node("Mul", [*call.names("input"), call.constant(-1.0)])


def _with_product(call: TorchCall) -> None:
    """A value and the product of two others, times a number."""
    product, scaled = f"{call.name}/product", f"{call.name}/scaled"
    call.node("Mul", call.names("tensor1", "tensor2"), [product])
    call.node("Mul", [product, call.constant(call.real("value", 1.0))], [scaled])
    call.node("Add", [*call.names("input"), scaled])


def _inverse_root(call: TorchCall) -> None:
    root = f"{call.name}/root"
    call.node("Sqrt", call.names("input"), [root])
    call.node("Reciprocal", [root])


ARITHMETIC: Mapping[str, Callable[[TorchCall], None]] = {
    "pow": _power,
    "square": _power,
    "neg": _negative,
    "addcmul": _with_product,
    "rsqrt": _inverse_root,
}
