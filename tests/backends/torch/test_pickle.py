"""Modules on their way to other processes and files: copies, pickles, checkpoints."""

from __future__ import annotations

import copy
import inspect
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import resdsl
from tests.backends.torch.noisy import changed, images, logits, noisy, option_a, state_of, train

ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = """
import pickle, sys, torch
from pathlib import Path

torch.set_num_threads(1)
folder = Path(sys.argv[1])
assert not any(name.startswith("resdsl") for name in sys.modules)
for path in sorted([*folder.glob("*.pickle"), *folder.glob("*.pth")]):
    net = pickle.loads(path.read_bytes()) if path.suffix == ".pickle" else torch.load(path, weights_only=False)
    torch.save(net, path.with_suffix(".again"))
    batch = torch.load(path.with_suffix(".batch"), weights_only=True)
    found = {"training": net.training}
    torch.manual_seed(1)
    with torch.no_grad():
        found["outputs"] = net(batch)
    found["state"] = net.state_dict()
    found["trained"] = [name for name, each in net.named_parameters() if each.requires_grad]
    torch.save(found, path.with_suffix(".found"))
"""
MADE: dict[str, tuple[resdsl.Net, dict[str, Any]]] = {
    "plain": (noisy(), {}),
    "tapped": (noisy("tapped"), {"seed": 3}),
    "frozen": (noisy(), {"freeze": "backbone"}),
    "checkpointed": (noisy(), {"checkpointing": True}),
    "inference": (option_a(), {"inference": True}),
}


def test_modules_arrive_in_another_process_and_come_back(tmp_path: Path) -> None:
    """The process has never seen their classes."""
    for name, (net, options) in MADE.items():
        module = net.to_torch(**options)
        # No source is met there in both ways, so that each way meets some for the first time.
        if net.name == "noisy":
            (tmp_path / f"{name}.pickle").write_bytes(pickle.dumps(module))
        else:
            torch.save(module, tmp_path / f"{name}.pth")
        torch.save(images(net, 3), tmp_path / f"{name}.batch")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", ELSEWHERE, str(tmp_path)], env=environment, check=True, timeout=120)
    for name, (net, options) in MADE.items():
        module = net.to_torch(**options)
        back = torch.load(tmp_path / f"{name}.again", weights_only=False)
        assert type(back) is type(module)
        found = torch.load(tmp_path / f"{name}.found", weights_only=True)
        assert (found["training"], found["trained"]) == (module.training, trained(module))
        for each in (module, back):
            torch.manual_seed(1)
            with torch.no_grad():
                outputs = each(images(net, 3))
            assert torch.equal(logits(found["outputs"]), logits(outputs)), name
            assert changed(found["state"], each) == set(), name


def trained(module: nn.Module) -> list[str]:
    """The parameters that training changes."""
    return [name for name, each in module.named_parameters() if each.requires_grad]


def test_pickle_holds_the_source_once_and_no_spec() -> None:
    data = pickle.dumps(noisy().to_torch())
    assert data.count(b"class Noisy(") == 1
    assert b"network noisy(" not in data


def test_source_of_what_was_unpickled_can_be_read() -> None:
    net = noisy()
    back = pickle.loads(pickle.dumps(net.to_torch()))
    assert inspect.getsource(type(back)) in net.to_torch_source()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol: int) -> None:
    net = noisy()
    module = net.to_torch().eval()
    back = pickle.loads(pickle.dumps(module, protocol))
    assert torch.equal(back(images(net, 2)), module(images(net, 2)))


@pytest.mark.parametrize("name", MADE)
def test_deep_copy_is_a_module_of_its_own(name: str) -> None:
    net, options = MADE[name]
    module = net.to_torch(**options)
    copied = copy.deepcopy(module)
    assert type(copied) is type(module)
    assert [type(each) for each in copied.modules()] == [type(each) for each in module.modules()]
    before = state_of(module)
    assert changed(before, copied) == set()
    shared = {each.data_ptr() for each in module.state_dict().values()}
    assert not shared & {each.data_ptr() for each in copied.state_dict().values()}
    if any(each.requires_grad for each in copied.parameters()):
        train(copied, [images(net, 4)])
        assert changed(before, copied)
    assert changed(before, module) == set()


def test_average_of_weights_over_a_training_run() -> None:
    net = noisy()
    module = net.to_torch()
    average = torch.optim.swa_utils.AveragedModel(module)
    average.update_parameters(module)
    first = state_of(module)
    train(module, [images(net, 4)])
    average.update_parameters(module)
    wanted = (first["conv1.weight"] + module.state_dict()["conv1.weight"]) / 2
    torch.testing.assert_close(average.module.get_parameter("conv1.weight").data, wanted)


def test_state_dict_is_saved_and_loaded_with_weights_only() -> None:
    net = noisy()
    module, fresh = net.to_torch(seed=1), net.to_torch(seed=2)
    train(module, [images(net, 4)])
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    assert changed(state_of(module), fresh)
    assert str(fresh.load_state_dict(torch.load(file, weights_only=True))) == "<All keys matched successfully>"
    assert changed(state_of(module), fresh) == set()


def test_state_dict_is_a_file_of_weights(tmp_path: Path) -> None:
    net = noisy()
    module = net.to_torch(seed=1)
    train(module, [images(net, 4)])
    torch.save(module.state_dict(), tmp_path / "noisy.pth")
    assert changed(state_of(module), net.to_torch(weights=tmp_path / "noisy.pth")) == set()
    wrapped = nn.DataParallel(module)
    torch.save({"epoch": 3, "model": wrapped.state_dict()}, tmp_path / "wrapped.pth")
    assert changed(state_of(module), net.to_torch(weights=tmp_path / "wrapped.pth")) == set()
