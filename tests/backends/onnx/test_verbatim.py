"""Weights that the system copies from file to file: the bytes are those that are written piece by piece."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import resdsl
from resdsl.api import Net
from resdsl.weights.file import SafetensorsFile
from tests.backends.onnx.test_forms import TEXT

STANDARDISED = "network t { input 3x8x8; std_conv 3x3, 4; norm; act; avgpool global; fc 3 }"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def piece_by_piece(net: Net, folder: Path, weights: Path, **form: Any) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(os, "copy_file_range")
        return written(net, folder, weights, **form)


def written(net: Net, folder: Path, weights: Path, **form: Any) -> dict[str, bytes]:
    folder.mkdir()
    net.to("onnx", folder / "model.onnx", weights=weights, **form)
    return bytes_of(folder)


@pytest.mark.parametrize("form", [{}, {"external_data": "raw"}, {"dtype": "float16"}, {"functions": True, "opset": 21}])
@pytest.mark.parametrize("text", [TEXT, STANDARDISED])
def test_files_are_the_same(text: str, form: dict[str, Any], tmp_path: Path) -> None:
    net = resdsl.loads(text)
    weights = net.to_safetensors(tmp_path / "weights.safetensors", seed=3)
    assert written(net, tmp_path / "a", weights, **form) == piece_by_piece(net, tmp_path / "b", weights, **form)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_copied_too(dtype: str, tmp_path: Path) -> None:
    net = resdsl.loads(TEXT)
    weights = net.to_safetensors(tmp_path / "weights.safetensors", seed=3)
    values = {name: value for name, value in load_file(weights).items() if value.is_floating_point()}
    save_file({name: value.to(getattr(torch, dtype)) for name, value in values.items()}, weights)
    whole = written(net, tmp_path / "a", weights, dtype=dtype)
    assert whole == piece_by_piece(net, tmp_path / "b", weights, dtype=dtype)


def test_it_is_the_system_that_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = resdsl.loads(TEXT)
    weights = net.to_safetensors(tmp_path / "weights.safetensors")
    monkeypatch.setattr(SafetensorsFile, "_read", lambda *_: pytest.fail("it is read piece by piece"))
    net.to_onnx(tmp_path / "model.onnx", weights=weights)


@pytest.mark.parametrize("after", [0, 3])
def test_a_system_that_fails_at_it(after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = resdsl.loads(TEXT)
    weights = net.to_safetensors(tmp_path / "weights.safetensors", seed=3)
    wanted = piece_by_piece(net, tmp_path / "a", weights)
    calls, copying = iter(range(10**6)), os.copy_file_range

    def failing(*arguments: int) -> int:
        if next(calls) >= after:
            raise OSError(18, "Invalid cross-device link")
        return copying(*arguments)

    monkeypatch.setattr(os, "copy_file_range", failing)
    assert written(net, tmp_path / "b", weights) == wanted
    monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    assert written(net, tmp_path / "c", weights) == wanted
