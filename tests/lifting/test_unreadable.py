"""What is no ONNX file, or not all of one, and files with data beside them and of two gigabytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

import resdsl
from resdsl.lifting.refusals import NotReadable
from resdsl.lifting.weights import write_weights
from tests.cli.running import Command
from tests.lifting.conftest import refused
from tests.peaks import run_measured


def test_what_is_no_onnx_file_is_said_to_be_what_it_is(command: Command, tmp_path: Path) -> None:
    whole = whole_file(tmp_path).read_bytes()
    torch.save({"state_dict": nn.Conv2d(3, 4, 5).state_dict()}, tmp_path / "checkpoint")
    torch.save(nn.Conv2d(3, 4, 5).state_dict(), tmp_path / "old", _use_new_zipfile_serialization=False)
    path = tmp_path / "net.onnx"
    for content, message in (
        (b"", "is empty"),
        (b"network a { input 3x4x4 }\n", "is not an ONNX file, but a text"),
        (whole[: len(whole) // 2], "is not a complete ONNX file: a field ends beyond its message"),
        (b"\xff" * 500, "is not a complete ONNX file: a number of more than 64 bits"),
        (bytes(500), "is not an ONNX file"),
        ((tmp_path / "checkpoint").read_bytes(), "a checkpoint of PyTorch, which has weights and no graph"),
        ((tmp_path / "old").read_bytes(), "`resdsl identify` says of what network they are"),
        (b"\x08\0\0\0\0\0\0\0{}      ", "a file of safetensors"),
    ):
        path.write_bytes(content)
        refused(command, path, message)


def whole_file(folder: Path, **form: Any) -> Path:
    return Path(resdsl.load("resnet20").to_onnx(folder / "whole.onnx", **form))


def test_folders_and_pipes_are_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    refused(command, tmp_path / "folder.onnx", "is a directory", code=2)
    refused(command, tmp_path / "none.onnx", "none.onnx", code=2)
    os.mkfifo(tmp_path / "pipe.onnx")
    refused(command, tmp_path / "pipe.onnx", "is no regular file")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("gone", "cannot be read from"),
        ("../outside", "outside the folder"),
        ("/etc/hostname", "outside the folder"),
        ("link", "outside the folder"),
        ("short", "is cut off"),
    ],
)
def test_data_beside_a_file_are_read_in_its_folder_only(place: str, message: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = whole_file(inside, external_data="raw")
    (tmp_path / "outside").write_bytes(bytes(2_000_000))
    (inside / "link").symlink_to(tmp_path / "outside")
    (inside / "short").write_bytes(b"123")
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = place if entry.key == "location" else entry.value
    onnx.save(model, path)
    found = resdsl.lift(path, run=False)  # the structure needs none of them
    with pytest.raises(NotReadable, match=message):
        write_weights(found.lifted, tmp_path / "w.safetensors")
    assert not (tmp_path / "w.safetensors").exists()


_WIDTH = 22_500


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def large_file(path: Path) -> None:
    """A linear layer of two gigabytes, as a file with a hole for its weights."""
    size = 4 * _WIDTH**2
    nodes = [helper.make_node("Gemm", ["x", "fc.weight"], ["y"], "fc", transB=1)]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, _WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    head = varint(1 << 3) + varint(_WIDTH) + varint(1 << 3) + varint(_WIDTH) + varint(2 << 3) + varint(1)
    head += field(8, b"fc.weight") + varint(9 << 3 | 2) + varint(size)
    tensor = varint(5 << 3 | 2) + varint(len(head) + size)
    inner = graph.SerializeToString() + tensor
    outer = varint(8) + varint(8) + field(8, helper.make_opsetid("", 17).SerializeToString())
    outer += varint(7 << 3 | 2) + varint(len(inner) + len(head) + size)
    with path.open("wb") as file:
        file.write(outer + inner + head)
        file.truncate(file.tell() + size)


@pytest.mark.zoo
def test_a_file_of_two_gigabytes_is_lifted_within_500_mib(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    large_file(path)
    assert path.stat().st_size > 2e9
    result = run_measured(tmp_path, "lift", path)
    assert f"fc {_WIDTH}, bias=false" in result.out
    assert "it has too many weights" in result.err
    assert result.peak < 500 * 1024**2
