"""What a user may ask of an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

IR_VERSIONS: Mapping[int, int] = {13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}
"""The IR version of each opset: that of the release of ONNX which brought it (`onnx.helper.VERSION_TABLE`). A later one
would exclude older runtimes for no benefit."""
OLDEST, NEWEST = min(IR_VERSIONS), max(IR_VERSIONS)


@dataclass(frozen=True, slots=True)
class OnnxForm:
    """The form of an ONNX file.

    Attributes:
        opset: the version of the operators; by default the first one in which every op of the network has a form.
    """

    opset: int | None = None


USUAL = OnnxForm()
