"""One network, one function: the generated file by itself, the live module, its inference form, the ONNX file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from safetensors.torch import save_file
from torch import Tensor, fx, nn

import resdsl
from resdsl.backends.onnx.write import write_onnx
from resdsl.backends.torch.source import torch_source
from resdsl.catalogue import networks_of
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.weights.source import Seeded, whole
from tests.backends.onnx.test_folded import Trained
from tests.backends.onnx.test_shipped import NAMES, small
from tests.backends.torch.alone import Alone, Values, behaviour
from tests.ir.strategies import networks
from tests.zoo import HEAVY, LARGE, marked, shortened

BATCH = 3
TEXTS = [
    *Path(__file__).parents[2].joinpath("language", "corpus", "acceptance").glob("*.res"),
    *Path(__file__).with_name("texts").glob("*.res"),
]
LARGEST = 16
NOISE = 5e-5
"""Of float32, by the largest value: sums in another order, and what hundreds of layers make of that."""
MOST_NOISE = 2e-3
"""Of a network without shortcuts; more would hide what is to be seen."""


@dataclass(frozen=True)
class Subject:
    """A network, a checkpoint for it with norms as training has left them, and what its live module does with that."""

    net: resdsl.Net
    checkpoint: Path
    inputs: list[Tensor]
    behaviour: Values

    @property
    def outputs(self) -> Values:
        """What the live module yields in evaluation."""
        return {name[5:]: value for name, value in self.behaviour.items() if name.startswith("eval ")}

    def own_noise(self) -> float:
        """How far float32 takes the module from itself in float64, by the largest value of each output."""
        exact = self.net.to_torch(weights=self.checkpoint).eval().double()
        with torch.inference_mode():
            found = exact(*(value.double() for value in self.inputs))
        named = found if isinstance(found, dict) else {self.net.ir.outputs[0].name: found}
        far = [(self.outputs[name] - value).abs().max() / value.abs().max() for name, value in named.items()]
        return max(float(each) for each in far)


def of_text(path: Path, name: str) -> resdsl.Net:
    """A network of a text, images no larger than need be."""
    net = resdsl.load(path, name)
    channels, *sizes = net.ir.inputs[0].shape
    if len(sizes) != 2 or max(sizes) <= LARGEST:
        return net
    return resdsl.load(path, name, input=f"{channels}x{LARGEST}x{LARGEST}")


def of_shipped(name: str) -> resdsl.Net:
    """A shipped network on a small input: whole if it is large, and otherwise with few equal blocks in a row."""
    return small(name) if name in LARGE else resdsl.Net(shortened(small(name).ir))


SHIPPED = {name: partial(of_shipped, name) for name in NAMES}
OTHERS = {f"{path.name}:{name}": partial(of_text, path, name) for path in sorted(TEXTS) for name in networks_of(path)}
"""Those that show what the language can say."""
LOADERS = SHIPPED | OTHERS


@pytest.fixture(scope="module")
def alone() -> Iterator[Alone]:
    process = Alone()
    yield process
    process.close()


@pytest.fixture(scope="module", params=marked(LOADERS, HEAVY))
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    net = LOADERS[request.param]()
    folder = tmp_path_factory.mktemp("subject")
    checkpoint = folder / "weights.pth"
    inputs = inputs_of(net.ir)
    torch.save(trained(net.ir), checkpoint)
    torch.save(after_a_step(net.to_torch(weights=checkpoint), inputs), checkpoint)
    yield Subject(net, checkpoint, inputs, behaviour(net.to_torch(weights=checkpoint), inputs))
    rmtree(folder)


def trained(network: Network) -> Values:
    return {name: torch.from_numpy(whole(Trained(), name, tensor)) for name, tensor in state(network)}


def after_a_step(module: nn.Module, inputs: list[Tensor]) -> Values:
    """The state after a batch in train mode: half of the norms' statistics are that batch's."""
    for each in module.modules():
        if isinstance(each, _NORMS):
            each.momentum = 0.5
    with torch.no_grad():
        module.train()(*inputs)
    return dict(module.state_dict())


def inputs_of(network: Network) -> list[Tensor]:
    return [torch.from_numpy(value) for value in arrays_of(network).values()]


def arrays_of(network: Network) -> dict[str, np.ndarray]:
    made = np.random.default_rng(BATCH)
    return {given.name: made.standard_normal((BATCH, *given.shape), np.float32) for given in network.inputs}


def outputs_of(module: nn.Module, network: Network) -> Values:
    """The outputs by name."""
    with torch.inference_mode():
        found = module(*inputs_of(network))
    return found if isinstance(found, dict) else {network.outputs[0].name: found}


def run_onnx(path: Path, network: Network, batch: int = BATCH) -> Values:
    """The outputs of a model for the first of the samples; the runtime is told to run it as it is."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    given = {name: value[:batch] for name, value in arrays_of(network).items()}
    return dict(zip(names, map(torch.from_numpy, session.run(names, given)), strict=True))


def assert_near(found: Values, wanted: Values, noise: float = NOISE) -> None:
    """The same outputs, within float32 noise."""
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        assert found[name].isfinite().all()
        assert (found[name] - value).abs().max() <= noise * value.abs().max(), name


def assert_near_subject(found: Values, subject: Subject) -> float:
    """The outputs of the live module within noise, which is returned: that of any network, or its own where many
    layers without shortcuts make much of little."""
    noise = NOISE
    if any((found[name] - value).abs().max() > NOISE * value.abs().max() for name, value in subject.outputs.items()):
        noise = 4 * subject.own_noise()
        assert noise < 4 * MOST_NOISE
    assert_near(found, subject.outputs, noise)
    return noise


# ------------------------------------------------------------------------------------ the generated file


def test_generated_file_alone_gives_the_outputs_of_the_live_module(subject: Subject, alone: Alone) -> None:
    source = subject.checkpoint.with_name("net.py")
    source.write_text(subject.net.to_torch_source(), encoding="utf-8")
    found = alone.behaviour(source, torch_source(subject.net.ir).factory, subject.checkpoint, subject.inputs)
    assert list(found) == list(subject.behaviour)
    for name, value in subject.behaviour.items():
        assert torch.equal(found[name], value), name
    assert len(subject.outputs) == len(subject.net.ir.outputs)


@pytest.mark.parametrize("text", ["import resdsl", "from resdsl.ops import conv"])
def test_resdsl_is_refused_there(text: str, alone: Alone, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"^ImportError: resdsl(\.ops)? is refused"):
        alone.behaviour(tmp_path / "net.py", "net", tmp_path / "none.pth", [])


def test_a_slip_in_the_file_would_be_seen(alone: Alone, tmp_path: Path) -> None:
    net = small("resnet20")
    torch.save(net.to_torch().state_dict(), tmp_path / "weights.pth")
    right = net.to_torch_source()
    slip = right.replace("self.bn2 = nn.BatchNorm2d(width)", "self.bn2 = nn.BatchNorm2d(width, eps=2e-5)")
    assert slip != right
    (tmp_path / "net.py").write_text(slip, encoding="utf-8")
    found = alone.behaviour(tmp_path / "net.py", "resnet20", tmp_path / "weights.pth", inputs_of(net.ir))
    wanted = behaviour(net.to_torch(), inputs_of(net.ir))
    assert not torch.equal(found["eval output"], wanted["eval output"])
    assert not torch.equal(found["train output"], wanted["train output"])
    assert not torch.equal(found["buffer layer3.0.bn1.running_mean"], wanted["buffer layer3.0.bn1.running_mean"])


def test_noise_is_for_training_alone() -> None:
    """Dropout leaves half of the elements, stochastic depth half of the samples; both scale what they leave by two."""
    net = resdsl.loads("network n { input 3x8x8; conv 3x3, 64; dropout 0.5; drop_path 0.5 }")
    found = behaviour(net.to_torch(), [torch.ones(100, 3, 8, 8)])
    assert (found["eval output"] != 0).all()
    kept = found["train output"] != 0
    samples = kept.flatten(1).any(1)
    assert 30 < samples.sum() < 70
    assert 0.49 < kept[samples].float().mean() < 0.51
    assert torch.equal(found["train output"][kept], 4 * found["eval output"][kept])


# ---------------------------------------------------------------------------------------- the ONNX file


def test_onnx_with_the_same_weights_agrees(subject: Subject) -> None:
    net, path = subject.net, subject.checkpoint.with_name("net.onnx")
    noise = NOISE
    for folded in (False, True):
        net.to_onnx(path, weights=subject.checkpoint, fold_bn=folded)
        noise = assert_near_subject(run_onnx(path, net.ir), subject)
    whole_batch, first = run_onnx(path, net.ir), run_onnx(path, net.ir, 1)
    assert_near(first, {name: value[:1] for name, value in whole_batch.items()}, noise)
    # Weights that let no image through would hide what stands before them.
    assert max((value.std(0).max() / value.abs().max()).item() for value in subject.outputs.values()) > 1e-3


@pytest.mark.parametrize("name", ["resnet18", "resnet20", "squeeze_excite.res:se"])
def test_one_file_of_either_kind_serves_pytorch_and_onnx(name: str, tmp_path: Path) -> None:
    net = LOADERS[name]()
    weights = trained(net.ir)
    torch.save({"state_dict": {f"module.{key}": value for key, value in weights.items()}}, tmp_path / "weights.pth")
    save_file(weights, tmp_path / "weights.safetensors")
    for fold in (False, True):
        models = []
        for kind in ("pth", "safetensors"):
            module = net.to_torch(weights=tmp_path / f"weights.{kind}", inference=fold)
            found = net.to_torch(weights=tmp_path / f"weights.{kind}").state_dict()
            assert list(found) == list(weights)
            assert all(torch.equal(found[key], value) for key, value in weights.items())
            path = net.to_onnx(tmp_path / f"{kind}.onnx", weights=tmp_path / f"weights.{kind}", fold_bn=fold)
            assert_near(run_onnx(path, net.ir), outputs_of(module.eval(), net.ir))
            models.append(path.read_bytes())
        assert models[0] == models[1]


@settings(max_examples=30)
@given(network=networks())
def test_drawn_networks_agree(network: Network, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_onnx(network, tmp_path_factory.getbasetemp() / "drawn.onnx", Seeded(4), 2).path
    assert_near(run_onnx(path, network), outputs_of(resdsl.Net(network).to_torch(seed=4).eval(), network))


# ------------------------------------------------------------------------------------ the inference form


def test_inference_form_is_the_same_function_in_channels_last(subject: Subject) -> None:
    form = subject.net.to_torch(weights=subject.checkpoint, inference=True)
    assert not any(module.training for module in form.modules())
    assert not any(parameter.requires_grad for parameter in form.parameters())
    parts = [module for module in form.modules() if module is not form]
    seen = set()
    # An image of one channel has both layouts, and PyTorch takes the first for what it makes of it.
    told = subject.net.ir.inputs[0].shape[0] > 1

    def look(module: nn.Module, read: tuple[object, ...], given: object) -> None:
        seen.add(module)
        behind_a_map = isinstance(module, nn.Conv2d) and module.in_channels > 1
        for value in (*read, given) if told else (given,) if behind_a_map else ():
            if isinstance(value, Tensor) and value.dim() == 4 and value.size(1) > 1:
                # Some of the channels of a map are contiguous in no layout, but side by side they stand in this one.
                assert value.stride(1) == 1, module

    for module in parts:
        module.register_forward_hook(look)
        if isinstance(module, nn.Conv2d):
            assert module.weight.is_contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        found = form(*map(in_channels_last, subject.inputs))
    assert {module for module in parts if isinstance(module, nn.Conv2d)} <= seen
    assert_near_subject(found if isinstance(found, dict) else {"output": found}, subject)


def in_channels_last(value: Tensor) -> Tensor:
    """Maps in that layout; signals and volumes as they are."""
    return value.contiguous(memory_format=torch.channels_last) if value.dim() == 4 else value


@pytest.mark.parametrize("name", marked(LOADERS, HEAVY))
def test_inference_form_has_no_norm_that_could_be_folded(name: str) -> None:
    plain, form = (LOADERS[name]().to_torch(device="meta", inference=inference) for inference in (False, True))
    could = foldable(plain)
    assert foldable(form) == []
    assert norms_of(form) == [name for name in norms_of(plain) if name not in could]


def test_norms_of_residual_networks_are_all_seen_to_be_foldable() -> None:
    plain = resdsl.load("resnet50").to_torch(device="meta")
    assert len(foldable(plain)) == len(norms_of(plain)) == 53


_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_LINEAR = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def norms_of(module: nn.Module) -> list[str]:
    return [name for name, each in module.named_modules() if isinstance(each, _NORMS)]


def foldable(module: nn.Module) -> list[str]:
    """Norms that are the only reader of a layer beside them, as PyTorch's own tracer sees it."""
    known = dict(module.named_modules())
    found = []
    for node in fx.symbolic_trace(module).graph.nodes:
        if node.op != "call_module" or not isinstance(known[node.target], _NORMS):
            continue
        before = node.args[0]
        reads_layer = before.op == "call_module" and isinstance(known[before.target], _LINEAR)
        if reads_layer and len(before.users) == 1 and holder(before.target, known) == holder(node.target, known):
            found.append(node.target)
    return found


def holder(path: str, known: dict[str, nn.Module]) -> str:
    """The nearest module around a path that is more than a list of others."""
    above = path.rpartition(".")[0]
    return holder(above, known) if isinstance(known[above], _CONTAINERS) and above else above
