"""Modules by the names of what makes them: what is run, and what is told where that fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import resdsl
from resdsl.lifting.originals import WrongSizes
from resdsl.lifting.refusals import NotLifted, UnknownOps
from resdsl.lifting.sources.factories import factory_of, is_factory
from tests.cli.running import Command

CODE = """
import sys
import torch
from torch import nn

print("read")


class Net(nn.Module):
    def __init__(self, width=4, depth=2):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Conv2d(3 if not i else width, width, 3) for i in range(depth)])

    @classmethod
    def wide(cls, width):
        print("made")
        return cls(width)

    def forward(self, x):
        print("run")
        return self.layers(x).relu()


class Choosing(nn.Module):
    def forward(self, x):
        return x.relu() if x.sum() > 0 else x


class Endless(nn.Module):
    def forward(self, x):
        return self(x)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x))


class Idle(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.idle = nn.Conv2d(3, 3, 3), nn.Linear(2, 2)
        self.again = self.conv

    def forward(self, x):
        return self.conv(x)


class Deaf(nn.Module):
    def forward(self, left, right):
        return right.relu()


class Two(nn.Module):
    def forward(self, left, right):
        return left + right


class ByName(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x, *, mask, scale=None):
        return self.conv(x) * mask if scale is None else self.conv(x) * mask + scale


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1))
        self.other = self.one
        self.last = self.one[1]

    def forward(self, x):
        return self.last(self.other(x))


class Silent(nn.Module):
    def forward(self, x):
        return None


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.randn(1)


net, number = Net(), 4


def leaves():
    sys.exit(3)


def deep():
    return deep()


def fails():
    raise ValueError("no luck\\nat all")


def returns():
    return number
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "somebodys.py").write_text(CODE)
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "wanting.py").write_text("import nothing_of_this_name")
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name in ("somebodys", "broken", "wanting"):
            del sys.modules[name]


def test_forms_of_factories() -> None:
    made = factory_of('timm:create_model("resnet50d", in_chans=1)')
    assert (made.module, made.name, made.arguments, made.options) == (
        *("timm", "create_model", ("resnet50d",)),
        {"in_chans": 1},
    )
    assert made.network == "resnet50d"
    assert factory_of("a.b:C.small").network == "small"
    assert [is_factory(each) for each in ("net.onnx", "a/b.onnx", "C:\\net.onnx", "1:a", "a:b")] == [*[False] * 4, True]


@pytest.mark.parametrize(
    "factory", ["somebodys:Net", "somebodys:Net.wide(4)", "somebodys:Net(depth=2)", "somebodys:net"]
)
def test_the_module_is_lifted(resdsl: Command, folder: Path, factory: str) -> None:
    result = resdsl("lift", factory, "--input", "3x16x16")
    assert result.code == 0, result.err
    assert result.out.startswith(f"# Lifted from {factory}, a module of PyTorch.\nnetwork ")
    assert '"layers.1": conv 3x3, 4' in result.out
    assert "outputs on random input agree" in result.err
    assert "the paths of its modules are those of the module" in result.err
    assert str(folder) not in sys.path


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("somebodys:Nat", "somebodys has no `Nat`; did you mean `Net`?"),
        ("nobodys:Net", "there is no Python module `nobodys`"),
        ("wanting:Net", "wanting imports `nothing_of_this_name`, which is not installed"),
        ("broken:Net", "broken fails: SyntaxError"),
        ("somebodys:number", "`number` of somebodys is a value of the type int"),
        ("somebodys:net()", "`net` of somebodys is a value of the type Net"),
        ("somebodys:returns", "somebodys:returns makes something of the type int, and no module"),
        ("somebodys:leaves", "somebodys:leaves ends the process"),
        ("somebodys:deep", "somebodys:deep calls itself without end"),
        ("somebodys:fails", "somebodys:fails fails: ValueError: no luck"),
        ("somebodys:Net(widht=3)", "fails: TypeError"),
        ("somebodys:Net(number)", "`number` is no literal"),
        ("somebodys:Net(**{'width': 3})", "no call such as"),
        ("somebodys:Net(", "no call such as"),
        ("somebodys:Endless", "somebodys:Endless calls itself without end"),
        ("somebodys:Choosing", "somebodys:Choosing decides by the values that flow"),
        ("somebodys:nn.Identity", "somebodys:nn.Identity has no layers: it yields what it is given"),
        ("somebodys:Tied", "share `first.weight`, but not all of their tensors and settings"),
        (
            "somebodys.py:Net",
            "somebodys.py:Net is no model: name what makes one as Python imports it, such as `somebodys:",
        ),
        ("somebodys:Silent", "the model has no input that its outputs depend on"),
        ("somebodys:Two", "takes left, right: give shapes with their names, as in `--input left=3x16x16 --input"),
    ],
)
def test_what_fails_is_told_in_a_sentence(resdsl: Command, folder: Path, factory: str, message: str) -> None:
    result = resdsl("lift", factory, "--input", "3x16x16", "-o", "net.res")
    assert result.code == 1
    told = result.err.replace("read\n", "").replace("made\n", "")
    assert message in told
    assert told.count("\n") == 1
    assert not (folder / "net.res").exists()


def test_its_own_code_is_not_overwritten(resdsl: Command, folder: Path) -> None:
    for option in ("-o", "--weights-out"):
        result = resdsl("lift", "somebodys:Net", "--input", "3x16x16", option, "somebodys.py")
        assert (result.code, "is an input and would be overwritten" in result.err) == (2, True), result.err
    assert (folder / "somebodys.py").read_text() == CODE


def test_a_shape_that_no_memory_holds_is_told(resdsl: Command, folder: Path) -> None:
    result = resdsl("lift", "somebodys:Net", "--input", "999999999x999999999")
    assert result.code == 1
    assert "somebodys:Net cannot be exported for this input: RuntimeError" in result.err


def test_a_layer_by_itself_has_no_path(resdsl: Command, folder: Path) -> None:
    result = resdsl("lift", "somebodys:nn.Conv2d(3, 4, 3)", "--input", "3x16x16")
    assert result.code == 0
    assert "the module tells no paths for some modules" in result.err


def test_what_its_checkpoints_have_besides_is_told(resdsl: Command, folder: Path) -> None:
    result = resdsl("lift", "somebodys:Idle", "--input", "3x16x16", "--format", "json")
    assert result.code == 0, result.err
    data = json.loads(result.out)
    assert data["tensors_unused"] == ["idle.weight", "idle.bias", "again.weight", "again.bias"]
    assert data["second_names"] == {"again": "conv"}
    assert "conv: conv 3x3" in data["text"]
    assert "the text has no `idle.weight`, `idle.bias`, `again.weight` and 1 other of its state dict" in result.err
    assert "`again` is a second name of `conv`, and the text has the first one" in result.err
    result = resdsl("lift", "somebodys:Net", "--input", "3x16x16")
    assert "--ignore" not in result.err


def test_shapes_are_those_of_the_arguments(folder: Path) -> None:
    with pytest.raises(NotLifted, match="give it, as in `--input 3x224x224`"):
        resdsl.lift("somebodys:Net")
    with pytest.raises(NotLifted, match="takes no `z`; it takes `x`"):
        resdsl.lift("somebodys:Net", input={"z": "3x16x16"})
    with pytest.raises(NotLifted, match="the shape of the input `left` is missing"):
        resdsl.lift("somebodys:Two", input={"right": "3x16x16"})
    found = resdsl.lift("somebodys:Two", input={"left": "3x16x16", "right": (3, 16, 16)})
    assert "input left" in found.text
    deaf = resdsl.lift("somebodys:Deaf", input={"left": "2", "right": "3x16x16"})
    assert "input 3x16x16" in deaf.text
    assert deaf.agreement.difference == 0
    assert deaf.as_data()["inputs_unread"] == ["left"]
    for wrong in (5, (3, "a"), (3, 16.5, 16), (3, -1), (), b"3x3"):
        with pytest.raises(WrongSizes, match="the shape of an input is channels and sizes"):
            resdsl.lift("somebodys:Net", input=wrong)  # type: ignore[arg-type]
    assert found.agreement.difference == 0


def test_inputs_that_are_given_by_their_names_are_lifted(folder: Path) -> None:
    given = {"mask": "3x8x8", "x": "3x8x8"}
    found = resdsl.lift("somebodys:ByName", input=given)
    assert ("input x 3x8x8" in found.text, "input mask 3x8x8" in found.text) == (True, True)
    assert found.agreement.difference == 0
    assert resdsl.lift("somebodys:ByName", input={**given, "scale": "3x8x8"}).agreement.difference == 0
    with pytest.raises(NotLifted, match=r"takes x, mask: give shapes .* `--input x=3x8x8 --input mask=3x8x8`"):
        resdsl.lift("somebodys:ByName", input="3x8x8")
    with pytest.raises(NotLifted, match="the shape of the input `mask` is missing"):
        resdsl.lift("somebodys:ByName", input={"x": "3x8x8"})
    with pytest.raises(NotLifted, match=r"give them, as in `--input x=3x224x224 --input mask=3x224x224`"):
        resdsl.lift("somebodys:ByName")


def test_modules_without_values_are_lifted(resdsl: Command, folder: Path) -> None:
    command = ("lift", "somebodys:nn.Conv2d(3, 4, 3, device='meta')", "--input", "3x8x8")
    result = resdsl(*command)
    assert (result.code, "outputs were not compared: its weights have no values" in result.err) == (0, True)
    result = resdsl(*command, "--weights-out", "w.safetensors")
    assert (result.code, "the weights of the module have no values" in result.err) == (1, True)
    assert not (folder / "w.safetensors").exists()


def test_random_numbers_are_refused(folder: Path) -> None:
    with pytest.raises(UnknownOps, match=r"randn: the node .*: it draws random numbers"):
        resdsl.lift("somebodys:Noisy", input="3x8x8")


def test_modules_have_their_first_names(folder: Path) -> None:
    found = resdsl.lift("somebodys:Several", input="3x8x8")
    assert found.as_data()["second_names"] == {"other": "one", "last": "one.1"}
    assert all(path.startswith("one.") for path in found.net.to_torch("meta").state_dict())
    for end in ("one", "other"):
        part = resdsl.lift("somebodys:Several", input="3x8x8", until=[end])
        assert len(part.lifted.graph.nodes) == 2
        assert part.agreement.difference == 0


class Dressed(nn.Module):
    """A module whose parts stand in different modes."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3).eval()
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"normed": self.norm(x), "out": self.drop(self.norm(x).relu())}


def test_a_module_is_as_it_was() -> None:
    module = Dressed()
    found = resdsl.lift(module, input="3x8x8", until=["norm"])
    assert (module.training, module.norm.training, module.drop.training) == (True, False, True)
    assert [node.op.op for node in found.lifted.graph.nodes] == ["bn"]
    found = resdsl.lift(module, input="3x8x8", name="dressed")
    assert found.agreement.difference == 0
    assert found.as_data()["source"] == "Dressed"
