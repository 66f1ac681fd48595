"""Kinds of files of weights, told by what is in them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from resdsl.weights.kind import UnreadableWeights, kind_of


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a"])
@pytest.mark.parametrize("names", [0, 1, 40])
def test_safetensors(tmp_path: Path, name: str, names: int) -> None:
    save_file({f"layer{index}.weight": np.zeros(3, np.float32) for index in range(names)}, tmp_path / name)
    assert kind_of(tmp_path / name) == "safetensors"


def test_safetensors_whose_header_has_a_length_like_a_pickle_or_an_archive(tmp_path: Path) -> None:
    lengths = set()
    for length in range(60, 200):
        save_file({"x" * length: np.zeros(1, np.float32)}, tmp_path / "a")
        lengths.add((tmp_path / "a").read_bytes()[0])
        assert kind_of(tmp_path / "a") == "safetensors"
    assert 0x80 in lengths
    (tmp_path / "a").write_bytes(int.from_bytes(b"PK", "little").to_bytes(8, "little") + b"{")
    assert kind_of(tmp_path / "a") == "safetensors"


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a"])
@pytest.mark.parametrize("zipped", [True, False])
def test_checkpoint(tmp_path: Path, name: str, zipped: bool) -> None:
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / name, _use_new_zipfile_serialization=zipped)
    assert kind_of(tmp_path / name) == "checkpoint"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1", "begins with b'version h'"),
        (b"\x93NUMPY\x01\x00v\x00{'descr'", "begins with b'\\x93NUMPY\\x01\\x00v'"),
        (b'{"conv1.weight": [', "begins with b'{\"conv1.w'"),
        (b"\xff" * 8 + b"{", "begins with b'\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff{'"),
    ],
)
def test_other_files(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(UnreadableWeights) as caught:
        kind_of(tmp_path / "a.pth")
    assert str(caught.value) == (f"a.pth is neither a safetensors file nor a PyTorch checkpoint: it {found}")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableWeights, match="is a folder, not a file of weights"):
        kind_of(tmp_path)
    with pytest.raises(UnreadableWeights, match="is not a regular file"):
        kind_of(os.devnull)
    with pytest.raises(FileNotFoundError):
        kind_of(tmp_path / "a")
