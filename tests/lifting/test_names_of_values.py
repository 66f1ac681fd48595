"""Names of inputs and outputs that a text cannot have."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.lifting.paths import as_output_names
from tests.cli.running import Command


class TwoInputs(nn.Module):
    """Two inputs with any names, and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3), nn.Conv2d(3, 8, 3)
        self.head, self.other = nn.Linear(8, 2), nn.Linear(2, 3)

    def pooled(self, one: Tensor, two: Tensor) -> Tensor:
        made: Tensor = (self.one(one).relu() + self.two(two)).mean((2, 3))
        return made


class OfWords(TwoInputs):
    """Inputs with the names of an op and of a word of the language."""

    def forward(self, input: Tensor, conv: Tensor) -> Tensor:  # noqa: A002 - as modules are written
        made: Tensor = self.head(self.pooled(input, conv))
        return made


class OfResults(TwoInputs):
    """Inputs with the names of the result and of a block of the library; two outputs."""

    def forward(self, output: Tensor, basic: Tensor) -> tuple[Tensor, Tensor]:
        first = self.head(self.pooled(output, basic))
        return first, self.other(first)


@pytest.mark.parametrize(
    ("module", "names", "called"),
    [
        (OfWords, ("input", "conv"), ["input_in", "conv_in"]),
        (OfResults, ("output", "basic"), ["output_in", "basic_in"]),
    ],
)
def test_inputs_of_modules_have_names_of_the_language(
    module: type[nn.Module], names: tuple[str, str], called: list[str]
) -> None:
    found = resdsl.lift(module(), input=dict.fromkeys(names, "3x8x8"))
    assert [given.name for given in found.net.ir.inputs] == called
    assert found.as_data()["inputs_called"] == dict(zip(called, names, strict=True))
    assert found.agreement.difference is not None
    assert found.agreement.difference <= 1e-6


def test_inputs_and_outputs_of_the_older_exporter(tmp_path: Path) -> None:
    """It calls inputs `input.1`, and values `onnx::Gemm_14`; which numbers it takes may differ from run to run."""
    names = {"input_names": ["input.1", "input"], "output_names": ["onnx::Gemm_14", "logits"]}
    samples = (torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(OfResults().eval(), samples, tmp_path / "net.onnx", opset_version=17, dynamo=False, **names)  # type: ignore[arg-type]
    found = resdsl.lift(tmp_path / "net.onnx")
    assert [given.name for given in found.net.ir.inputs] == ["input_1", "input_in"]
    assert found.agreement.difference is not None
    assert found.agreement.difference <= 1e-6
    first, last = [made.name for made in found.net.ir.outputs]
    assert first.startswith("onnx_Gemm_14")
    assert last == "logits"


def test_a_name_that_can_stay_stays() -> None:
    class Named(TwoInputs):
        def forward(self, left: Tensor, right: Tensor) -> Tensor:
            return self.pooled(left, right)

    found = resdsl.lift(Named(), input={"left": "3x8x8", "right": "3x8x8"})
    assert [given.name for given in found.net.ir.inputs] == ["left", "right"]
    assert found.as_data()["inputs_called"] == {}


def test_names_of_outputs_differ() -> None:
    assert as_output_names(["a::b", "a_b", "p3", "::", "a.b"]) == ["a_b", "a_b_2", "p3", "value", "a_b_3"]


def test_the_command_tells_new_names(command: Command) -> None:
    command.write("two_inputs.py", Path(__file__).read_text(encoding="utf-8"))
    result = command("lift", "two_inputs:OfWords", "--input", "input=3x8x8", "--input", "conv=3x8x8")
    assert result.code == 0, result.err
    assert "the input `conv` is called `conv_in` in the text" in result.err
