"""What may be asked of an ONNX file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from resdsl.refusal import Refused

IR_VERSIONS: Mapping[int, int] = {13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}
"""The IR version of each opset: that of the release of ONNX which brought it (`onnx.helper.VERSION_TABLE`). A later one
would exclude older runtimes for no benefit."""
OLDEST, NEWEST = min(IR_VERSIONS), max(IR_VERSIONS)
HAS_FUNCTIONS = 15
"""The first opset whose IR version has functions in models."""
TAKES_BFLOAT16 = 22
"""The first opset in which convolutions and pools take bfloat16."""
WITHOUT_BFLOAT16 = frozenset({"Einsum"})
"""The operators of those in files that take no bfloat16 in any opset."""
LARGEST_BATCH = 2**31 - 1
"""Runtimes and converters keep sizes in integers of 32 bits."""

Precision = Literal["float32", "float16", "bfloat16"]
ExternalData = Literal["raw", "safetensors"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
EXTERNAL: tuple[ExternalData, ...] = get_args(ExternalData)


class UnfitOptions(Refused):
    """Options of a file exclude each other, or one of them has no such value."""

    of_usage = True


@dataclass(frozen=True, slots=True)
class OnnxForm:
    """The form of an ONNX file.

    Attributes:
        opset: the version of the operators, 13 to 22; by default the first one in which every op of the network has a
            form, and 22 for bfloat16.
        dtype: the type of weights and values: `float32`, `float16` or `bfloat16`.
        batch: the size of the batch; by default it is open.
        dynamic_hw: whether the spatial sizes of the inputs are open.
        external_data: where weights are, if not in the file: `raw`, a file of their values beside it, or `safetensors`,
            the file that they come from, or a new one. Above two gibibytes it is `raw` in any case.
        copy: whether the safetensors file that they come from is copied beside the model if it is elsewhere.
        softmax: whether a softmax over the channels follows the last output.
        training: whether batch norms and dropout are those of training, and outputs of training are in the file.
        functions: whether each block is a function, which viewers show as one node that opens.
        no_weights: whether weights are inputs of the graph, and the file has no values for them.
        lines: returns the file and the line that the node of a name comes from; `Net` sets it, if it comes from a text.

    Raises:
        UnfitOptions: they exclude each other, or one has no such value.
    """

    opset: int | None = None
    dtype: Precision = "float32"
    batch: int | None = None
    dynamic_hw: bool = False
    external_data: ExternalData | None = None
    copy: bool = False
    softmax: bool = False
    training: bool = False
    functions: bool = False
    no_weights: bool = False
    lines: Callable[[str], str | None] | None = field(default=None, repr=False, compare=False)

    excludes: ClassVar[Mapping[str, tuple[str, str]]] = {
        "no_weights": ("weighting", "a file without weights does not contain weights"),
        "training": ("folding", "a network is folded for inference alone, not for training"),
    }
    """The options that leave no effect to options about weights or folding, each with the reason."""

    def __post_init__(self) -> None:
        if self.opset is not None and (type(self.opset) is not int or self.opset not in IR_VERSIONS):
            raise UnfitOptions(f"files are written in opsets {OLDEST} to {NEWEST}, not in {self.opset!r}")
        if self.dtype not in PRECISIONS:
            raise UnfitOptions(f"the type of a file is one of {', '.join(PRECISIONS)}, not {self.dtype}")
        if self.external_data not in (None, *EXTERNAL):
            raise UnfitOptions(f"external data are one of {', '.join(EXTERNAL)}, not {self.external_data}")
        if self.no_weights and self.external_data is not None:
            raise UnfitOptions("a file without weights has none in another file: external data would have no effect")
        if self.copy and self.external_data != "safetensors":
            raise UnfitOptions("only a safetensors file that a model points into is copied: copy would have no effect")
        if self.functions and self.opset is not None and self.opset < HAS_FUNCTIONS:
            raise UnfitOptions(f"models have functions from opset {HAS_FUNCTIONS} on, not in {self.opset}")
        if self.batch is not None and (type(self.batch) is not int or not 0 < self.batch <= LARGEST_BATCH):
            raise UnfitOptions(f"a batch has 1 to {LARGEST_BATCH:,} samples, not {self.batch!r}")
        if self.dtype == "bfloat16" and self.opset is not None and self.opset < TAKES_BFLOAT16:
            raise UnfitOptions(
                f"convolutions and pools take bfloat16 from opset {TAKES_BFLOAT16} on, not in {self.opset}"
            )

    @property
    def least(self) -> int:
        """The first opset that the form allows."""
        if self.dtype == "bfloat16":
            return TAKES_BFLOAT16
        return HAS_FUNCTIONS if self.functions else OLDEST


USUAL = OnnxForm()
