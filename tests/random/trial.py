"""One network held against the interpreter, in everything that the compiler makes of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from resdsl.api import Net, from_json
from resdsl.backends.torch.source import torch_source
from resdsl.checkpoints import inferring
from resdsl.refusal import Refused
from resdsl.report.json import report_record
from resdsl.sweeps.canonical import network_hash
from tests.random.census import joinable
from tests.random.exact_onnx import in_double
from tests.random.interpreter import Interpreter, Json
from tests.report.test_sums import assert_rows_add_up
from tests.sweeps.test_canonical import each_run_of_one, flattened, renamed

Values = dict[str, Tensor]
BATCH = 4
"""Of two values a norm makes one and minus one, whatever they are, and nothing flows back."""
EXACT = 1e-9
"""Of float64, by the largest value."""
TRAINED = 1e-5
"""Of float64 in training: norms of few values that are nearly equal make much of little."""
NOISE = 1e-4
"""Of float32, by the largest value, beside what float32 makes of the network in the interpreter."""
WRITTEN = 1e-5
"""Of an ONNX file that is computed in float64, beside as much: its epsilons and folded weights are in float32."""
COUNTED = ("params", "macs", "depth", "activations", "layers", "shortcut_params", "shortcut_macs")


@dataclass
class Trial:
    """All comparisons of one network.

    Attributes:
        folder: where files may be written.
        compared: how many things were compared, by kind.
    """

    net: Net
    folder: Path
    compared: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.document: Json = json.loads(self.net.to_json())
        self.interpreter = Interpreter(self.document)
        given = self.document["network"]["inputs"]
        random = torch.Generator().manual_seed(1)
        self.inputs = {
            each["name"]: torch.randn((BATCH, *each["shape"]), generator=random, dtype=torch.float64) for each in given
        }
        with torch.no_grad():
            self.wanted = self.interpreter(**self.inputs)
        self.weights = self.folder / "weights.safetensors"
        save_file({name: _single(value) for name, value in self.interpreter.tensors.items()}, self.weights)
        kept = load_file(self.weights)
        self.interpreter.tensors = {name: _double(kept[name]) for name in self.interpreter.tensors}
        with torch.no_grad():
            self.wanted = self.interpreter(**self.inputs)

    @cached_property
    def live(self) -> nn.Module:
        """The live module, with the weights of the interpreter."""
        return self.net.to_torch(weights=self.weights)

    @cached_property
    def joins(self) -> bool:
        """Whether it has branches that can be joined."""
        return joinable(self.net.ir)

    def run(self) -> Counter[str]:
        """Everything.

        Raises:
            AssertionError: two of them disagree.
        """
        self.counts()
        self.forms()
        self.module()
        self.training()
        self.source()
        self.onnx()
        self.files()
        self.reports()
        self.figures()
        return self.compared

    def counts(self) -> None:
        """Shapes, which the interpreter compares as it goes, and what the network costs."""
        self.compared["shapes"] += self.interpreter.counts.layers
        self.same("outputs", list(self.wanted), [tap.name for tap in self.net.ir.outputs if not tap.training])
        for name in COUNTED:
            self.same(name, getattr(self.net.costs, name), getattr(self.interpreter.counts, name))
        self.same("matmul", self.net.costs.work.matmul, self.interpreter.counts.matmul)

    def forms(self) -> None:
        """JSON read back, and the hash of what is the same network."""
        again = from_json(self.net.to_json())
        self.same("json", again.to_json(), self.net.to_json())
        digest = network_hash(self.net.ir)
        for other in (again.ir, renamed(self.net.ir), each_run_of_one(self.net.ir), flattened(self.net.ir)):
            self.same("hash", network_hash(other), digest)

    def module(self) -> None:
        """The live module's state and what it yields in evaluation."""
        found = self.live.state_dict()
        self.same("keys", list(found), self.interpreter.in_order())
        for name, value in self.interpreter.tensors.items():
            self.same("state", found[name].shape, value.shape)
            self.same("state", bool((found[name] == value).all()), True)
        self.near("eval", self.called(self.live.double().eval()), self.wanted, EXACT)

    def training(self) -> None:
        """Outputs in training, gradients, and what the norms remember; with nothing dropped."""
        document = _undropped(self.document)
        same = document == self.document
        net = self.net if same else from_json(json.dumps(document))
        module = self.live if same else net.to_torch(weights=self.weights)
        before = deepcopy(module.state_dict())
        module = module.double().train()
        by_hand = Interpreter(document, deepcopy(self.interpreter.tensors), training=True)
        for value in (*by_hand.learned().values(), *self.inputs.values()):
            value.requires_grad_()
        wanted, found = by_hand(**self.inputs), self.called(module)
        self.near("train", found, wanted, TRAINED)
        right = self.gradients(wanted, by_hand.learned())
        gradients = self.gradients(found, dict(module.named_parameters()))
        noise = TRAINED + 2 * self.gradient_noise(document, right)
        for value in self.inputs.values():
            value.requires_grad_(False)
        # What flows back before a norm is what is left of terms that cancel: noise is measured by the largest of all.
        self.near("gradients", {name: gradients[name] for name in right}, right, noise, _scale(right))
        buffers = dict(module.named_buffers())
        kept = {name: value for name, value in by_hand.tensors.items() if name not in by_hand.learned()}
        self.near("buffers", {name: buffers[name].clone() for name in kept}, kept, TRAINED)
        module.load_state_dict(before)

    def gradients(self, outputs: Values, learned: Values) -> Values:
        """The gradients of a loss, by everything that is learned and by the inputs."""
        loss = torch.stack([(value * _weights_of(value)).sum() for value in outputs.values()]).sum()
        sources = {**learned, **self.inputs}
        found = torch.autograd.grad(loss, list(sources.values()), allow_unused=True, materialize_grads=True)
        return dict(zip(sources, found, strict=True))

    def gradient_noise(self, document: Json, right: Values) -> float:
        """How far the last digit of the weights takes the gradients from themselves.

        A norm of values that ought to be equal, such as what convolutions make of a constant, normalises their
        rounding, and each norm behind it makes some three hundred times as much of that.
        """
        tensors = {name: _next_to(value) for name, value in self.interpreter.tensors.items()}
        beside = Interpreter(document, tensors, training=True)
        for value in beside.learned().values():
            value.requires_grad_()
        found = self.gradients(beside(**self.inputs), beside.learned())
        return max(_difference(found[name], value, _scale(right)) for name, value in right.items())

    def source(self) -> None:
        """The generated file, run by itself: the very numbers of the live module, as written and for inference."""
        self.same_source(self.live.double().eval())
        folded = self.net.to_torch(weights=self.weights, inference=True).double().eval()
        self.near("inference", self.called(folded), self.wanted, NOISE)
        self.same_source(folded, fold_bn=True)
        if self.joins:
            joined = self.net.to_torch(weights=self.weights, reparameterize=True).double().eval()
            self.near("joined", self.called(joined), self.wanted, NOISE)
            self.same_source(joined, reparameterize=True)

    def same_source(self, live: nn.Module, **form: bool) -> None:
        """A module made of the generated text, which yields what the live one does."""
        made = torch_source(inferring(self.net.ir, **form))
        names: dict[str, Any] = {"__name__": "generated"}
        exec(compile(made.text, "<generated>", "exec", dont_inherit=True), names)
        module: nn.Module = names[made.factory]().double().eval()
        module.load_state_dict(live.state_dict())
        self.near("source", self.called(module), self.called(live), EXACT if form else 0.0)

    def onnx(self) -> None:
        """The ONNX file, as written, folded and with branches joined: in float64, and in onnxruntime."""
        own = self.own_noise()
        kinds = ("onnx", "onnx folded", *(("onnx joined",) if self.joins else ()))
        for kind in kinds:
            path = self.net.to_onnx(
                self.folder / "net.onnx",
                weights=self.weights,
                fold_bn=kind == "onnx folded",
                reparameterize=kind == "onnx joined",
            )
            arrays = in_double(path, {name: value.numpy() for name, value in self.inputs.items()})
            exact = {name: torch.from_numpy(array) for name, array in arrays.items()}
            self.near("onnx in float64", exact, self.wanted, WRITTEN + own)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            if kind == "onnx":
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            names = [output.name for output in session.get_outputs()]
            given = {name: _single(value).numpy() for name, value in self.inputs.items()}
            found = dict(zip(names, map(torch.from_numpy, session.run(names, given)), strict=True))
            self.near(kind, found, self.wanted, NOISE + 20 * own)

    def own_noise(self) -> float:
        """How far float32 takes the interpreter from itself."""
        tensors = {name: _single(value) for name, value in self.interpreter.tensors.items()}
        single = Interpreter(self.document, tensors, dtype=torch.float32)
        with torch.no_grad():
            found = single(**{name: _single(value) for name, value in self.inputs.items()})
        return max(_difference(found[name], value) for name, value in self.wanted.items())

    def files(self) -> None:
        """Weights written and read back."""
        path = self.folder / "again.safetensors"
        self.net.to_safetensors(path, weights=self.weights)
        found = load_file(path)
        self.same("safetensors", sorted(found), sorted(self.interpreter.tensors))
        for name, value in self.interpreter.tensors.items():
            self.same("safetensors", bool((found[name] == value).all()), True)

    def reports(self) -> None:
        """Rows add up to the whole at every depth."""
        for by in ("model", "stage", "block", "layer"):
            record = report_record(self.net.ir, by=by)
            for name in ("params", "macs", "activations"):
                self.same("report", record["totals"][name], getattr(self.net.costs, name))
            if record["rows"]:
                assert_rows_add_up(record["totals"], record["rows"])
                self.compared["report"] += len(record["rows"])

    def figures(self) -> None:
        """Figures are drawn, or refused with a reason."""
        for view in ("columns", "stages", "block", "table"):
            try:
                drawn = self.net.render(view).to_svg()
            except Refused:
                self.compared["figures refused"] += 1
            else:
                self.same("figures", drawn.startswith(("<svg", "<?xml")), True)

    def called(self, module: nn.Module) -> Values:
        """What a module yields, by name."""
        with torch.set_grad_enabled(module.training):
            found = module(*self.inputs.values())
        return found if isinstance(found, dict) else {self.net.ir.outputs[-1].name: found}

    def same(self, kind: str, found: object, wanted: object) -> None:
        """Two that must be equal."""
        self.compared[kind] += 1
        assert found == wanted, f"{kind}: found {found}, where {wanted} is right"

    def near(self, kind: str, found: Values, wanted: Values, noise: float, scale: float = 0.0) -> None:
        """Values by name that must be equal up to noise: of the largest value of each, or of the scale."""
        self.same(kind, list(found), list(wanted))
        for name, value in wanted.items():
            self.same(kind, found[name].shape, value.shape)
            assert found[name].isfinite().all() or not value.isfinite().all(), f"{kind}: {name} is not finite"
            far = _difference(found[name], value, scale)
            assert far <= noise, f"{kind}: `{name}` differs by {far:.2e}, and {noise:.1e} is noise"
            self.compared[kind] += 1


def _difference(found: Tensor, wanted: Tensor, scale: float = 0.0) -> float:
    """The largest difference, by the scale; without one, by the largest value."""
    scale = scale or max(float(wanted.detach().abs().max()), 1e-3)
    return float((found.detach().double() - wanted.detach().double()).abs().max()) / scale


def _scale(gradients: Values) -> float:
    """The largest of all gradients, or one."""
    return max(1.0, *(float(value.abs().max()) for value in gradients.values()))


def _next_to(value: Tensor) -> Tensor:
    return value.detach() * (1 + 1e-15) if value.is_floating_point() else value.clone()


def _weights_of(value: Tensor) -> Tensor:
    """What gives each element of an output a part of its own in a loss."""
    return torch.cos(torch.arange(value.numel(), dtype=value.dtype)).reshape(value.shape)


def _undropped(document: Json) -> Json:
    """The same document with rates of zero."""
    found = deepcopy(document)
    graphs: Iterable[Json] = (*found["bodies"].values(), found["network"])
    for node in (node for graph in graphs for node in graph["nodes"]):
        if node.get("op", {}).get("op") in ("dropout", "drop_path"):
            node["op"]["rate"] = 0
    found["network"]["expectations"] = []
    return found


def _single(value: Tensor) -> Tensor:
    return value.detach().float() if value.is_floating_point() else value.clone()


def _double(value: Tensor) -> Tensor:
    return value.double() if value.is_floating_point() else value
