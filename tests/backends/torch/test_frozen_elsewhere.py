"""Freezing outlasts what PyTorch makes of a module: graphs, programs, copies, preparation for quantisation."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn
from torch.ao.quantization import get_default_qat_qconfig_mapping, get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx, prepare_qat_fx

import resdsl
from tests.backends.torch.noisy import backward, changed, images, loss_of, option_a, state_of

NET = option_a()
Made = Callable[[nn.Module], Callable[..., Tensor]]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """PyTorch would rather have its users export."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def prepared(module: nn.Module) -> torch.fx.GraphModule:
    """The module with observers, as it is trained for quantisation."""
    return prepare_qat_fx(module.train(), get_default_qat_qconfig_mapping("x86"), (images(NET, 2),))


def reread(script: torch.jit.ScriptModule) -> nn.Module:
    file = io.BytesIO()
    torch.jit.save(script, file)
    file.seek(0)
    made: nn.Module = torch.jit.load(file)  # type: ignore[no-untyped-call]  # as PyTorch has it
    return made


def traced(module: nn.Module) -> nn.Module:
    made: nn.Module = torch.jit.trace(module, images(NET, 2))  # type: ignore[no-untyped-call]  # as above
    return made


MODULES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "the module itself": lambda module: module,
    "FX": torch.fx.symbolic_trace,
    "preparation for quantisation": prepared,
    "TorchScript": torch.jit.script,
    "TorchScript from a file": lambda module: reread(torch.jit.script(module)),
    "TorchScript by a trace": traced,
    "an exported program": lambda module: torch.export.export(module, (images(NET, 4),)).module(),
    "a copy": copy.deepcopy,
    "a pickle": lambda module: pickle.loads(pickle.dumps(module)),
    "norms across processes": nn.SyncBatchNorm.convert_sync_batchnorm,
    "norms set to train one by one": lambda module: module.apply(lambda each: setattr(each, "training", True)),
    "a copy of a graph": lambda module: copy.deepcopy(torch.fx.symbolic_trace(module)),
    "a graph in TorchScript": lambda module: torch.jit.script(torch.fx.symbolic_trace(module)),
}


def statistics(module: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in state_of(module).items() if "running" in name}


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("part", ["batch_norm", "backbone"])
def test_frozen_statistics_and_scales_outlast(name: str, part: str) -> None:
    module = NET.to_torch(freeze=part)
    wanted = {key for key, each in module.named_parameters() if not each.requires_grad}
    made = MODULES[name](module)
    if "exported" not in name:  # which has no modes
        made.train()
    before = state_of(made)
    norms = {key for key in statistics(made) if "weight_fake" not in key and "act" not in key}
    assert len(norms) == len(statistics(NET.to_torch()))
    optimiser = torch.optim.SGD([each for each in made.parameters() if each.requires_grad], lr=0.1)
    for seed in (0, 1):
        optimiser.zero_grad()
        backward(loss_of(made, images(NET, 4, seed)))
        optimiser.step()
    assert not changed(before, made) & (norms | wanted)
    assert "fc.weight" in changed(before, made)


@pytest.mark.parametrize("part", ["fc", "batch_norm", "backbone"])
def test_traced_network_computes_the_same(part: str) -> None:
    module = NET.to_torch(freeze=part)
    graph = torch.fx.symbolic_trace(module)
    for mode in (True, False):
        assert torch.equal(graph.train(mode)(images(NET, 3)), module.train(mode)(images(NET, 3)))


def test_network_trained_for_quantisation_is_converted() -> None:
    ready = prepared(NET.to_torch(freeze="backbone"))
    backward(loss_of(ready, images(NET, 4)))
    assert convert_fx(ready.eval())(images(NET, 2)).shape == (2, 10)


def test_network_calibrated_in_training_mode_keeps_frozen_statistics_and_is_converted() -> None:
    module = NET.to_torch(freeze="backbone")
    before = statistics(module)
    ready = prepare_fx(module.eval(), get_default_qconfig_mapping("x86"), (images(NET, 2),))
    ready.train()(images(NET, 4))
    assert changed(before, ready) == set()
    assert convert_fx(ready.eval())(images(NET, 2)).shape == (2, 10)


def test_measuring_batch_norms_anew_passes_over_frozen_ones() -> None:
    module = NET.to_torch(freeze="batch_norm")
    before = state_of(module)
    torch.optim.swa_utils.update_bn([images(NET, 4)], module)
    assert changed(before, module) == set()


def test_state_of_a_graph_is_loaded_into_the_network() -> None:
    module = NET.to_torch(freeze="backbone", seed=3)
    fresh = NET.to_torch()
    fresh.load_state_dict(torch.fx.symbolic_trace(module).state_dict())
    assert changed(state_of(module), fresh) == set()


def test_checkpoint_without_counters_is_loaded() -> None:
    module = NET.to_torch(freeze="backbone")
    module.load_state_dict({name: value for name, value in state_of(module).items() if "tracked" not in name})


def test_frozen_network_in_training_mode_becomes_onnx(tmp_path: Path) -> None:
    file = tmp_path / "frozen.onnx"
    torch.onnx.export(
        NET.to_torch(freeze="backbone"),
        (images(NET, 2),),
        file,
        dynamo=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    norms = [each for each in onnx.load(file).graph.node if each.op_type == "BatchNormalization"]
    assert len(norms) == len(statistics(NET.to_torch())) // 2
    assert all(len(each.output) == 1 for each in norms)  # none that yields statistics


def test_frozen_parts_of_a_network_for_signals_and_volumes_are_traced() -> None:
    for shape in ("2x16", "2x4x4x4"):
        net = resdsl.loads(f"network n {{ input {shape}; conv 3, 4; norm; act; avgpool global; fc 2 }}")
        module = net.to_torch(freeze="batch_norm")
        script, before = torch.jit.script(torch.fx.symbolic_trace(module)).train(), state_of(module)
        script(images(net, 3))
        assert changed({name: value for name, value in before.items() if "running" in name}, script) == set()
