"""`resdsl build --to onnx` with the options that only ONNX files have."""

from __future__ import annotations

import onnx

from tests.cli.running import Command

LAYERS = "network layers { input 6x5x5; conv 1x1, 8; layer_norm; gelu; avgpool global; fc 3 }"


def test_opset(resdsl: Command) -> None:
    resdsl.write("layers.res", LAYERS)
    assert resdsl("build", "layers.res", "--to", "onnx", "--opset", "20", "--check").out.startswith("wrote layers.onnx")
    assert onnx.load(resdsl.folder / "layers.onnx").opset_import[0].version == 20
    assert resdsl("build", "layers.res", "--to", "onnx", "--opset", "14").err == (
        "error: `layer_norm` cannot be written in opset 14: it needs opset 17 or a later one\n"
    )
    idle = resdsl("build", "layers.res", "--to", "torch", "--opset", "14")
    assert "PyTorch source has no such form: --opset would have no effect" in idle.err
    assert "12 is not in the range 13<=x<=22" in resdsl("build", "layers.res", "--to", "onnx", "--opset", "12").err
