"""Names from a spec never become code: whatever a text holds, its source is safe to import or refused."""

from __future__ import annotations

import ast
import json
import keyword
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st
from torch import nn

import resdsl
from resdsl.backends.torch.names import UnusablePath, class_name, quoted, spoken, variable
from resdsl.backends.torch.source import torch_source
from resdsl.ir.json import from_json, to_json
from resdsl.ir.modules import MODULE_NAMES, OF_WEIGHTED
from resdsl.refusal import Refused

SPEC = """
block twin(width, kind = "plain") {
  residual { conv 3x3, width; norm; act; conv 3x3, width; norm }
  act
}
network victim(classes = 10, mode = "fast") {
  input 3x8x8
  conv 3x3, 8
  stage layer1 "first stage": twin(8) x 2
  tap c2
  avgpool global
  fc classes
}
"""
JSON = to_json(resdsl.loads(SPEC).ir)
HOSTILE = [
    'x"""\nimport os\nos.system("true")\n"""',
    "'; import os #",
    "a\nimport os",
    "a\r\nimport os",
    "\\",
    '\\"""',
    "{0.__class__}",
    "{inputs}",
    "%s",
    "class",
    "match",
    "lambda",
    "None",
    "print",
    "self",
    "torch",
    "nn",
    "forward",
    "training",
    "_modules",
    "__class__",
    "__init__",
    "__dict__",
    "",
    " ",
    ".",
    "0",
    "0x1",
    "a b",
    "a-b",
    "\u0430dd",  # Cyrillic a
    "\uff4e\uff4e",  # full-width nn, which Python reads as nn
    "e\u0301",
    "\u202eabc",
    "\ud800",
    "\0",
    "a" * 10_000,
]


def renamed(change: Callable[[dict[str, Any]], None]) -> str:
    """The source of the network after a change of its JSON, or nothing where it is refused."""
    record = json.loads(JSON)
    change(record)
    try:
        network = from_json(json.dumps(record))
    except Refused:
        return ""
    try:
        return torch_source(network).text
    except UnusablePath:
        return ""


def is_harmless(text: str) -> bool:
    """Whether source has nothing in it but what the generator writes."""
    tree = ast.parse(text)
    text.encode("ascii")
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    top = {type(node).__name__ for node in tree.body}
    return (
        {name.partition(".")[0] for name in imported} <= {"collections", "contextlib", "pathlib", "typing", "torch"}
        and not any("system" in name or "os." in name for name in called)
        and top <= {"Expr", "Import", "ImportFrom", "ClassDef", "FunctionDef", "If"}
    )


def everywhere(name: str) -> Iterator[tuple[str, Callable[[dict[str, Any]], None]]]:
    """The places of a network in JSON where a text may stand, each made this one."""

    def network(record: dict[str, Any]) -> None:
        record["network"]["name"] = name

    def parameter(record: dict[str, Any]) -> None:
        record["network"]["arguments"][0]["name"] = name

    def string(record: dict[str, Any]) -> None:
        record["network"]["arguments"][1]["value"] = name

    def setting(record: dict[str, Any]) -> None:
        record["network"]["settings"][0]["name"] = name

    def tap(record: dict[str, Any]) -> None:
        record["network"]["outputs"][0]["name"] = name

    def origin(record: dict[str, Any]) -> None:
        record["bodies"]["twin_1"]["origin"]["name"] = name

    def argument(record: dict[str, Any]) -> None:
        record["bodies"]["twin_1"]["origin"]["arguments"][0]["name"] = name

    def file(record: dict[str, Any]) -> None:
        record["bodies"]["twin_1"]["origin"]["source"] = name

    def title(record: dict[str, Any]) -> None:
        _replace(record, "first stage", name)

    def given_name(record: dict[str, Any]) -> None:
        _replace(record["network"], "input", name)

    def layer(record: dict[str, Any]) -> None:
        _replace(record, "conv1", name)

    def stage(record: dict[str, Any]) -> None:
        _replace(record, "layer1", name)

    places = (network, parameter, string, setting, tap, origin, argument, file, title, given_name, layer, stage)
    yield from ((place.__name__, place) for place in places)


def _replace(record: Any, old: str, new: str) -> None:
    """Give a value and its path another name wherever they stand."""
    items = record.items() if isinstance(record, dict) else enumerate(record)
    for key, value in list(items):
        if value == old:
            record[key] = new
        elif isinstance(value, dict | list):
            _replace(value, old, new)


PLACES = [place for place, _ in everywhere("")]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_a_hostile_name_is_harmless_or_refused(place: str, name: str) -> None:
    text = renamed(dict(everywhere(name))[place])
    assert text == "" or is_harmless(text)


@given(st.sampled_from(PLACES), st.text())
def test_any_text_is_harmless_or_refused(place: str, name: str) -> None:
    text = renamed(dict(everywhere(name))[place])
    assert text == "" or is_harmless(text)


@pytest.mark.parametrize("place", PLACES)
def test_an_honest_name_goes_through(place: str) -> None:
    assert is_harmless(renamed(dict(everywhere("honest"))[place]))


def test_what_harms_is_seen() -> None:
    assert not is_harmless("import os")
    assert not is_harmless("print(1)\nx = 1")
    assert not is_harmless("class A:\n    pass\nos.system('true')")


def test_every_name_of_a_module_is_known() -> None:
    of_modules = {name for kind in (nn.Module, nn.ModuleDict, nn.Sequential) for name in dir(kind)}
    of_modules |= set(vars(nn.Module())) | set(nn.Module.__annotations__)
    assert {name for name in of_modules if not name.startswith("_")} <= MODULE_NAMES
    assert of_modules - MODULE_NAMES == {name for name in of_modules if name.startswith("_")}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (
            "layer.half",
            "`layer.half` cannot be the path of a PyTorch module: every module already has an attribute `half`; ",
        ),
        ("class", "`class` cannot be the path of a PyTorch module: `class` is a Python keyword; "),
        ("_buffers", "names that begin with an underscore, such as `_buffers`, are reserved for PyTorch; "),
    ],
)
def test_a_path_that_no_module_can_have_is_refused(path: str, why: str) -> None:
    label = f'"{path}"' if "." in path or keyword.iskeyword(path) else path
    net = resdsl.loads(f"network n {{\n  input 3x8x8\n  {label}: conv 3x3, 4\n}}")
    with pytest.raises(UnusablePath) as refused:
        net.to_torch_source()
    assert why in str(refused.value)
    assert str(refused.value).endswith("give the layer, stage or block another name")


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("resnet34", "ResNet34"),
        ("resnext50_32x4d", "ResNeXt50_32x4d"),
        ("wide_resnet50_2", "WideResNet50_2"),
        ("preact_basic", "PreactBasic"),
        ("vgg19", "Vgg19"),
        ("magnet", "MagNet"),
        ("none", "None_"),
        ("_", "Block"),
        ("2fast", "Block"),
        ("na\u00efve", "Block"),
    ],
)
def test_names_of_classes(name: str, called: str) -> None:
    assert class_name(name, "Block") == called


@given(st.text())
def test_names_and_texts_are_what_python_takes(text: str) -> None:
    assert class_name(text, "Block").isidentifier()
    assert not keyword.iskeyword(class_name(text, "Block"))
    assert variable(text, "x").isidentifier()
    assert not keyword.iskeyword(variable(text, "x"))
    assert ast.literal_eval(quoted(text)) == text
    assert ast.literal_eval(f'"""{spoken(text)}."""') == f"{spoken(text)}."


def test_a_module_is_made_for_whatever_node_is_the_first_of_its_path() -> None:
    record = json.loads(JSON)
    record["bodies"]["twin_1"]["nodes"][0]["path"] = "main"
    text = torch_source(from_json(json.dumps(record))).text
    assert "self.main = nn.Conv2d(" in text
    assert "self.main(x)" in text


def test_attributes_of_layers_with_weights_are_known() -> None:
    layers = (nn.Conv2d(1, 1, 1), nn.ConvTranspose2d(1, 1, 1), nn.Linear(1, 1))
    own = {name for layer in layers for name in (*vars(layer), *dict(layer.named_parameters()))}
    assert {name for name in own if not name.startswith("_")} - MODULE_NAMES == OF_WEIGHTED
