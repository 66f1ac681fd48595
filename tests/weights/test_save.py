"""safetensors files that are written: what the libraries of the format make of them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from safetensors import safe_open

from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.targets import target_named
from resdsl.weights.file import SafetensorsFile
from resdsl.weights.save import write_safetensors
from resdsl.weights.source import Seeded, Values, whole
from tests.ir.networks import branches, resnet34, shared, small

NETWORKS = [small, branches, shared]


@pytest.mark.parametrize("network", NETWORKS)
def test_both_libraries_read_the_values_of_the_seed(tmp_path: Path, network: Callable[[], Network]) -> None:
    path = tmp_path / "a.safetensors"
    assert write_safetensors(network(), path, Seeded(3)) == path.stat().st_size
    wanted = {name: whole(Seeded(3), name, tensor) for name, tensor in state(network())}
    arrays, tensors = safetensors.numpy.load_file(path), safetensors.torch.load_file(path)
    assert arrays.keys() == tensors.keys() == wanted.keys()
    for name, values in wanted.items():
        assert arrays[name].dtype == values.dtype
        assert arrays[name].shape == tuple(tensors[name].shape) == values.shape
        assert arrays[name].tobytes() == tensors[name].numpy().tobytes() == values.tobytes(), name


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_written_is_read(tmp_path: Path, network: Callable[[], Network]) -> None:
    write_safetensors(network(), tmp_path / "a", Seeded(3))
    source = SafetensorsFile(tmp_path / "a", network())
    for name, tensor in state(network()):
        assert whole(source, name, tensor).tobytes() == whole(Seeded(3), name, tensor).tobytes(), name


def test_the_format_is_kept(tmp_path: Path) -> None:
    write_safetensors(small(), tmp_path / "a", Seeded())
    content = (tmp_path / "a").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    assert list(header) == ["__metadata__", *dict(state(small()))]
    assert header["__metadata__"] == {"format": "pt"}
    assert header["bn1.num_batches_tracked"]["shape"] == []
    sizes = {"F32": 4, "I64": 8}
    places = sorted(entry["data_offsets"] for name, entry in header.items() if name != "__metadata__")
    assert [start for start, _ in places] == [0, *(end for _, end in places[:-1])]
    assert places[-1][1] == len(content) - 8 - length
    assert all(each["data_offsets"][0] % sizes[each["dtype"]] == 0 for each in list(header.values())[1:])
    with safe_open(tmp_path / "a", framework="pt") as file:
        assert file.metadata() == {"format": "pt"}


def test_a_module_takes_it(tmp_path: Path) -> None:
    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = torch.nn.Linear(16, 10)

    write_safetensors(small(), tmp_path / "a", Seeded(1))
    missing, unexpected = safetensors.torch.load_model(head := Head(), tmp_path / "a", strict=False)
    assert not missing
    assert len(unexpected) == len(dict(state(small()))) - 2
    wanted = whole(Seeded(1), "fc.weight", dict(state(small()))["fc.weight"])
    assert np.array_equal(head.fc.weight.detach().numpy(), wanted)


def test_same_weights_same_bytes_whatever_the_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_safetensors(small(), tmp_path / "a", Seeded(1))
    write_safetensors(small(), tmp_path / "c", Seeded(2))
    monkeypatch.setattr("resdsl.weights.stream.PIECE", 12)
    write_safetensors(small(), tmp_path / "b", Seeded(1))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


class Broken:
    """Values that end too soon, with an error or without."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        yield np.zeros(1, "<i8" if tensor.dtype == "int64" else "<f4")
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("source", "message"),
    [(Broken(), r"the source gave 4 bytes for `conv1\.weight`, not 864"), (Broken(ValueError("gone")), "gone")],
)
def test_file_is_whole_or_not_there(tmp_path: Path, source: Broken, message: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        target_named("safetensors").build(small(), path, source)
    assert [each.name for each in tmp_path.iterdir()] == ["a.safetensors"]
    assert path.read_bytes() == b"old"


def test_weights_are_not_held(tmp_path: Path) -> None:
    write_safetensors(small(), tmp_path / "a", Seeded())
    tracemalloc.start()
    size = write_safetensors(resnet34(), tmp_path / "a", Seeded())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size / 10
