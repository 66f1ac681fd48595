"""The op of another package that the guide makes is as good as one of resdsl, in every output."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

import resdsl
from resdsl.backends.torch.source import torch_source
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.json import json_schema
from resdsl.ops import registry
from tests.backends.torch.alone import Alone, Values, behaviour
from tests.docs.markdown import ROOT, blocks_of

GUIDE = ROOT / "docs" / "howto" / "op.md"
NOISE = 1e-5
"""Of float32, by the largest value."""

TEXTS = {
    "image": "network n { input 3x9x7; conv 3x3, 8; norm; act; gem 2.5; fc 5 }",
    "signal": "network n { input 3x20; conv 3, 8; norm; act; gem; fc 5 }",
    "volume": "network n { input 3x6x5x4; conv 3, 8; norm; act; gem init=4, eps=1e-3; fc 5 }",
    "blocks": """
        block gated(width, stride = 1, start = 3) {
          residual {
            conv 3x3, width, /stride; norm
            gate { gem start; conv 1, channels, bias=true; sigmoid }
          }
          act
        }
        network n(shortcut = B) {
          input 3x12x12
          conv 3x3, 8; norm; act
          stage layer1: gated(8) x 3
          stage layer2: gated(16, start=1 + i) x 3, /2
          as map
          avgpool global; as mean
          from gem(map, 2.5)
          as general
          from concat(mean, general)
          fc 5
        }
    """,
}


@dataclass(frozen=True)
class Subject:
    """A network with the op, weights other than the first ones, and what its live module does with them."""

    net: resdsl.Net
    weights: Path
    inputs: list[Tensor]
    behaviour: Values


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package of the guide, as an installation lays it out."""
    made = {block.file: block.text for block in blocks_of(GUIDE) if block.file}
    project = tomllib.loads(made["resdsl-gem/pyproject.toml"])["project"]
    offers = "\n".join(f"{name} = {value}" for name, value in project["entry-points"][registry.GROUP].items())
    place = tmp_path_factory.mktemp("site")
    described = place / f"resdsl_gem-{project['version']}.dist-info"
    described.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (described / "METADATA").write_text(metadata, encoding="utf-8")
    (described / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{offers}\n", encoding="utf-8")
    (place / "resdsl_gem.py").write_text(made["resdsl-gem/resdsl_gem.py"], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(place)
        _forget()
        yield place
    _forget()


def _forget() -> None:
    sys.modules.pop("resdsl_gem", None)
    for remembered in (registry._offered, registry._load, registry.all_ops):
        remembered.cache_clear()


@pytest.fixture(scope="module")
def alone() -> Iterator[Alone]:
    process = Alone()
    yield process
    process.close()


@pytest.fixture(scope="module", params=TEXTS)
def subject(request: pytest.FixtureRequest, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    torch.set_num_threads(1)
    net = resdsl.loads(TEXTS[request.param])
    weights = tmp_path_factory.mktemp("subject") / "weights.pth"
    torch.manual_seed(1)
    torch.save({name: near(value) for name, value in net.to_torch(seed=1).state_dict().items()}, weights)
    inputs = [torch.randn(3, *net.ir.inputs[0].shape)]
    return Subject(net, weights, inputs, behaviour(net.to_torch(weights=weights), inputs))


def near(value: Tensor) -> Tensor:
    """A value that a fresh network does not have, so that none is taken from there."""
    if not value.is_floating_point():
        return value
    return value * (0.8 + 0.4 * torch.rand_like(value)) + 0.02 * torch.randn_like(value)


def assert_near(found: Tensor, wanted: Tensor) -> None:
    assert found.isfinite().all()
    assert (found - wanted).abs().max() <= NOISE * wanted.abs().max()


def test_generated_file_needs_neither_resdsl_nor_the_package(subject: Subject, alone: Alone) -> None:
    source = subject.weights.with_name("net.py")
    source.write_text(subject.net.to_torch_source(), encoding="utf-8")
    assert "resdsl_gem" not in source.read_text(encoding="utf-8")
    found = alone.behaviour(source, torch_source(subject.net.ir).factory, subject.weights, subject.inputs)
    assert list(found) == list(subject.behaviour)
    assert all(torch.equal(found[name], value) for name, value in subject.behaviour.items())


@pytest.mark.parametrize("folded", [False, True])
def test_onnx_agrees_with_pytorch(subject: Subject, folded: bool) -> None:
    path = subject.net.to_onnx(subject.weights.with_name("net.onnx"), weights=subject.weights, fold_bn=folded)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = subject.behaviour["eval output"]
    assert wanted.std(0).max() > 1e-3 * wanted.abs().max(), "all images look alike to it"
    for batch in (1, 3):
        (found,) = session.run(None, {"input": subject.inputs[0][:batch].numpy()})
        assert_near(torch.from_numpy(np.asarray(found)), wanted[:batch])


def test_inference_form_is_the_same_function(subject: Subject) -> None:
    form = subject.net.to_torch(weights=subject.weights, inference=True)
    with torch.inference_mode():
        assert_near(form(*subject.inputs), subject.behaviour["eval output"])


def test_json_and_back_is_the_same_network_and_fits_the_schema(subject: Subject) -> None:
    text = subject.net.to_json()
    path = subject.weights.with_name("net.json")
    path.write_text(text, encoding="utf-8")
    assert resdsl.load(path).ir == subject.net.ir
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(text))


def test_seed_gives_pytorch_and_safetensors_the_same_weights(subject: Subject) -> None:
    path = subject.net.to_safetensors(subject.weights.with_name("net.safetensors"), seed=2)
    drawn, read = subject.net.to_torch(seed=2).state_dict(), subject.net.to_torch(weights=path).state_dict()
    assert list(drawn) == list(read)
    assert all(torch.equal(drawn[name], read[name]) for name in drawn)


def test_exponent_is_learned_and_counted(subject: Subject) -> None:
    module = subject.net.to_torch(seed=1)
    assert subject.net.params == sum(parameter.numel() for parameter in module.parameters())
    exponents = {name: value for name, value in module.named_parameters() if name.endswith("gem.p")}
    module(*subject.inputs).square().sum().backward()
    for value in exponents.values():
        assert value.grad is not None
        assert value.grad.isfinite().all()
    assert any(value.grad is not None and value.grad.abs().max() > 0 for value in exponents.values())


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("gem 0", "RES314", "`init` of `gem` cannot be 0"),
        ('gem init="steep"', "RES314", '`init` of `gem` cannot be "steep"'),
        ("gem int=2.5", "RES310", "the op `gem` has no parameter `int`"),
        ("gem 1.5, 1e-6, 2", "RES312", "too many arguments for the op `gem`"),
        ("flatten; gem", "RES403", "`gem` needs a feature map, but the input is a flat vector"),
    ],
)
def test_misuse_is_told_like_that_of_any_op(package: Path, call: str, code: str, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        resdsl.loads(TEXTS["image"].replace("gem 2.5", call))
    (problem,) = refused.value.problems
    assert problem.code == code
    assert words in problem.headline


def test_stride_beside_it_is_refused(package: Path) -> None:
    text = "network n(shortcut = B) { input 3x9x9; residual { conv 3x3, 8; gem }; fc 5 }"
    with pytest.raises(SpecError) as refused:
        resdsl.loads(text)
    assert [problem.code for problem in refused.value.problems] == ["RES406"]


def test_without_the_package_the_op_is_unknown(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [place for place in sys.path if place != str(package)])
        _forget()
        with pytest.raises(SpecError) as refused:
            resdsl.loads(TEXTS["image"])
    _forget()
    assert [problem.headline for problem in refused.value.problems] == ["unknown name `gem`"]
